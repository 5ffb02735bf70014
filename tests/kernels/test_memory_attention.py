"""Attention over head, selected chunks and own tokens against float64, in every form: prefill, decode, gradients."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from forms import Form, all_forms
from torch import Tensor

from kernels.memory_attention import grouped_attention, memory_attention, reference

CHUNKS = 40


@dataclass
class Case:
    queries: Tensor  # [B, H, T, d]
    own: tuple[Tensor, Tensor]
    head: tuple[Tensor, Tensor]
    content: tuple[Tensor, Tensor]
    chunks: Tensor
    offsets: Tensor

    @property
    def parts(self) -> list[Tensor]:
        return [self.queries, *self.own, *self.head, *self.content]

    def want(self) -> Tensor:
        return reference.memory_attention(self.queries, self.own, self.head, self.content, self.chunks, self.offsets)

    def got(self, form: Form) -> Tensor:
        q, k, v, hk, hv, ck, cv, chunks, offsets = form.put(*self.parts, self.chunks, self.offsets)
        return memory_attention(q, (k, v), (hk, hv), (ck, cv), chunks, offsets, backend=form.backend)


def case(
    *, heads: int = 4, groups: int = 2, width: int = 16, tokens: int = 9, length: int = 9, head: int = 3,
    counts: tuple[int, ...] = (5, 0, 17), dtype: torch.dtype = torch.float32,
) -> Case:  # fmt: skip
    """Questions that read `counts` chunks each; the chunks nobody reads are NaN."""
    generator = torch.Generator().manual_seed(tokens * 100 + head)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator).to(dtype)

    batch = len(counts)
    chunks = torch.cat(
        [torch.empty(0, dtype=torch.long), *(torch.randperm(CHUNKS, generator=generator)[:n] for n in counts)]
    )
    content = random(CHUNKS, groups, width), random(CHUNKS, groups, width)
    for x in content:
        x[~torch.isin(torch.arange(CHUNKS), chunks)] = float("nan")
    return Case(
        random(batch, heads, tokens, width),
        (random(batch, groups, length, width), random(batch, groups, length, width)),
        (random(groups, head, width), random(groups, head, width)),
        content, chunks, torch.tensor([0, *counts]).cumsum(0),
    )  # fmt: skip


CASES = {
    "prefill": case(),
    "decode": case(tokens=1, length=12),
    "decode with nothing before": case(tokens=1, length=1, head=0, counts=(0, 0)),
    "some of the own tokens": case(tokens=5, length=70),
    "long": case(tokens=67, length=67, counts=(39, 1)),
    "one head a group": case(heads=3, groups=3, width=20),
    "eight heads a group": case(heads=8, groups=1, width=8, counts=(2,)),
    "no head": case(head=0),
    "no memory": case(counts=(0, 0)),
    "nobody asks": case(counts=()),
}


@all_forms
@pytest.mark.parametrize("name", CASES)
def test_attention(form: Form, name: str) -> None:
    want, got = CASES[name].want(), CASES[name].got(form)
    assert got.shape == want.shape
    assert torch.allclose(got.cpu().double(), want, atol=1e-5, rtol=0)


@all_forms
def test_bf16(form: Form) -> None:
    given = case(dtype=torch.bfloat16, width=32)
    got = given.got(form)
    assert got.dtype == torch.bfloat16
    assert float((got.cpu().double() - given.want()).abs().max()) < 0.02


@all_forms
def test_keys_and_values_lie_as_they_like(form: Form) -> None:
    given = case()
    want = given.want()
    given.queries = given.queries.transpose(1, 2).contiguous().transpose(1, 2)
    given.own = tuple(x.transpose(1, 2).contiguous().transpose(1, 2) for x in given.own)  # type: ignore[assignment]
    given.head = tuple(x.mT.contiguous().mT for x in given.head)  # type: ignore[assignment]
    both = torch.stack(given.content).permute(1, 2, 0, 3).contiguous()  # [N, G, 2, d]: K and V side by side
    given.content = both[:, :, 0], both[:, :, 1]
    assert not any(x.is_contiguous() for x in given.parts)
    assert torch.allclose(given.got(form).cpu().double(), want, atol=1e-5, rtol=0)


@all_forms
def test_chunks_beyond_two_to_the_31(form: Form) -> None:
    apart = 2**31 + 64
    storage = torch.empty(2 * (apart + 64), dtype=torch.int8, device=form.device).view(torch.bfloat16)
    far = storage.as_strided((2, 1, 16), (apart, 16, 1))
    generator = torch.Generator().manual_seed(0)
    near = torch.randn(2, 1, 16, generator=generator).bfloat16()
    far.copy_(near)
    q, k, v = (x.bfloat16() for x in torch.randn(3, 1, 1, 1, 16, generator=generator))
    head, chunks, offsets = torch.empty(1, 0, 16, dtype=torch.bfloat16), torch.tensor([1, 0]), torch.tensor([0, 2])
    want = reference.memory_attention(q, (k, v), (head, head), (near, near), chunks, offsets)
    q, k, v, head, chunks, offsets = form.put(q, k, v, head, chunks, offsets)
    got = memory_attention(q, (k, v), (head, head), (far, far), chunks, offsets, backend=form.backend)
    assert float((got.cpu().double() - want).abs().max()) < 0.02


@all_forms
@pytest.mark.parametrize("name", ["prefill", "decode", "some of the own tokens", "one head a group", "no memory"])
def test_gradients(form: Form, name: str) -> None:
    """Of a random direction, against float64; a chunk that two questions read gets both shares."""
    given = CASES[name]
    wide = [x.nan_to_num().double().requires_grad_() for x in given.parts]
    q, k, v, hk, hv, ck, cv = wide
    want = reference.memory_attention(q, (k, v), (hk, hv), (ck, cv), given.chunks, given.offsets)
    direction = torch.randn(want.shape, generator=torch.Generator().manual_seed(9))
    expected = torch.autograd.grad((want * direction).sum(), wide)
    leaves = [x.requires_grad_() for x in form.put(*(x.nan_to_num() for x in given.parts))]
    q, k, v, hk, hv, ck, cv = leaves
    chunks, offsets, weight = form.put(given.chunks, given.offsets, direction)
    got = memory_attention(q, (k, v), (hk, hv), (ck, cv), chunks, offsets, backend=form.backend)
    for one, other in zip(expected, torch.autograd.grad((got * weight).sum(), leaves), strict=True):
        assert torch.allclose(other.cpu().double(), one, atol=2e-5, rtol=0)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("tokens", [1, 6])
def test_grouped_attention_repeats_nothing(tokens: int, causal: bool) -> None:
    generator = torch.Generator().manual_seed(tokens)
    q = torch.randn(2, 6, tokens, 8, generator=generator)
    k, v = torch.randn(2, 2, 2, tokens if causal else 11, 8, generator=generator)
    mask = None if causal else torch.rand(2, 1, tokens, 11, generator=generator) < 0.7
    if mask is not None:
        mask[..., 0] = True
    repeated = [x.repeat_interleave(3, dim=1) for x in (k, v)]
    scores = q @ repeated[0].mT * 8**-0.5
    allowed = torch.ones(tokens, tokens).tril().bool() if mask is None else mask
    want = scores.masked_fill(~allowed, float("-inf")).softmax(-1) @ repeated[1]
    assert torch.allclose(grouped_attention(q, k, v, mask=mask, causal=causal), want, atol=1e-6)
