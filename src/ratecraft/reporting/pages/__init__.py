"""The local site: Learn, studies, Try. Pure parts make HTML and JSON; the server connects them with a browser."""
