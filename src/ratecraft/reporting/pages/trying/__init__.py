"""The pages to try a schedule or a plan."""
