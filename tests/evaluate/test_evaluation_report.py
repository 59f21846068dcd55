"""The report of an evaluation."""

import base64
import dataclasses
import re
import shutil

import pytest

from slimhub.evaluate import EvaluationRequest, evaluation, evaluation_report
from slimhub.evaluate.evaluation_record import Latency

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def found(model, digit_data, tmp_path_factory):
    data = shutil.copytree(digit_data.numbered, tmp_path_factory.mktemp("data") / "data")
    (data / "7" / f"{EVIL.replace('/', '')}.png").write_bytes(b"\x89PNG <script>")
    wanted = EvaluationRequest(str(model.folder), str(data), preprocessing="resize")
    return evaluation.measure(model, wanted.dataset(), wanted)


def test_a_report_shows_figures_and_pictures(found, tmp_path):
    path = evaluation_report.write(str(tmp_path / "reports"), found)
    text = path.read_text()
    assert path.name == "evaluation.html"
    assert "97.78 %" in text
    assert "95.68 % to 98.87 %" in text
    assert "<b>five</b> taken for <b>nine</b>" in text
    pictures = re.findall(r'<img src="data:image/png;base64,([^"]+)"', text)
    assert len(pictures) == 360 - found.totals.top1
    assert all(base64.b64decode(one).startswith(b"\x89PNG") for one in pictures)
    assert text.count('class="dot"') == len(found.record.calibration)
    assert "slimhub benchmark" in text
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_latency_is_drawn_if_it_is_known(found):
    times = Latency(batch=8, threads=1, median=2.5, p90=5, calls=9, cpu="a CPU")
    record = dataclasses.replace(found.record, latency=(times,))
    text = evaluation_report.render(dataclasses.replace(found, record=record))
    cells = re.findall(r'<td class="number">([\d.]+)</td>', text.partition("<h2>Latency")[2])
    assert cells == ["8", "1", "2.50", "5.00", "0.31"]
    assert '<b style="width: 50.00%">' in text


def test_names_are_escaped_and_lost_pictures_left_out(found, digit_data):
    pairs = tuple(dataclasses.replace(one, name=EVIL) for one in found.record.confusions)
    record = dataclasses.replace(found.record, confusions=pairs)
    shards = tuple(
        dataclasses.replace(shard, paths=tuple("nowhere" for _ in shard.paths))
        for shard in found.dataset.shards
    )
    lost = dataclasses.replace(found.dataset, shards=shards)
    text = evaluation_report.render(dataclasses.replace(found, record=record, dataset=lost))
    assert "<img" not in text
    assert EVIL not in text
