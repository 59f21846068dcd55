"""On processes of this machine: exports, resumes, failures, interruptions, memory."""

import http.server
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import ClassVar

import pytest

from slimhub.publish.hub import index
from tests.fixtures import dask_clusters
from tests.fixtures.commands import run
from tests.fixtures.support import REPOSITORY
from tests.zoo.conftest import MANIFEST

pytestmark = pytest.mark.slow
PUBLISHED = 'publish = "hub:hub"\nhandle = "me/{network}/{task}/1"\n'


@pytest.fixture(scope="module")
def zoo(tmp_path_factory, synthetic_checkpoint):
    """A folder with a finished, published zoo, and the events and outcomes of its run."""
    from tests.zoo import conftest

    place = conftest.fill(tmp_path_factory.mktemp("zoo"), synthetic_checkpoint)
    path = place / "zoo.toml"
    path.write_text(MANIFEST + PUBLISHED)
    code, events, outcomes = dask_clusters.run_zoo(path, "--jobs=2")
    assert code == 0, outcomes
    return place, events, outcomes


@pytest.fixture
def copied(zoo, tmp_path):
    """A copy of it, to be changed."""
    return shutil.copytree(zoo[0], tmp_path / "zoo")


def test_all_is_exported_and_published_by_both_workers(zoo):
    place, events, outcomes = zoo
    assert [outcome["name"] for outcome in outcomes] == [
        "out/mobilenet_v1_025_128/feature_vector",
        "out/mobilenet_v1_025_128/classification",
        "out/mobilenet_v2_035_96/feature_vector",
        "out/mobilenet_v2_035_96/classification",
    ]
    assert {outcome["result"] for outcome in outcomes} == {"exported"}
    assert {outcome["worker"] for outcome in outcomes} == {"1", "2"}
    assert {outcome["published"] for outcome in outcomes} == {"new"}
    assert events[0]["event"] == "planned"
    assert index.read(place / "hub").under("me") == [
        "me/mobilenet_v1_025_128/classification",
        "me/mobilenet_v1_025_128/feature_vector",
        "me/mobilenet_v2_035_96/classification",
        "me/mobilenet_v2_035_96/feature_vector",
    ]
    assert not dask_clusters.stages(place)
    dask_clusters.wait_until(lambda: not dask_clusters.processes(place), 20)  # of Dask, too


def test_what_a_worker_exports_is_what_a_fresh_process_exports(zoo, tmp_path):
    place, _, outcomes = zoo
    last = outcomes[-1]["name"]
    for outcome in outcomes:
        _, network, task = outcome["name"].split("/")
        if outcome["name"] != last and network != "mobilenet_v1_025_128":
            continue
        cold = tmp_path / network / task
        checkpoint = place / "made" / network / "model.ckpt-7"
        command = ["export", network, f"--task={task}", f"--checkpoint={checkpoint}"]
        assert run(*command, f"--output={cold}", "--proof=none").returncode == 0
        compared = subprocess.run(["diff", "-r", cold, place / outcome["name"]])
        assert compared.returncode == 0


def test_a_second_run_does_nothing(copied):
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*") if path.is_file()}
    code, events, outcomes = dask_clusters.run_zoo(copied / "zoo.toml", "--jobs=2")
    assert code == 0, outcomes
    assert {outcome["result"] for outcome in outcomes} == {"unchanged"}
    assert {outcome["published"] for outcome in outcomes} == {"none"}
    assert {e["phase"] for e in events if e["event"] == "phase"} == {
        "checking the existing output",
        "publishing",
    }
    after = {path: path.stat().st_mtime_ns for path in copied.rglob("*") if path.is_file()}
    assert {p: t for p, t in after.items() if ".slimhub" not in p.parts} == {
        p: t for p, t in before.items() if ".slimhub" not in p.parts
    }


