"""The benchmarks: they run in the command's own process, on memories of their own."""
