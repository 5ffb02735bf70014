"""Twin: a private lifetime memory on one's own machine."""

__version__ = "0.1.0"
