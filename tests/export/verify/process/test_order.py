"""When the parts of a proof load the artifact: before the source's answers, where it is there."""

import multiprocessing

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


def examine(order, artifact, *, answers_first=False):
    ours, theirs = multiprocessing.Pipe()
    source, answers = multiprocessing.Pipe()
    target = {"artifact": artifact("mobilenet_v1_025_128").path, "record": None}

    def prepare(connection):
        assert connection is theirs
        if not answers_first:
            source.send("an answer")
        answers.recv()
        order.append("answered")
        if answers_first:
            ours.send(target)
        return []

    (source if answers_first else ours).send(target)
    evidence = proof_server._examined(theirs, answers, prepare)
    assert evidence.checks == []
    return order


def test_an_artifact_that_is_there_is_loaded_while_the_source_computes(order, artifact):
    assert examine(order, artifact) == ["loaded", "answered"]


def test_answers_that_come_first_are_received_first(order, artifact):
    assert examine(order, artifact, answers_first=True) == ["answered", "loaded"]


def test_a_large_artifact_is_loaded_when_the_source_is_gone(order, artifact, monkeypatch):
    monkeypatch.setattr(proof_server, "LARGE", 0)
    assert examine(order, artifact) == ["answered", "loaded"]
