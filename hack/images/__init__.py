"""The two images, built by Docker here: ``python3 -m hack.images build``."""
