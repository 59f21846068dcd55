"""Labeled pictures: where they are, what their labels are called, and in which shards they come.

Importing this package does not import TensorFlow.
"""
