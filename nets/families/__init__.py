"""Families of networks: specs as data in `<family>.py`, TensorFlow in `<family>_layers.py`."""
