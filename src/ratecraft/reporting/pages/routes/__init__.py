"""Which address of the site is answered by what, and how a page becomes a response."""
