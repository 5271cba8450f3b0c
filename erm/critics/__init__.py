"""Critics: from pairs of images to reports."""
