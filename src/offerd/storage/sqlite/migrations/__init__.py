"""The steps that bring an older data folder to the present tables."""
