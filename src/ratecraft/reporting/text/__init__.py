"""How numbers, durations and lines are set for a reader, in their language and on their terminal."""
