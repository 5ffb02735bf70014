"""Decoding from buffers of fixed size, so that one captured CUDA graph replays every step (else `engine.decode`).

At personal scale a step of a 4B model is some hundred launches of a few microseconds each: launching takes longer
than computing. Without a GPU the same step runs uncaptured, which is how it is tested.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from engine.decode import decode
from engine.prefill import Context
from engine.qwen3 import MemoryModel

Step = Callable[[int], Tensor]
"""Feeds one token, gives the next one's logits [vocabulary]."""

log = logging.getLogger("twin.engine")


def decoder(model: MemoryModel, context: Context, room: int) -> Step:
    """The quickest way on from a context, for `room` tokens at most. On a GPU the context is copied and left alone,
    elsewhere it grows."""
    if model.device.type == "cuda":
        try:
            return FixedDecoder(model, context, room, capture=True)
        except RuntimeError as error:  # torch.OutOfMemoryError is one: the buffers do not fit twice
            log.warning("decoding without a CUDA graph: %s", error)
    return lambda token: decode(model, token, context)


class FixedDecoder:
    """A context's keys and values in buffers with room for `room` more tokens."""

    @torch.inference_mode()
    def __init__(self, model: MemoryModel, context: Context, room: int, *, capture: bool) -> None:
        self.model, self.room, self.used = model, room, 0
        self._token = torch.zeros(1, 1, dtype=torch.long, device=model.device)
        self._position = torch.tensor([context.next_position], device=model.device)
        lengths = [keys.shape[1] for keys in context.keys]  # routing layers see more than the others
        self._keys = [_with_room(keys, room) for keys in context.keys]
        self._values = [_with_room(values, room) for values in context.values]
        self._slots = [torch.tensor([length], device=model.device) for length in lengths]
        self._places = [torch.arange(length + room, device=model.device) for length in lengths]
        self._graph: torch.cuda.CUDAGraph | None = None
        if capture:
            self._capture()

    @torch.inference_mode()
    def __call__(self, token: int) -> Tensor:
        if self.used == self.room:
            raise ValueError(f"decoded {self.room} tokens, there is no room for more")
        self._token.fill_(token)
        if self._graph is not None:
            self._graph.replay()
            logits = self._logits.clone()
        else:
            logits = self._step()
        self._position += 1
        for slot in self._slots:
            slot += 1
        self.used += 1
        return logits

    def _step(self) -> Tensor:
        rope = self.model.rope(self._position)
        x = self.model.embed(self._token)
        for index, layer in enumerate(self.model.model.layers):
            normed = layer.input_layernorm(x)
            keys, values = layer.self_attn.keys_values(normed, rope)
            self._keys[index].index_copy_(1, self._slots[index], keys[0])
            self._values[index].index_copy_(1, self._slots[index], values[0])
            queries = layer.self_attn.queries(normed, rope)
            seen = (self._places[index] <= self._slots[index])[None]  # [1, S+room]
            attended = layer.self_attn.attend(queries, self._keys[index][None], self._values[index][None], mask=seen)
            x = layer.finish(x, attended)
        return self.model.logits(x)[0, 0]

    def _capture(self) -> None:
        """Runs that come before and during the capture write into the first free slot, which the first token
        overwrites."""
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):
                self._step()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._logits = self._step()
        self._graph = graph


def _with_room(x: Tensor, room: int) -> Tensor:
    """[G, S, d] -> [G, S+room, d]; what is behind S is never seen before it is written, but must be finite."""
    return torch.cat((x, x.new_zeros(x.shape[0], room, x.shape[2])), dim=1)
