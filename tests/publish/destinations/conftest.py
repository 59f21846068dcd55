"""Kaggle and Hugging Face on loopback, and packages for them."""

import contextlib
import dataclasses
import hashlib
import time

import pytest

from slimhub.common.files import FileDigest
from slimhub.publish.destinations.huggingface.huggingface_repository import HuggingFace
from slimhub.publish.destinations.kaggle.kaggle_models import Kaggle
from slimhub.publish.package import Package
from tests.fixtures import fake_huggingface, fake_kaggle, fake_service, records

TOKENS = {"kaggle": "KGAT_fake_token_of_kaggle", "hf": "hf_fake_token_of_hugging_face"}
TARGETS = {"kaggle": "kaggle://owner/net/tensorFlow2/small", "hf": "hf://owner/net"}
_UNSET = ("NO_PROXY", "no_proxy", "KAGGLE_USERNAME", "KAGGLE_KEY", "HF_HUB_OFFLINE")


@dataclasses.dataclass
class Hub:
    """A place, the destination that publishes there, and the environment of its clients."""

    place: fake_service.Place
    destination: object
    environment: dict
    sent: list = dataclasses.field(default_factory=list)

    def plan(self, package):
        self.destination.check(package)
        return self.destination.plan(package)

    def publish(self, package):
        """All steps; gives the plan, and the names of the requests that sent it."""
        plan = self.plan(package)
        start = len(self.place.seen)
        self.destination.send(package, plan, lambda *told: self.sent.append(told))
        end = len(self.place.seen)
        self.destination.confirm(package, plan)
        return plan, self.place.seen[start:end]


@pytest.fixture
def start(monkeypatch, tmp_path, waits):
    """Starts a place, and points its clients there."""
    with contextlib.ExitStack() as stack:

        def start(kind):
            place = {"kaggle": fake_kaggle.Kaggle, "hf": fake_huggingface.HuggingFace}[kind]()
            place.url = stack.enter_context(fake_service.serve(place))
            home = tmp_path / "home"
            home.mkdir(exist_ok=True)
            environment = {"HOME": str(home)}
            if kind == "kaggle":
                # kagglesdk knows http://localhost, without a port: the place is its proxy.
                environment |= {
                    "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
                    "http_proxy": place.url,
                    "KAGGLE_CONFIG_DIR": str(home / ".kaggle"),
                    "KAGGLE_API_TOKEN": TOKENS[kind],
                    "KAGGLEHUB_CACHE": str(home / "kagglehub"),
                }
            else:
                environment |= {
                    "HF_ENDPOINT": place.url,
                    "HF_TOKEN": TOKENS[kind],
                    "HF_HOME": str(home / "huggingface"),
                    "HF_HUB_DISABLE_XET": "1",
                }
            for name in _UNSET:
                monkeypatch.delenv(name, raising=False)
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            parse = {"kaggle": Kaggle.parse, "hf": HuggingFace.parse}[kind]
            return Hub(place, parse(TARGETS[kind]), environment)

        yield start


@pytest.fixture
def waits(monkeypatch):
    """Seconds that were waited, without waiting."""
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


@pytest.fixture(params=["kaggle", "hf"])
def hub(request, start):
    """Each of the places in turn."""
    return start(request.param)


@pytest.fixture
def pack(tmp_path):
    """Makes packages: files of these contents, and a record that goes with none of them."""
    folder = tmp_path / "artifact"
    contents = {
        "assets.extra/slimhub.json": b"{}",
        "assets/labels.txt": b"",
        "saved_model.pb": b"graph" * 20_000,
        "variables/variables.data-00000-of-00001": bytes(range(256)) * 2_000,
        "variables/variables.index": b"index",
    }

    def pack(changed=None, **options):
        files = {}
        for name, data in sorted((contents | (changed or {})).items()):
            if data is None:
                continue
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            files[name] = FileDigest(len(data), hashlib.sha256(data).hexdigest())
        options.setdefault("record", records.make())
        return Package(folder, files=files, **options)

    return pack
