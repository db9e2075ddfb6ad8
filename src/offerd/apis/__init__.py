"""The wire formats, one folder each, and the words they share."""
