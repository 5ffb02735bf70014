"""All tests of the engine: memory that is never written is NaN, and one thread computes.

Two threads on tiny tensors beside other work are ten times slower than one (measured: 157 s against 13 s).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _poisoned(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def empty(*arguments: Any, **options: Any) -> Tensor:
        out = make(*arguments, **options)
        if out.is_meta or out.dtype == torch.bool:
            return out
        with torch.no_grad():
            return out.fill_(float("nan") if out.is_floating_point() else 99)

    return empty


@pytest.fixture(autouse=True)
def nan_poisoned_empties(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("empty", "empty_like"):
        monkeypatch.setattr(torch, name, _poisoned(getattr(torch, name)))
    monkeypatch.setattr(Tensor, "new_empty", _poisoned(Tensor.new_empty))
