"""kagglehub has what slimhub needs of it beyond its public API."""

from types import SimpleNamespace

import kagglehub
import pytest
from kagglehub import clients, gcs_upload

MISSING = f"slimhub needs this of kagglehub, and {kagglehub.__version__} does not have it: "


@pytest.fixture
def internals():
    try:
        from slimhub.publish.destinations.kaggle import kagglehub_internals
    except ImportError as error:
        pytest.fail(f"{MISSING}{error}")
    return kagglehub_internals


@pytest.fixture
def kaggle(monkeypatch):
    """Answers uploads without a network; the first attempt is cut off after half of the file."""
    sent = []

    class Client:
        blobs = SimpleNamespace(
            blob_api_client=SimpleNamespace(
                start_blob_upload=lambda request: SimpleNamespace(
                    create_url="https://example.com/upload", token="the token"
                )
            )
        )

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    def put(url, headers, data=None, timeout=None):
        if data is None:  # how far is it?
            return SimpleNamespace(status_code=308, headers={"Range": "bytes=0-499"})
        if not sent:
            sent.append(data.read(600))
            raise gcs_upload.requests.ConnectionError
        sent.append(data.read(1000))
        return SimpleNamespace(status_code=200)

    monkeypatch.setattr(gcs_upload, "build_kaggle_client", Client)
    monkeypatch.setattr(gcs_upload.requests, "put", put)
    monkeypatch.setattr(gcs_upload.time, "sleep", lambda seconds: None)
    return sent


def test_an_upload_reports_what_it_sent_and_resumes(internals, kaggle, tmp_path):
    content = bytes(range(250)) * 4
    (tmp_path / "file").write_bytes(content)
    reported, bar = [], gcs_upload.tqdm
    token = internals.upload_file(str(tmp_path / "file"), reported.append)
    assert token == "the token", f"{MISSING}upload_files_and_directories gives a file's token"
    assert kaggle == [content[:600], content[500:]], f"{MISSING}an upload that resumes"
    assert reported == [600, 1000], f"{MISSING}gcs_upload.tqdm, which is told of progress"
    assert gcs_upload.tqdm is bar


def test_a_folder_holds_tokens_and_folders(internals):
    inner = internals.UploadDirectoryInfo(name="variables")
    inner.files.append("token")
    root = internals.UploadDirectoryInfo(name="root", directories=[inner])
    proto = root.to_proto()
    found = [(folder.name, [file.token for file in folder.files]) for folder in proto.directories]
    assert found == [("variables", ["token"])], f"{MISSING}UploadDirectoryInfo.to_proto"


def test_a_refusal_with_status_200_is_raised(internals):
    answer = SimpleNamespace(to_dict=lambda: {"error": "no such model", "errorCode": 404})
    with pytest.raises(internals.BackendError) as raised:
        internals.handle_mutate_call(lambda: answer)
    assert raised.value.error_code == 404, f"{MISSING}BackendError.error_code"


def test_credentials_are_looked_for_in_the_environment(internals, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_CONFIG_DIR", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert internals.has_credentials() is False, f"{MISSING}get_kaggle_credentials gives None"
    monkeypatch.setenv("KAGGLE_USERNAME", "user")
    monkeypatch.setenv("KAGGLE_KEY", "key")
    assert internals.has_credentials() is True, f"{MISSING}credentials of the environment"


def test_a_client_has_the_calls_about_models(internals, monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", "user")
    monkeypatch.setenv("KAGGLE_KEY", "key")
    client = internals.models_client()
    for name in ("get_model", "create_model_instance_version", "download_model_instance_version"):
        assert callable(getattr(client, name, None)), f"{MISSING}model_api_client.{name}"


def test_what_kagglehub_calls_itself_is_found_out_once(internals, monkeypatch):
    for name, value in (("KAGGLE_USERNAME", "user"), ("KAGGLE_KEY", "key")):
        monkeypatch.setenv(name, value)
    looked, find = [], clients.get_user_agent
    internals._user_agent.cache_clear()
    monkeypatch.setattr(clients.inspect, "stack", lambda: looked.append("stack") or [])
    times = []
    for _ in range(2):
        with internals._known_user_agent():
            client = clients.build_kaggle_client()
        agent = client.http_client()._user_agent
        assert agent == f"kagglehub/{kagglehub.__version__}", f"{MISSING}clients.get_user_agent"
        times.append(len(looked))
    assert times[0] == times[1] > 0
    assert clients.get_user_agent is find