def test_what_changed_is_exported_again_and_failures_are_a_table(copied):
    """One checkpoint is another one, one artifact is damaged, one output is somebody else's."""
    first, second = copied / "made/mobilenet_v1_025_128", copied / "made/mobilenet_v2_035_96"
    shutil.move(second, copied / "moved")
    other = [sys.executable, "-m", "scripts.make_checkpoint", "mobilenet_v1_025_128"]
    subprocess.run([*other, str(first / "model.ckpt-7")], check=True, cwd=REPOSITORY)
    shutil.rmtree(copied / "out/mobilenet_v1_025_128/classification")
    (copied / "out/mobilenet_v1_025_128/classification").mkdir()
    (copied / "out/mobilenet_v1_025_128/classification/mine.txt").write_text("mine")
    path = copied / "zoo.toml"
    path.write_text(MANIFEST)

    planned = json.loads(run("zoo", str(path), "--dry_run", "--format=json").stdout)
    assert [(job["action"], job["reason"].split(":")[0]) for job in planned] == [
        ("export again", "the checkpoint differs"),
        ("fail", "slimhub did not write what is there"),
        ("fail", f"no checkpoint at {second}/model.ckpt-7"),
        ("fail", f"no checkpoint at {second}/model.ckpt-7"),
    ]
    assert planned[2]["reason"].endswith(f": the folder {second} does not exist")
    finished = run("zoo", str(path), "--jobs=1", timeout=120)
    assert finished.returncode == 1
    lines = finished.stdout.splitlines()
    assert lines[:2] == ["4 exports: 1 exported, 3 failed", ""]
    assert lines[2].split() == ["failed", "why"]
    assert lines[3].startswith("out/mobilenet_v1_025_128/classification  the output ")
    assert "move it away" in lines[3]
    assert sum("no checkpoint at" in line for line in lines) == 2
    assert (copied / "out/mobilenet_v1_025_128/classification/mine.txt").read_text() == "mine"
    again = json.loads(run("zoo", str(path), "--dry_run", "--format=json").stdout)
    assert again[0]["action"] == "nothing"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_leaves_no_process_and_no_half_artifact(manifest, place, number, code):
    process = dask_clusters.start_zoo(manifest(), "--jobs=2")
    dask_clusters.events_until(process, lambda event: event.get("phase") == "writing the artifact")
    process.send_signal(number)
    assert process.wait(60) == code
    assert not dask_clusters.stages(place)
    dask_clusters.wait_until(lambda: not dask_clusters.processes(place), 20)  # of Dask, too
    for path in place.glob("out/*/*"):
        assert (path / "assets.extra/slimhub.json").is_file()


class SlowServer(http.server.BaseHTTPRequestHandler):
    """Has no checkpoint, and takes its time to say so: meanwhile an export is under way."""

    intervals: ClassVar[dict[str, tuple[float, float]]] = {}

    def do_GET(self):
        begin = time.monotonic()
        time.sleep(2)
        self.intervals[self.path] = (begin, time.monotonic())
        self.send_error(404)

    def log_message(self, *arguments):
        pass


LARGE = """
[defaults]
output = "out/{network}"

[export.small]
networks = ["mobilenet_v1_025_*"]
checkpoint = "http://127.0.0.1:PORT/small/{network}.tgz"
memory_gb = 1

[export.large]
networks = ["resnet_v2_101", "resnet_v2_152"]
checkpoint = "http://127.0.0.1:PORT/large/{network}.tgz"
memory_gb = 6
"""


def test_two_large_networks_are_kept_apart(manifest):
    """10 GB are enough for two workers, not for two exports of 6 GB."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = manifest(LARGE.replace("PORT", str(server.server_port)))
        code, _, outcomes = dask_clusters.run_zoo(path, "--jobs=2", "--memory=10")
        server.shutdown()
    assert code == 1
    assert len(outcomes) == len(SlowServer.intervals) == 6
    assert all("returned HTTP status 404" in outcome["detail"] for outcome in outcomes)
    kinds = {path.split("/")[1] for path in SlowServer.intervals}
    spans = {k: [s for p, s in SlowServer.intervals.items() if f"/{k}/" in p] for k in kinds}
    first, second = spans["large"]
    assert not overlap(first, second)
    assert any(overlap(one, other) for one in spans["large"] for other in spans["small"])


def overlap(one, other) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])
