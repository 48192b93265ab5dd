"""A finished study: the value behind every output, and its end screen."""
