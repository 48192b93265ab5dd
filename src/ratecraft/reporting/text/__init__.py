"""How numbers, durations and lines are formatted for a reader, in their language and on their terminal."""
