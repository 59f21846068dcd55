"""The checks of a proof: one module for each kind."""
