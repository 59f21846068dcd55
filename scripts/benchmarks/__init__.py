"""What `scripts.benchmark` measures: one module for each subject."""
