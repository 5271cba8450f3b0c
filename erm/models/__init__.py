"""Qwen3-VL models: building, loading, prompting, training and generating."""

import os

# A thread that has done its part waits for the others in a busy loop, by default for so long that
# any other work on the same cores slows generation down many times. GNU's OpenMP reads this when
# torch is loaded; docs/operations.md has what it costs.
os.environ.setdefault("GOMP_SPINCOUNT", "3000")
