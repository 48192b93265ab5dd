"""What is wrong with a run, read off what was seen of it: pure rules, one concern a file, from a view to findings."""
