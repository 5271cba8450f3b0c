"""Pairs on disk: the format, near-duplicates, the data card and validation."""
