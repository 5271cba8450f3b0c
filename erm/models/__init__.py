"""Qwen3-VL models: building, loading, prompting, training and generating."""
