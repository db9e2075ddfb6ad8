"""A wire format: the Microsoft Store's targeted offers."""
