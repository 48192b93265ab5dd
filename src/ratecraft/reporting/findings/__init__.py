"""What is wrong with a run: screen, one line, and the change that mends it."""
