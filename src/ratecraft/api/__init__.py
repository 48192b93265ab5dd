"""The verbs: the only place that joins controllers, executors, runs and the record."""
