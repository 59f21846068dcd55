"""The process that proves, started next to the one that exports, and their protocol."""
