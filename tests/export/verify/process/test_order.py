"""When the parts of a proof load the artifact: before the source's answers, where it is there."""

import multiprocessing
import threading

import pytest
import tensorflow as tf

from slimhub.export.verify.process import proof_server


@pytest.fixture
def order(monkeypatch):
    """What has happened: `loaded`, and `answered` once the source's answers are received."""
    order, load = [], tf.saved_model.load

    def recorded(folder):
        order.append("loaded")
        return load(folder)

    monkeypatch.setattr(tf.saved_model, "load", recorded)
    return order


def examine(order, made, *, answers_first=False, record=None):
    """Has one part examine an artifact whose source sends more than a pipe holds."""
    ours, theirs = multiprocessing.Pipe()
    source, answers = multiprocessing.Pipe()
    target = {"artifact": made.path, "record": record}
    answer = threading.Thread(target=source.send, args=(bytes(4_000_000),))

    def prepare(given, connection):
        assert (given, connection) == (answers, theirs)
        assert len(answers.recv()) == 4_000_000
        order.append("answered")
        if answers_first:
            ours.send(target)
        yield from ()

    if answers_first:
        answer.start()
        assert answers.poll(60)
    else:
        ours.send(target)
        threading.Timer(0.5, answer.start).start()
    evidence = proof_server._examined(theirs, answers, prepare)
    answer.join()
    assert evidence.checks == []
    return order


@pytest.fixture
def made(artifact):
    return artifact("mobilenet_v1_025_128")


def test_an_artifact_that_is_there_is_loaded_while_the_source_computes(order, made):
    assert examine(order, made) == ["loaded", "answered"]


def test_answers_that_come_first_are_received_first(order, made):
    assert examine(order, made, answers_first=True) == ["answered", "loaded"]


def test_one_that_is_being_exported_is_loaded_after_the_answers(order, made):
    record = made.result.record.to_json()
    assert examine(order, made, record=record) == ["answered", "loaded"]


def test_a_large_one_is_loaded_after_the_answers(order, made, monkeypatch):
    monkeypatch.setattr(proof_server, "LARGE", 0)
    assert examine(order, made) == ["answered", "loaded"]
