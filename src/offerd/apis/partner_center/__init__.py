"""A wire format: Microsoft Partner Center's promotions."""
