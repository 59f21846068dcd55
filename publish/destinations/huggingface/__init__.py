"""Model repositories on Hugging Face."""
