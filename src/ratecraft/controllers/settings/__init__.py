"""How a setting is declared, and what a user decides about the tuner, with its constants."""
