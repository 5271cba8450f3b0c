"""Policies: from an image to the source code that draws it."""
