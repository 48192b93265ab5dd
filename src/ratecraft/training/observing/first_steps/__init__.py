"""What is exactly wrong with how a training is written, read off its first steps."""
