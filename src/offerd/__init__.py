"""offerd decides which offer to put in front of a person, in a place, at a moment."""

__version__ = "0.1.0"
