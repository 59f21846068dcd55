"""A self-hosted hub: a folder that any static host can serve, and a server for it."""
