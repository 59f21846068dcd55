"""Kaggle Models, where the models of tfhub.dev were moved to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from slimhub.common import extras
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.progress import Transfer
from slimhub.common.text import either
from slimhub.export import record
from slimhub.publish.destinations import licenses
from slimhub.publish.destinations.destination import PublishPlan, kept, not_carried, result_of
from slimhub.publish.destinations.kaggle import kaggle_changes as changes
from slimhub.publish.destinations.kaggle import kaggle_versions as versions
from slimhub.publish.destinations.kaggle.kaggle_address import FORMATS, FRAMEWORK, SCHEME, Address
from slimhub.publish.package import Package
from slimhub.publish.pages import cards, statements

if TYPE_CHECKING:
    from slimhub.publish.destinations.kaggle.kaggle_api import KaggleApi

_WEB = "https://www.kaggle.com/models"
_SUBTITLE = "Images into feature vectors or classes: TF-Slim networks as TF2 SavedModels"


@dataclasses.dataclass(frozen=True)
class Kaggle:
    """A variation of a model on Kaggle.

    Attributes:
      address: of the variation.
    """

    options: ClassVar[frozenset[str]] = frozenset(
        {"license", "dataset", "texts", "overwrite_card", "also"}
    )

    address: Address

    def __str__(self) -> str:
        return f"{SCHEME}{self.address}"

    @classmethod
    def parse(cls, target: str) -> Kaggle:
        """Parses a target such as `kaggle://owner/model/tensorFlow2/variation`.

        Args:
          target: from the command line.

        Raises:
          RequestError: says which part is invalid.
        """
        return cls(Address.parse(target))

    def check_ids(self, license: str | None, dataset: str | None) -> None:
        """Refuses a license that Kaggle does not have, see `Destination`."""
        licenses.check(license, licenses.KAGGLE, "Kaggle")
        extras.need("jinja2", "kagglehub", "kagglesdk", extra="kaggle")

    def check(self, package: Package) -> None:
        """Refuses, offline, what Kaggle would refuse later.

        Args:
          package: to be published.

        Raises:
          RequestError: if Kaggle does not have the license, or the extra `kaggle` is missing.
        """
        self.check_ids(package.license, package.dataset)
        given, suffix = [*(package.also or {})], self.address.suffix
        if given and suffix is None:
            raise RequestError(
                f"{option('also')} does not apply to {FRAMEWORK}: publish the file to "
                f"{SCHEME}{self.address.owner}/{self.address.model}/{either(list(FORMATS))}"
                f"/{self.address.variation}"
            )
        if suffix is not None and given != [suffix]:
            raise RequestError(
                f"{self} takes one {suffix} file: name it with {option('also')}, and no other"
            )

    def _chosen(self, package: Package) -> Package:
        suffix = self.address.suffix
        return package if suffix is None else package.only_format(suffix)

    def check_credentials(self) -> None:
        """Refuses to go on without credentials."""
        _check_credentials()

    def signature(self, package: Package) -> bytes | None:
        """The signature in the newest version, or None.

        Args:
          package: to be signed.

        Raises:
          PublishError: if Kaggle cannot be reached.
        """
        api = _api(self.address)
        instance = api.instance() if api.model() else None
        if not instance or record.SIGNATURE not in api.files(instance.version_number):
            return None
        return api.read(instance.version_number, record.SIGNATURE)

    def plan(self, package: Package, *, asks: bool = True) -> PublishPlan:
        """Compares with what is there; files with the same names and sizes are downloaded for that.

        Args:
          package: to be published.
          asks: whether Kaggle is contacted; if not, the plan is that of a first version.

        Raises:
          PublishError: if Kaggle cannot be reached, or has it under another license.
        """
        api, package = _api(self.address), self._chosen(package)
        model = api.model() if asks else None
        instance = api.instance() if model else None
        _check_license(instance, package)
        newest = instance.version_number if instance else 0
        if newest:
            versions.check_processed(api, newest)
        is_there = bool(newest) and not any(versions.differing(api, newest, package))
        version = newest if is_there else newest + 1
        load = _load(self.address)
        overview, overwrite = (instance.overview or "") if instance else "", package.overwrite_card
        said = statements.read(overview, str(version)) if is_there else {}
        package = statements.over(package, said)
        renew = not is_there or statements.of(package) != said
        texts = cards.kaggle(package, load, str(version), self.address.suffix)
        about_model = changes.wanted(texts, changes.MODEL_FIELDS, model, overwrite=overwrite)
        about_variation = changes.wanted(
            texts, changes.VARIATION_FIELDS, instance, overwrite=overwrite, renew=renew
        )
        others = changes.kept(texts, instance, about_variation) if renew else []
        steps = [
            *changes.of_model(self.address, model, about_model),
            *([] if is_there else changes.of_version(self.address, newest, package)),
            *changes.of_variation(instance, about_variation),
        ]
        url = f"{_WEB}/{self.address}/{version}"
        result = result_of(steps, is_there=is_there)
        written = about_model | about_variation
        notes = kept(others)
        if "overview" in written:
            notes += not_carried(statements.of_others(overview, str(version)), package)
        return PublishPlan(tuple(steps), written, url, load, result, notes)

    def send(self, package: Package, plan: PublishPlan, transfer: Transfer) -> None:
        """Carries out a plan; nobody sees files before the version exists.

        Args:
          package: to be published.
          plan: from `plan`.
          transfer: progress callback.

        Raises:
          PublishError: says what Kaggle refused.
        """
        from slimhub.publish.destinations.kaggle.kaggle_upload import Upload

        api, package = _api(self.address), self._chosen(package)
        upload = Upload(api.remote, package, transfer)
        card = changes.fields(plan.cards, changes.VARIATION_FIELDS)
        description = plan.cards.get("description", "")
        license = licenses.KAGGLE.get(package.license or "")
        steps: dict[str, Callable[[str], None]] = {
            changes.CREATE_MODEL: lambda _: api.create_model(
                self.address.model, _SUBTITLE, description
            ),
            changes.DESCRIBE_MODEL: lambda _: api.describe_model(description),
            changes.UPLOAD: upload.send,
            changes.CREATE_VARIATION: lambda _: api.create_instance(upload.root, card, license),
            changes.CREATE_VERSION: lambda name: _create_version(api, name, upload.root, package),
            changes.DESCRIBE_VARIATION: lambda _: api.describe_instance(card),
        }
        for change in plan.changes:
            steps[change.action](change.name)

    def confirm(self, package: Package, plan: PublishPlan) -> None:
        """Waits until Kaggle has processed the files, downloads and compares them, and the texts.

        Args:
          package: the published one.
          plan: the one carried out.

        Raises:
          PublishError: names what differs.
        """
        api, package = _api(self.address), self._chosen(package)
        version = int(plan.url.rpartition("/")[2])
        versions.await_files(api, version, package)
        _check_texts(api, plan.cards)
        if others := list(versions.differing(api, version, package)):
            raise PublishError(
                f"version {version} of {self.address} on Kaggle is not what was sent: "
                f"{', '.join(others[:3])} differ; delete that version there and publish again"
            )


def _api(address: Address) -> KaggleApi:
    from slimhub.publish.destinations.kaggle.kaggle_api import KaggleApi

    return KaggleApi(address)


def _check_credentials() -> None:
    from slimhub.publish.destinations.kaggle.kaggle_api import CREDENTIALS
    from slimhub.publish.destinations.kaggle.kagglehub_internals import has_credentials

    try:
        is_known = has_credentials()
    except ValueError as error:
        raise RequestError(f"cannot read the Kaggle credentials: {error}") from error
    if not is_known:
        raise RequestError(
            "no credentials for Kaggle: create a token at kaggle.com/settings and pass it as "
            f"{CREDENTIALS}"
        )


def _check_license(instance: Any | None, package: Package) -> None:
    """Refuses a license other than the variation's: Kaggle only accepts it once."""
    stated = licenses.KAGGLE.get(package.license or "")
    found = instance.license_name if instance else ""
    if stated and found and stated != found:
        raise PublishError(
            f"Kaggle has the variation under the license '{found}', not '{stated}': change it "
            f"there, or leave {option('license')} out"
        )


