"""A finished study: the one value behind every output, and its end screen."""
