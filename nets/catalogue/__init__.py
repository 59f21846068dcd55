"""What is known about the registered networks without building them."""
