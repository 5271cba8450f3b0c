"""Parts of a reward: each gives a drawn rollout one number."""
