"""Synthesis: from sources to labelled pairs."""
