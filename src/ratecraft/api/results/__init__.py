"""The result of a study: its record as one value, as a page, as runs of a tracker."""
