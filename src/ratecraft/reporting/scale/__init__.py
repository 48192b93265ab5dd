"""A law over sizes, as a screen."""
