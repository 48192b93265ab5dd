"""The server behind the site: access control, request limits and timeouts."""
