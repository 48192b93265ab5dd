"""How a setting is declared, and what the user decides about the tuner, with its constants."""
