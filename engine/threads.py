"""Arithmetic on one thread: where sums must come out the same everywhere, or products are too small to be shared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

SMALL = 512  # hidden size up to which a question is as quick on one thread as on two, or quicker (docs/log.md)


@contextmanager
def one_thread(wanted: bool = True) -> Iterator[None]:
    """This thread's products are shared with no other; where that is not wanted, nothing changes."""
    threads = torch.get_num_threads()
    try:
        if wanted:
            torch.set_num_threads(1)
        yield
    finally:
        if wanted:
            torch.set_num_threads(threads)
