"""What the tasks have in common."""
