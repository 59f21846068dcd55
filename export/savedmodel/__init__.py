"""Turns a network into a SavedModel folder: graphs, variables, module, signatures, files."""
