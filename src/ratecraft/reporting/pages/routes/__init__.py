"""Maps addresses of the site to the functions that answer them, and pages to responses."""
