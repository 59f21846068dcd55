"""Repositories of models on Hugging Face."""
