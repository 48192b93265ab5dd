"""Classic searches: what may be tried, the trials and what came of them, and which trial comes next."""
