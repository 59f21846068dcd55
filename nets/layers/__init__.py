"""Building blocks that several families share. The modules import TensorFlow."""
