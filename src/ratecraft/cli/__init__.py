"""The command line: reads arguments, calls one verb, renders what it returns. Nothing is decided here."""
