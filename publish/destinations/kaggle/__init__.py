"""Kaggle Models."""
