"""Tests of `erm.evaluation`."""
