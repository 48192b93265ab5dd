"""The checks of `doctor`: one file for each kind of requirement. They never run the user's code."""
