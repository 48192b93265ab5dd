"""The host of an unmodified script: the process that trains it, and the supervisor's side of that process."""
