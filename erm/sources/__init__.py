"""What a source may not hold, and ways in which one fails: shared by rendering and by the tasks."""
