"""The kinds of places that weights come from: one file each, and the table of them."""
