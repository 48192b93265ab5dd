"""What is known of a run, as rules ask for it."""
