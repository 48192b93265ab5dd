"""The local site: learn, studies, try. Pure parts make HTML and JSON; the server joins them with a browser."""
