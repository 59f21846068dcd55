"""What a proof looks at: one module for each kind of check."""
