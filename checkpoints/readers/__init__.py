"""The kinds of weight sources: one module each, and a table of them."""
