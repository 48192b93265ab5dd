"""The default tuner, bracket-branch-continue: one file a stage, from the first probe to the answer."""
