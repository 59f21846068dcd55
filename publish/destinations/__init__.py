"""Where an artifact can be published: one module for each kind of place."""
