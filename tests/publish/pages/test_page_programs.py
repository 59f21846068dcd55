"""The programs of a page run as they are written, against the artifact that it is the page of."""

import pytest

from slimhub import nets
from slimhub.export.record import Record
from slimhub.publish import Handle
from slimhub.publish.pages import page
from tests.fixtures import page_programs

NETWORK = "mobilenet_v1_025_128"


@pytest.mark.slow
@pytest.mark.parametrize("task", nets.TASKS)
def test_every_program_of_a_page_runs(artifact, tmp_path, task):
    folder = artifact(NETWORK, task).path
    handle = Handle.parse(f"acme/{NETWORK}/{task}/1")
    text = page.render(Record.read(folder), handle, load_url=folder)
    programs = page_programs.blocks(text)
    assert len(programs) == text.count("```python")
    assert sum(".fit(" in program for program in programs) >= 3
    finished = page_programs.run(programs, tmp_path)
    width = nets.get(NETWORK).output_width(task)
    assert f"(1, {width})\n" in finished.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["fine_tuned"]
