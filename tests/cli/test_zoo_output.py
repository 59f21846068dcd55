"""What `slimhub zoo` shows: bars, lines, events and tables."""

import io
import json
import sys

import pytest

from slimhub.cli import zoo_progress, zoo_tables
from slimhub.export import Request
from slimhub.zoo import Job, JobOutcome
from slimhub.zoo.jobs import Publication

EVENTS = [
    {"event": "warning", "detail": "no TLS", "time": 0.5},
    {"event": "started", "name": "a", "worker": "0", "time": 1.0},
    {"event": "phase", "name": "a", "worker": "0", "phase": "building", "time": 1.5},
    {"event": "tick", "time": 1.6},
    {"event": "lost", "worker": "1", "time": 2.0},
    {"event": "finished", "time": 3.0}
    | JobOutcome("a", "exported", 2.0, "0", published="new").to_json(),
    {"event": "finished", "time": 4.0}
    | JobOutcome("b", "failed", 1.0, "1", "no\nreason").to_json(),
    {"event": "finished", "time": 5.0} | JobOutcome("c", "unchanged", 0.1, "1").to_json(),
]


@pytest.fixture
def show(monkeypatch):
    def show(kind, is_terminal=False):
        stream = io.StringIO()
        stream.isatty = lambda: is_terminal
        monkeypatch.setattr(sys, "stderr", stream)
        with zoo_progress.shown(kind, 4) as take:
            for event in EVENTS:
                take(event)
        return stream.getvalue()

    return show


def test_lines_tell_of_each_export(show):
    assert show("auto").splitlines() == [
        "slimhub: warning: no TLS",
        "slimhub: a: started on worker 0",
        "slimhub: worker 1 is gone",
        "slimhub: a: exported in 2.0 s, published; 1 of 4 done, about 0 s left",
        "slimhub: b: failed: no; 2 of 4 done, 1 failed, about 0 s left",
        "slimhub: c: unchanged in 0.1 s; 3 of 4 done, 1 failed, about 0 s left",
    ]


def test_json_is_one_event_on_a_line(show):
    lines = [json.loads(line) for line in show("json").splitlines()]
    assert lines[0]["event"] == "planned"
    assert lines[0]["total"] == 4
    assert lines[1:] == [event for event in EVENTS if event["event"] != "tick"]


def test_a_terminal_gets_a_bar_for_the_run_and_a_line_for_each_worker(show):
    drawn = show("auto", is_terminal=True)
    assert "2 of 4 done, 1 failed, about 0 s left" in drawn
    assert "worker 0: a: building" in drawn
    assert "worker 1: idle" in drawn
    assert "slimhub: warning: no TLS\n" in drawn
    assert "slimhub: b: failed: no\n" in drawn


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.2, "3 s"), (89, "89 s"), (600, "10 min"), (7 * 3600, "7.0 h")]
)
def test_durations_are_for_people(seconds, text):
    assert zoo_progress._duration(seconds) == text


def test_an_impossible_option_is_the_failure_of_its_export(tmp_path, artifact):
    network = "mobilenet_v1_025_128"
    output = str(artifact(network, "feature_vector").path)
    jobs = [
        Job("out/a", "a", Request(network, "none", output, image_size=1), 1),
        Job("out/b", "b", Request(network, str(tmp_path / "none"), str(tmp_path / "b")), 1),
    ]
    (impossible, why), (absent, _) = zoo_tables.states(jobs)
    assert (impossible, absent) == (zoo_tables.FAIL, zoo_tables.FAIL)
    assert "image_size" in why


def test_failures_are_a_table_in_the_end():
    outcomes = [
        JobOutcome("out/a", "exported", published="new"),
        JobOutcome("out/b", "unchanged", published="none"),
        JobOutcome("out/long/c", "failed", detail="one\ntwo"),
        JobOutcome("out/d", "failed", detail="three"),
    ]
    assert zoo_tables.outcomes_as_text(outcomes) == [
        "4 exports: 1 exported, 1 unchanged, 1 published, 2 failed",
        "",
        "failed      why",
        "out/long/c  one\n            two",
        "out/d       three",
    ]
    assert zoo_tables.outcomes_as_text(outcomes[:1]) == ["1 export: 1 exported, 1 published"]


PLAN = [
    Job("a", "one", Request("net", "in", "a"), 1_000_000_000, Publication("hf://me/net", None)),
    Job("b", "one", Request("net", "in", "b"), 2_000_000_000, Publication("hub:my h", "me/net/1")),
    Job("c", "one", Request("net", "in", "c"), 2_000_000_000),
]


def test_a_plan_names_what_is_published_without_a_handle_by_its_target():
    lines = zoo_tables.plan_as_text(PLAN, [("export", "")] * 3)
    assert lines == [
        "action        memory  output",
        "export        1.0 GB  a",
        "  network  net, feature_vector",
        "  publish  hf://me/net",
        "export        2.0 GB  b",
        "  network  net, feature_vector",
        "  publish  me/net/1",
        "export        2.0 GB  c",
        "  network  net, feature_vector",
        "",
        "3 exports: 3 to be exported",
    ]


def test_what_would_fail_comes_last_in_80_columns():
    reason = "there is no checkpoint " + " ".join(f"part{n}" for n in range(20))
    lines = zoo_tables.plan_as_text(PLAN, [("fail", reason), ("export", ""), ("nothing", "")])
    assert [line.split()[-1] for line in lines[1:] if " GB  " in line] == ["b", "c", "a"]
    why = next(number for number, line in enumerate(lines) if line.startswith("  why "))
    assert " ".join(" ".join(lines[why:-2]).split()) == f"why {reason}"
    assert max(map(len, lines)) <= 80


def test_a_finished_zoo_says_how_to_serve_its_hubs():
    outcomes = [
        JobOutcome("a", "exported", published="new"),
        JobOutcome("b", "exported", published="new"),
        JobOutcome("c", "exported"),
    ]
    assert zoo_tables.next_steps(PLAN, outcomes) == ["serve it: slimhub serve 'my h'"]
    failed = [outcomes[0], JobOutcome("b", "failed"), outcomes[2]]
    assert zoo_tables.next_steps(PLAN, failed) == []
