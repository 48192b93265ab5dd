"""What pytest must not import here."""

collect_ignore = ["styles"]  # run by the tests under the host, never imported
