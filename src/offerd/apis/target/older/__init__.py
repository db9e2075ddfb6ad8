"""The wire of older pages and servers: the same decisions in the words of before."""
