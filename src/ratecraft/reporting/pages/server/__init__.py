"""The server behind the site: who may ask, how often and how slowly."""
