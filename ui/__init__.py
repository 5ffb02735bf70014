"""The terminal app: speaks to memory only through the same client as the command line."""
