"""The functions that users call to build a schedule."""
