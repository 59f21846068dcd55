"""The places an artifact can be published to: one module for each kind."""
