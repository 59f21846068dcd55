"""Uses the graph that the weights' owner trained or froze to judge the export."""
