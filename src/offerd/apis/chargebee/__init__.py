"""A wire format: Chargebee Growth's personalized offers."""
