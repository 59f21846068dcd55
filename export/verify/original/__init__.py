"""The graph that the weights' owner trained or froze, as a judge of the export."""
