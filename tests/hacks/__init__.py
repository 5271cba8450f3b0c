"""Completions that try to earn without drawing, and what each part of a reward gives them."""
