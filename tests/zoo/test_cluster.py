"""On a real scheduler, with two workers in processes of their own, started by Dask's commands."""

import json
import signal
from collections import Counter
from pathlib import Path

import pytest

from slimhub.export import record
from slimhub.export.record import Record
from tests.fixtures import dask_clusters
from tests.zoo.conftest import DIGITS, MANIFEST

pytestmark = pytest.mark.slow
ROOM = ["--resources=MEMORY=1.5e9"]


def is_whole(folder: Path) -> bool:
    return Record.read(folder).files == record.digest_files(folder)


@pytest.mark.parametrize("nanny", ["--no-nanny", "--nanny"])
def test_a_worker_is_killed_while_it_exports(manifest, place, nanny):
    """Without a nanny it is gone for good, with one it is started again."""
    path = manifest(MANIFEST.replace(', "mobilenet_v2_035_96"', "") + DIGITS)
    with dask_clusters.running(place, {"one": [*ROOM, nanny], "two": [*ROOM, nanny]}) as cluster:
        process = dask_clusters.start_zoo(path, f"--scheduler={cluster.address}")
        events = dask_clusters.events_until(
            process, lambda event: event.get("phase") == "writing the artifact"
        )
        killed = events[-1]
        dask_clusters.worker_process(cluster.workers[killed["worker"]]).kill()
        events += dask_clusters.events_until(process, lambda event: False)
        assert process.wait() == 0

        finished = Counter(event["name"] for event in events if event["event"] == "finished")
        assert finished == {
            "out/mobilenet_v1_025_128/feature_vector": 1,
            "out/mobilenet_v1_025_128/classification": 1,
            "out/digits": 1,
        }
        assert {e["result"] for e in events if e["event"] == "finished"} == {"exported"}
        assert [e["worker"] for e in events if e["event"] == "lost"] == [killed["worker"]]
        started = Counter(event["name"] for event in events if event["event"] == "started")
        assert {name for name, count in started.items() if count > 1} == {killed["name"]}
        assert all(is_whole(place / name) for name in finished)
        dask_clusters.wait_until(lambda: not dask_clusters.stages(place))
    dask_clusters.wait_until(lambda: not dask_clusters.processes(place))


def test_what_a_cluster_lacks_is_said(manifest, place, tmp_path):
    path = manifest()
    with dask_clusters.running(place, {}) as cluster:
        pass  # it is gone
    assert "no scheduler answers" in refused(path, f"--scheduler={cluster.address}")
    with dask_clusters.running(
        place, {"small": ["--resources=MEMORY=0.5e9", "--no-nanny"]}
    ) as cluster:
        said = refused(path, f"--scheduler={cluster.address}")
    assert "needs 1.0 GB, but no worker has more than 0.5 GB" in said
    with dask_clusters.running(place, {"plain": ["--no-nanny"]}) as cluster:
        assert "no worker declares how much memory" in refused(
            path, f"--scheduler={cluster.address}"
        )


def refused(path, *arguments) -> str:
    process = dask_clusters.start_zoo(path, *arguments)
    said = process.stderr.read()
    assert process.wait() == 1
    error = json.loads(process.stdout.read())["error"]
    assert error in said
    return said


def test_an_interrupted_run_leaves_the_cluster_but_nothing_of_its_own(manifest, place):
    path = manifest()
    with dask_clusters.running(place, {"one": [*ROOM, "--no-nanny"]}) as cluster:
        process = dask_clusters.start_zoo(path, f"--scheduler={cluster.address}")
        dask_clusters.events_until(
            process, lambda event: event.get("phase") == "writing the artifact"
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert not dask_clusters.stages(place)
        assert cluster.workers["one"].poll() is None
        assert len(dask_clusters.processes(place)) == 2  # scheduler and worker
        code, _, outcomes = dask_clusters.run_zoo(path, f"--scheduler={cluster.address}")
    assert code == 0
    assert len(outcomes) == 4
    assert all(is_whole(place / outcome["name"]) for outcome in outcomes)


def test_a_scheduler_that_dies_ends_the_run(manifest, place):
    path = manifest()
    with dask_clusters.running(place, {"one": [*ROOM, "--no-nanny"]}) as cluster:
        process = dask_clusters.start_zoo(path, f"--scheduler={cluster.address}")
        dask_clusters.events_until(
            process, lambda event: event.get("phase") == "building the graphs"
        )
        cluster.scheduler.kill()
        said = process.stderr.read()
        assert process.wait(60) == 1
        assert "lost the scheduler: start it again, then run the same command" in said
        assert "Traceback" not in said
        dask_clusters.wait_until(lambda: cluster.workers["one"].poll() is not None)
    dask_clusters.wait_until(lambda: not dask_clusters.processes(place))
    assert not dask_clusters.stages(place)
