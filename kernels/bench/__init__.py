"""Times of the kernels beside what they replace, against what the machine's memory and arithmetic would allow."""
