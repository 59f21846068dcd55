"""Networks that graphs are compared with; all tests of this folder share them."""

import pytest

from slimhub.export.verify.checks.original_judge import OriginalJudge
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Source, Subject
from tests.fixtures.graph_edits import EditedGraph

NETWORK = "mobilenet_v1_025_128"


class Networks:
    def __init__(self, checkpoint, folder):
        self.checkpoint, self.folder, self.made = checkpoint, folder, {}

    def get(self, task="classification", is_training=False, name=NETWORK):
        key = name, task, is_training
        if key not in self.made:
            source = Source(str(self.checkpoint(name)), "auto")
            self.made[key] = SourceNetwork(Subject(name, task), source, is_training=is_training)
        return self.made[key]

    def edited(self, task="classification", is_training=False, name=NETWORK):
        """The graph of a network, to be changed."""
        return EditedGraph(self.get(task, is_training, name).graph_def())

    def judge(self, graph, task="classification", is_training=False, name=NETWORK):
        """The check of a graph as the only one of the checkpoint."""
        (self.folder / "graph.pb").write_bytes(graph.SerializeToString())
        graphs = [str(self.folder / "graph.pb")]
        judge = OriginalJudge(Source(str(self.checkpoint(name)), "auto", graphs=graphs))
        return judge.ask(self.get(task, is_training, name)) or judge.conclude()


@pytest.fixture(scope="session")
def networks(synthetic_checkpoint, tmp_path_factory):
    return Networks(synthetic_checkpoint, tmp_path_factory.mktemp("graphs"))
