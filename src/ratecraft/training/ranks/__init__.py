"""A run of several processes that train together: how they are started, agree, and answer as one run."""
