"""The process that proves, started beside the one that exports, and how the two talk."""
