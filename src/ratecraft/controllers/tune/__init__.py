"""The default tuner, bracket-branch-continue: one file for each stage, from the first probe to the answer."""
