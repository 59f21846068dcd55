"""Artifacts and hubs of the tests of this room."""

import shutil

import pytest

from tests.fixtures import hubs

HANDLE = "google/imagenet/mobilenet_v1_025_128/feature_vector/5"


@pytest.fixture
def copied(artifact, tmp_path):
    """A copy of the first network's artifact, to be changed."""
    return shutil.copytree(artifact().path, tmp_path / "copied")


@pytest.fixture
def put():
    """Publishes, and gives the outcome."""

    def put(folder, hub, handle=HANDLE, **options):
        return hubs.put(folder, hub, handle, **options)

    return put


def write_key(folder, name, private, password=None):
    """A private key and its public one, as PEM files."""
    from cryptography.hazmat.primitives import serialization as s

    cover = s.BestAvailableEncryption(password) if password else s.NoEncryption()
    secret, public = folder / f"{name}.key", folder / f"{name}.pub"
    secret.write_bytes(private.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, cover))
    public.write_bytes(
        private.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
    )
    return str(secret), str(public)


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """Makes pairs of key files, each once."""
    from cryptography.hazmat.primitives.asymmetric import ec

    folder, made = tmp_path_factory.mktemp("keys"), {}

    def make(name="mine", curve=ec.SECP256R1, **options):
        if name not in made:
            made[name] = write_key(folder, name, ec.generate_private_key(curve()), **options)
        return made[name]

    return make
