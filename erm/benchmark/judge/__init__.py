"""Judges: which predicted error stands for which annotated one."""
