"""Artifacts of every format as functions of images.

Importing this package does not import TensorFlow or a runtime.
"""
