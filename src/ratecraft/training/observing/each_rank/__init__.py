"""What each of several processes reports on itself, so that a comparison of all shows where they differ."""
