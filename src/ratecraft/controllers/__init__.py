"""What a study does next: pure state machines that propose jobs and read their outcomes."""
