"""The numeric hot spots: each with a plain PyTorch reference, a Triton kernel, and one dispatching function."""
