"""Words for people: one TOML file a language, keyed by code. Nothing else in ratecraft holds a sentence for a user."""
