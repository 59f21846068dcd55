"""What the layers of several families are built from. The modules import TensorFlow."""
