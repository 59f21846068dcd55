"""What people read of an artifact: pages for a hub, and cards for Kaggle and Hugging Face."""
