"""The numeric hot spots: each with a plain PyTorch reference and one dispatching function."""
