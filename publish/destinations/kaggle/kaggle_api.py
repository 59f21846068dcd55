"""Calls to Kaggle through kagglesdk."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from slimhub.common.files import sha256_of_blocks
from slimhub.publish.destinations import remote
from slimhub.publish.destinations.kaggle.kaggle_address import SCHEME, Address
from slimhub.publish.destinations.kaggle.kagglehub_internals import (
    BackendError,
    handle_mutate_call,
    models_client,
)
from slimhub.publish.destinations.remote import RefusedError, Remote

CREDENTIALS = "KAGGLE_API_TOKEN, or KAGGLE_USERNAME and KAGGLE_KEY, or the file kaggle.json"
_FRAMEWORKS = {  # names of the enum, by those in addresses
    "tensorFlow2": "MODEL_FRAMEWORK_TENSOR_FLOW_2",
    "tfLite": "MODEL_FRAMEWORK_TF_LITE",
    "onnx": "MODEL_FRAMEWORK_ONNX",
}
_PAGE = 100  # files listed per call
_BLOCK = 1 << 20  # bytes to digest at a time
_FORBIDDEN, _ABSENT = 403, 404

Answer = TypeVar("Answer")


class KaggleApi:
    """Calls about one variation."""

    def __init__(self, address: Address) -> None:
        """Initializes; does not contact the server.

        Args:
          address: of the variation.
        """
        import requests

        self.address = address
        self.remote = Remote(
            "Kaggle",
            f"{SCHEME}{address}",
            CREDENTIALS,
            (requests.HTTPError, BackendError),
            (
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ),
        )

    def model(self) -> Any | None:
        """The model, or None if it does not exist."""
        request = self._request("ApiGetModelRequest", of_variation=False)
        # For a missing model Kaggle answers as for one that may not be read.
        return self._find("look for the model", "get_model", request, _FORBIDDEN, _ABSENT)

    def instance(self) -> Any | None:
        """The variation of an existing model, or None if it does not exist."""
        request = self._request("ApiGetModelInstanceRequest")
        return self._find("look for the variation", "get_model_instance", request, _ABSENT)

    def files(self, version: int) -> dict[str, int]:
        """Sizes of a version's files by path."""
        request = self._request("ApiListModelInstanceVersionFilesRequest")
        request.version_number, request.page_size = version, _PAGE
        found: dict[str, int] = {}
        while True:
            answer = self._call("list files", "list_model_instance_version_files", request)
            found |= {file.name: file.size for file in answer.files}
            if not answer.next_page_token:
                return found
            request.page_token = answer.next_page_token

    def sha256(self, version: int, name: str) -> str:
        """Digest of a file, which must be downloaded: Kaggle does not report any.

        Args:
          version: number of a version.
          name: path of a file in it.
        """
        return self._download(
            version, name, lambda answer: sha256_of_blocks(answer.iter_content(_BLOCK))
        )

    def read(self, version: int, name: str) -> bytes:
        """Content of a small file.

        Args:
          version: number of a version.
          name: path of a file in it.
        """
        content: bytes = self._download(version, name, lambda answer: answer.content)
        return content

    def create_model(self, title: str, subtitle: str, description: str) -> None:
        """Creates the model, visible to its owner only."""
        request = self._request("ApiCreateModelRequest", of_variation=False)
        request.slug = self.address.model
        request.title, request.subtitle, request.description = title, subtitle, description
        request.is_private = True
        self._change("create the model", "create_model", request)

    def describe_model(self, description: str) -> None:
        """Replaces the model's description."""
        request = self._request("ApiUpdateModelRequest", of_variation=False)
        request.description = description
        request.update_mask = _mask(["description"])
        self._change("describe the model", "update_model", request, busy=remote.BUSY)

    def create_instance(self, root: Any, card: dict[str, Any], license: str | None) -> None:
        """Creates the variation, with its first version.

        Args:
          root: `UploadDirectoryInfo` of the version.
          card: fields of the variation.
          license: as Kaggle calls it.
        """
        request = self._request("ApiCreateModelInstanceRequest", of_variation=False)
        request.body = body = _type("ApiCreateModelInstanceRequestBody")()
        body.instance_slug, body.framework = self.address.variation, self._framework
        _fill(body, root, card | ({"license_name": license} if license else {}))
        self._change("create the variation", "create_model_instance", request)

    def create_version(self, root: Any, notes: str) -> None:
        """Adds a version to the variation.

        Args:
          root: `UploadDirectoryInfo` of the version.
          notes: for people.
        """
        request = self._request("ApiCreateModelInstanceVersionRequest")
        request.body = _type("ApiCreateModelInstanceVersionRequestBody")()
        _fill(request.body, root, {"version_notes": notes})
        self._change("create a version", "create_model_instance_version", request)

    def describe_instance(self, card: dict[str, Any]) -> None:
        """Replaces fields of the variation."""
        request = self._request("ApiUpdateModelInstanceRequest")
        for field, value in card.items():
            setattr(request, field, value)
        request.update_mask = _mask(list(card))
        what = "describe the variation"
        self._change(what, "update_model_instance", request, busy=remote.BUSY)

    @functools.cached_property
    def _models(self) -> Any:
        """A client for calls about models, with the credentials found by kagglehub."""
        return models_client()

    @property
    def _framework(self) -> Any:
        from kagglesdk.models.types.model_enums import ModelFramework

        return ModelFramework[_FRAMEWORKS[self.address.framework]]

    def _request(self, name: str, *, of_variation: bool = True) -> Any:
        """A request about the variation, or about its model."""
        request = _type(name)()
        request.owner_slug = self.address.owner
        if hasattr(request, "model_slug"):
            request.model_slug = self.address.model
        if of_variation:
            request.framework, request.instance_slug = self._framework, self.address.variation
        return request

    def _call(self, what: str, name: str, request: Any) -> Any:
        return self._retry(what, lambda: getattr(self._models, name)(request))

    def _download(self, version: int, name: str, take: Callable[[Any], Answer]) -> Answer:
        request = self._request("ApiDownloadModelInstanceVersionRequest")
        request.version_number, request.path = version, name

        return self._retry(
            f"read {name} again",
            lambda: take(self._models.download_model_instance_version(request)),
        )

    def _find(self, what: str, name: str, request: Any, *absent: int) -> Any | None:
        try:
            return self._call(what, name, request)
        except RefusedError as refused:
            if refused.status in absent:
                return None
            raise

    def _change(
        self, what: str, name: str, request: Any, *, busy: frozenset[int] = remote.ONCE
    ) -> None:
        change = functools.partial(getattr(self._models, name), request)
        self._retry(what, lambda: handle_mutate_call(change), busy=busy)

    def _retry(
        self, what: str, call: Callable[[], Answer], busy: frozenset[int] = remote.BUSY
    ) -> Answer:
        with remote.quiet("kagglehub"):
            return self.remote.ask(what, call, busy=busy)


def _type(name: str) -> Callable[[], Any]:
    from kagglesdk.models.types import model_api_service

    made: Callable[[], Any] = getattr(model_api_service, name)
    return made


def _mask(fields: list[str]) -> Any:
    from google.protobuf.field_mask_pb2 import FieldMask

    return FieldMask(paths=fields)


def _fill(body: Any, root: Any, fields: dict[str, Any]) -> None:
    """Sets files and other fields of an object to create."""
    files = root.to_proto()
    body.files, body.directories = files.files, files.directories
    for field, value in fields.items():
        setattr(body, field, value)
