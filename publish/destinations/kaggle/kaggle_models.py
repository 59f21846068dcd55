"""Kaggle Models, where the models of tfhub.dev moved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from slimhub.common import extras
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.progress import Transfer
from slimhub.export import record
from slimhub.publish.destinations import licences
from slimhub.publish.destinations.destination import PublishPlan, kept, result_of
from slimhub.publish.destinations.kaggle import kaggle_changes as changes
from slimhub.publish.destinations.kaggle import kaggle_versions as versions
from slimhub.publish.destinations.kaggle.kaggle_address import SCHEME, Address
from slimhub.publish.package import Package
from slimhub.publish.pages import cards

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

    options: ClassVar[frozenset[str]] = frozenset({"license", "dataset", "overwrite_card"})

    address: Address

    def __str__(self) -> str:
        return f"{SCHEME}{self.address}"

    @classmethod
    def parse(cls, target: str) -> Kaggle:
        """Reads a target such as `kaggle://owner/model/tensorFlow2/variation`.

        Args:
          target: of the command line.

        Raises:
          RequestError: says which part is wrong.
        """
        return cls(Address.parse(target))

    def check_ids(self, license: str | None, dataset: str | None) -> None:
        """Refuses a licence that Kaggle does not have, see `Destination`."""
        licences.check(license, licences.KAGGLE, "Kaggle")
        extras.need("jinja2", "kagglehub", "kagglesdk", extra="kaggle")

    def check(self, package: Package) -> None:
        """Refuses, without the network, what Kaggle would refuse later.

        Args:
          package: to be published.

        Raises:
          RequestError: for a licence that Kaggle does not have, without the extra `kaggle`, and
            without credentials.
        """
        self.check_ids(package.license, package.dataset)
        _check_credentials()

    def signature(self, package: Package) -> bytes | None:
        """The signature in the newest version, None where there is none.

        Args:
          package: to be signed.

        Raises:
          PublishError: where Kaggle cannot be asked.
        """
        api = _api(self.address)
        instance = api.instance() if api.model() else None
        if not instance or record.SIGNATURE not in api.files(instance.version_number):
            return None
        return api.read(instance.version_number, record.SIGNATURE)

    def plan(self, package: Package) -> PublishPlan:
        """Compares with what is there; files of the same names and sizes are read again for it.

        Args:
          package: to be published.

        Raises:
          PublishError: where Kaggle cannot be asked, or has it under another licence.
        """
        api = _api(self.address)
        model = api.model()
        instance = api.instance() if model else None
        _check_licence(instance, package)
        newest = instance.version_number if instance else 0
        if newest:
            versions.check_processed(api, newest)
        is_there = bool(newest) and not any(versions.differing(api, newest, package))
        version = newest if is_there else newest + 1
        load = _load(self.address)
        texts, overwrite = cards.kaggle(package, load), package.overwrite_card
        about_model = changes.wanted(texts, changes.MODEL_FIELDS, model, overwrite=overwrite)
        about_variation = changes.wanted(
            texts, changes.VARIATION_FIELDS, instance, overwrite=overwrite, renew=not is_there
        )
        others = [] if is_there else changes.kept(texts, instance, about_variation)
        steps = [
            *changes.of_model(self.address, model, about_model),
            *([] if is_there else changes.of_version(self.address, newest, package)),
            *changes.of_variation(instance, about_variation),
        ]
        url = f"{_WEB}/{self.address}/{version}"
        result = result_of(steps, is_there=is_there)
        written = about_model | about_variation
        return PublishPlan(tuple(steps), written, url, load, result, kept(others))

    def send(self, package: Package, plan: PublishPlan, transfer: Transfer) -> None:
        """Carries a plan out; nobody sees files before the version is there.

        Args:
          package: to be published.
          plan: of `plan`.
          transfer: is told of the uploads.

        Raises:
          PublishError: says what Kaggle refused.
        """
        from slimhub.publish.destinations.kaggle.kaggle_upload import Upload

        api = _api(self.address)
        upload = Upload(api.remote, package, transfer)
        card = changes.fields(plan.cards, changes.VARIATION_FIELDS)
        description = plan.cards.get("description", "")
        license = licences.KAGGLE.get(package.license or "")
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
        """Waits until Kaggle has processed the files, downloads them and compares, with texts.

        Args:
          package: that was published.
          plan: that was carried out.

        Raises:
          PublishError: names what differs.
        """
        api = _api(self.address)
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
        raise RequestError(f"the credentials of Kaggle cannot be read: {error}") from error
    if not is_known:
        raise RequestError(
            f"there are no credentials for Kaggle: make a token at kaggle.com/settings and give it "
            f"as {CREDENTIALS}"
        )


def _check_licence(instance: Any | None, package: Package) -> None:
    """Refuses another licence than the one the variation has: Kaggle takes it once."""
    stated = licences.KAGGLE.get(package.license or "")
    found = instance.license_name if instance else ""
    if stated and found and stated != found:
        raise PublishError(
            f"Kaggle has the variation under the licence '{found}', not '{stated}': change it "
            f"there, or leave {option('license')} away"
        )


def _create_version(api: KaggleApi, name: str, root: Any, package: Package) -> None:
    """Makes the version that was planned; another number would be of somebody else's."""
    instance = api.instance()
    newest = instance.version_number if instance else 0
    if newest != int(name.rpartition("/")[2]) - 1:
        raise PublishError(
            f"somebody changed {api.address} on Kaggle meanwhile: its newest version is {newest}; "
            "no version was made, publish again to compare"
        )
    api.create_version(root, _notes(package))


def _check_texts(api: KaggleApi, texts: dict[str, str]) -> None:
    """Refuses other texts than those that were sent."""
    others = [
        *changes.wanted(texts, changes.MODEL_FIELDS, api.model(), overwrite=True),
        *changes.wanted(texts, changes.VARIATION_FIELDS, api.instance(), overwrite=True),
    ]
    if others:
        raise PublishError(
            f"the texts of {api.address} on Kaggle are not what was sent: {', '.join(others)} "
            f"differ; look there, and publish again with {option('overwrite_card')}"
        )


def _notes(package: Package) -> str:
    recorded = package.record
    return f"{recorded.source.name}, exported by slimhub {recorded.versions.slimhub}"


def _load(address: Address) -> str:
    return (
        "import kagglehub\n"
        "import tensorflow as tf\n\n"
        f'path = kagglehub.model_download("{address}")\n'
        "module = tf.saved_model.load(path)"
    )
