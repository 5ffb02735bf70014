"""Means over ragged chunks against float64, in every form; unit and int8 routing keys; gradients."""

from __future__ import annotations

import pytest
import torch
from forms import Form, all_forms
from torch import Tensor

from engine.memory import quantise
from kernels.chunk_pool import Chunks, chunk_pool, reference

LENGTHS = [1, 13, 20, 16, 7]  # of B documents, padded to 20 tokens
SHAPES = [(2, 16), (1, 8), (3, 20)]  # G, d


def case(groups: int, width: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """K, V, K^R [B, T, G, d], whose padding is NaN, and lengths."""
    generator = torch.Generator().manual_seed(groups)
    lengths = torch.tensor(LENGTHS)
    parts = torch.randn(3, len(LENGTHS), max(LENGTHS), groups, width, generator=generator).to(dtype)
    for row, length in enumerate(LENGTHS):
        parts[:, row, length:] = float("nan")
    return parts[0], parts[1], parts[2], lengths


def pool(
    form: Form, k: Tensor, v: Tensor, r: Tensor | None, lengths: Tensor, size: int, *, unit: bool, int8: bool = False
) -> Chunks:
    k, v, lengths = form.put(k, v, lengths)
    own = None if r is None else form.put(r)[0]
    return chunk_pool(k, v, own, lengths, size, unit=unit, int8=int8, backend=form.backend)


@all_forms
@pytest.mark.parametrize("size", [1, 4, 7, 16, 64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_means_of_what_a_chunk_has(form: Form, shape: tuple[int, int], size: int) -> None:
    k, v, r, lengths = case(*shape)
    got = pool(form, k, v, r, lengths, size, unit=True)
    want_r = reference.unit_heads(reference.mean_chunks(r, lengths, size))
    for found, want in (
        (got.keys, reference.mean_chunks(k, lengths, size)),
        (got.values, reference.mean_chunks(v, lengths, size)),
        (got.routing_keys, want_r),
    ):
        assert found.dtype == torch.float32
        assert found.shape == want.shape
        assert float((found.cpu() - want).abs().max()) < 2e-6
    for row, length in enumerate(LENGTHS):
        assert (got.keys[row, -(-length // size) :] == 0).all()
        assert (got.routing_keys[row, -(-length // size) :] == 0).all()


@all_forms
def test_bf16_is_summed_in_float32(form: Form) -> None:
    k, v, r, lengths = case(2, 16, torch.bfloat16)
    got = pool(form, k, v, r, lengths, 16, unit=False)
    assert float((got.routing_keys.cpu() - reference.mean_chunks(r, lengths, 16)).abs().max()) < 1e-6


@pytest.mark.parametrize("size", [1, 7, 16, 64])
def test_means_as_a_product_differ_by_one_rounding(size: int) -> None:
    """Padding that holds numbers is still left out; a sum leaves the product rounded to bf16."""
    k, v, r, lengths = (part.nan_to_num(nan=50.0) for part in case(2, 16, torch.bfloat16))
    lengths = lengths.long()
    got = chunk_pool(k, v, r, lengths, size, unit=False, finite=True)
    for found, given in ((got.keys, k), (got.values, v), (got.routing_keys, r)):
        want = reference.mean_chunks(given, lengths, size).float()
        assert found.dtype == torch.float32
        assert torch.allclose(found, want, rtol=2.0**-8, atol=1e-6)


@all_forms
@pytest.mark.parametrize("unit", [True, False], ids=["cosine", "product"])
def test_int8_routing_keys_are_the_banks(form: Form, unit: bool) -> None:
    k, v, r, lengths = case(2, 32)
    floats = pool(form, k, v, r, lengths, 4, unit=unit)
    got = pool(form, k, v, r, lengths, 4, unit=unit, int8=True)
    codes, scales = quantise(floats.routing_keys.flatten(2).cpu())
    assert got.routing_scales is not None
    assert got.routing_keys.dtype == torch.int8
    assert torch.allclose(got.routing_scales.cpu(), scales, rtol=1e-6, atol=0)
    difference = (got.routing_keys.cpu().flatten(2).int() - codes.int()).abs()
    assert int(difference.max()) <= 1
    assert float((difference > 0).float().mean()) < 0.01  # a quotient's last bit may fall on the other side of a half
    assert (got.routing_scales.cpu()[0, 1:] == 0).all()  # chunks that document 0 does not have


@all_forms
def test_pooled_keys_route_where_there_is_no_router(form: Form) -> None:
    k, v, _, lengths = case(2, 16)
    k, v, lengths = form.put(k, v, lengths)
    got = chunk_pool(k, v, None, lengths, 4, unit=False, backend=form.backend)
    assert torch.equal(got.routing_keys, got.keys)


@all_forms
@pytest.mark.parametrize("tokens", [0, 1])
def test_documents_of_nothing_and_of_one_token(form: Form, tokens: int) -> None:
    x, lengths = form.put(torch.ones(2, tokens, 1, 8), torch.full((2,), tokens))
    got = chunk_pool(x, x, x, lengths, 4, unit=True, backend=form.backend)
    assert got.keys.shape == (2, tokens, 1, 8)
    assert got.routing_keys.norm(dim=-1).tolist() == [[[pytest.approx(1.0)]] * tokens] * 2


@all_forms
def test_projections_lie_heads_first(form: Form) -> None:
    k, v, r, lengths = case(2, 16)
    want = pool(form, k, v, r, lengths, 7, unit=True, int8=True)
    turned = [x.transpose(1, 2).contiguous().transpose(1, 2) for x in (k, v)]
    backwards = r.transpose(1, 3).contiguous().transpose(1, 3)  # d apart
    assert not turned[0].is_contiguous()
    got = pool(form, turned[0], turned[1], backwards, lengths, 7, unit=True, int8=True)
    for one, other in ((got.keys, want.keys), (got.values, want.values), (got.routing_keys, want.routing_keys)):
        assert torch.equal(one, other)


@all_forms
def test_documents_beyond_two_to_the_31(form: Form) -> None:
    """In elements, not bytes; of the storage nothing else is touched."""
    apart = 2**31 + 64
    storage = torch.empty(2 * apart + 64, dtype=torch.int8, device=form.device).view(torch.bfloat16)
    x = storage.as_strided((2, 2, 1, 16), (apart, 16, 16, 1))
    far = torch.arange(2 * 2 * 16, dtype=torch.float32, device=form.device).view(2, 2, 1, 16)
    x.copy_(far)
    lengths = torch.tensor([2, 2], device=form.device)
    got = chunk_pool(x, x, x, lengths, 2, unit=False, backend=form.backend)
    assert torch.equal(got.keys, far.mean(dim=1, keepdim=True))


@all_forms
@pytest.mark.parametrize("router", [True, False], ids=["router", "shared keys"])
@pytest.mark.parametrize("unit", [True, False], ids=["cosine", "product"])
def test_gradients(form: Form, unit: bool, router: bool) -> None:
    """Of a random direction through all three outputs, against float64; padding gets none."""
    generator = torch.Generator().manual_seed(1)
    parts = [torch.randn(5, 20, 2, 16, generator=generator) for _ in range(3)]
    weights = [torch.randn(5, 3, 2, 16, generator=generator) for _ in range(3)]
    lengths = torch.tensor(LENGTHS)

    def loss(found: list[Tensor]) -> Tensor:
        return torch.stack([(w.to(x) * x).sum() for w, x in zip(weights, found, strict=True)]).sum()

    wide = [x.double().requires_grad_() for x in parts[: 3 if router else 2]]
    pooled = [reference.mean_chunks(x, lengths, 7) for x in wide]
    routing = reference.unit_heads(pooled[-1 if router else 0]) if unit else pooled[-1 if router else 0]
    want = torch.autograd.grad(loss([pooled[0], pooled[1], routing]), wide)

    mine = [x.requires_grad_() for x in form.put(*parts[: 3 if router else 2])]
    got = pool(form, mine[0], mine[1], mine[2] if router else None, lengths, 7, unit=unit)
    found = torch.autograd.grad(loss([got.keys, got.values, got.routing_keys]), mine)
    for one, other in zip(want, found, strict=True):
        assert float((one - other.cpu()).abs().max()) < 1e-5 * float(one.abs().max())
        assert (other[0, 1:] == 0).all()
