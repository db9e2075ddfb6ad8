"""Attributes of visitors: written one by one, in bulk, and read."""
