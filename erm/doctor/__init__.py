"""What a machine has, what it lacks, and the command that mends it."""
