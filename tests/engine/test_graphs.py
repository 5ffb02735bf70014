"""Decoding from fixed buffers gives the tokens that growing a context gives; the benchmark of a GPU runs anywhere."""

from __future__ import annotations

import json

import pytest
import torch
from prefilled import Reading
from tiny import REFERENCE, TEXTS, config, random_model

from engine.decode import decode, fork
from engine.gpu_bench import main
from engine.graphs import FixedDecoder, decoder
from engine.tokenizer import MemoryTokenizer


@pytest.mark.parametrize("layers", ["2,3", "0,2", "all"])
def test_fixed_buffers_decode_as_a_growing_context(layers: str) -> None:
    """In eager steps; a captured graph replays the same ones."""
    tokenizer = MemoryTokenizer(REFERENCE / "paper" / "checkpoint" / "tokenizer.json")
    reading = Reading(random_model(config(router_layer_idx=layers)), tokenizer, list(enumerate(TEXTS[:5])))
    _, context = reading.ask("Who produced the film?")
    fixed = FixedDecoder(reading.model, context, 8, capture=False)
    growing = fork(context)
    for token in (7, 300, 7, 12, 900, 44, 45, 46):
        assert float((fixed(token) - decode(reading.model, token, growing)).abs().max()) < 1e-4
    with pytest.raises(ValueError, match="no room"):
        fixed(1)
    step = decoder(reading.model, context, 8)  # without a GPU: the context itself grows
    before = context.next_position
    step(7)
    assert context.next_position == before + 1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_captured_graph_decodes_the_same() -> None:
    tokenizer = MemoryTokenizer(REFERENCE / "paper" / "checkpoint" / "tokenizer.json")
    model = random_model(config()).cuda()
    reading = Reading(model, tokenizer, list(enumerate(TEXTS[:5])))
    _, context = reading.ask("Who produced the film?")
    captured = FixedDecoder(model, context, 8, capture=True)
    growing = fork(context)
    for token in (7, 300, 7, 12, 900, 44):
        assert float((captured(token) - decode(model, token, growing)).abs().max()) < 1e-3


def test_the_benchmark_runs_without_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--device", "cpu", "--shape", "small", "--tokens", "2000", "20000"]) == 0
    device, encoding, *answering = map(json.loads, capsys.readouterr().out.splitlines())
    assert device["device"] == "CPU"
    assert encoding["encoding"]["tokens_s"] > 100
    assert [row["answering"]["memory_tokens"] for row in answering] == [2000, 20000]
    assert all(row["answering"]["prefill_ms"] > 0 for row in answering)
