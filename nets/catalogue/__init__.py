"""What is known of the registered networks without building them."""
