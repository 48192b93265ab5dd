"""Which program is meant by the words that were typed."""
