"""Checks documentation pages by the grammar of TensorFlow Hub."""
