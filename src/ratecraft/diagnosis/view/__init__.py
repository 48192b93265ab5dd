"""What is known about a run, in the form that rules use."""
