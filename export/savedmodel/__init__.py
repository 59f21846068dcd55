"""From a network to a SavedModel folder: graphs, variables, module, signatures, files."""
