"""slimhub: turns TF-Slim checkpoints into TF2 SavedModels for TensorFlow Hub's users."""
