"""What the callbacks of all frameworks share."""