def _create_version(api: KaggleApi, name: str, root: Any, package: Package) -> None:
    """Creates the planned version; another number would belong to someone else."""
    instance = api.instance()
    newest = instance.version_number if instance else 0
    if newest != int(name.rpartition("/")[2]) - 1:
        raise PublishError(
            f"somebody changed {api.address} on Kaggle in the meantime: its newest version is "
            f"{newest}; no version was created, publish again to compare"
        )
    api.create_version(root, _notes(package))


def _check_texts(api: KaggleApi, texts: dict[str, str]) -> None:
    """Refuses texts other than those that were sent."""
    others = [
        *changes.wanted(texts, changes.MODEL_FIELDS, api.model(), overwrite=True),
        *changes.wanted(texts, changes.VARIATION_FIELDS, api.instance(), overwrite=True),
    ]
    if others:
        raise PublishError(
            f"the texts of {api.address} on Kaggle are not what was sent: {', '.join(others)} "
            f"differ; check them there, and publish again with {option('overwrite_card')}"
        )


def _notes(package: Package) -> str:
    recorded = package.record
    if package.texts is not None and package.texts.changelog:
        return package.texts.changelog
    return f"{recorded.source.name}, exported by slimhub {recorded.versions.slimhub}"


def _load(address: Address) -> str:
    if address.suffix is not None:
        return f'import kagglehub\n\npath = kagglehub.model_download("{address}")'
    return (
        "import kagglehub\n"
        "import tensorflow as tf\n\n"
        f'path = kagglehub.model_download("{address}")\n'
        "module = tf.saved_model.load(path)"
    )
