"""`python -m engine.parity CASE_DIR`: recomputes numbers recorded from MSA's released code and compares.

A case holds checkpoint/, inputs.json and expected.safetensors (tests/reference/README.md). Exit 0 only if every
tensor is within 1e-3 in float32 on the CPU and every routing layer selects the same documents.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from engine.decode import decode
from engine.encode import Head, encode, encode_head
from engine.prefill import Context, prefill
from engine.routing import Selection, TensorSegment, select
from engine.weights import load

TOLERANCE = 1e-3  # the released code pools through a running sum, whose rounding alone reaches 4e-4
TIE = 1e-5  # scores closer than this may change places


class Case:
    """One recorded case, recomputed."""

    def __init__(self, folder: Path) -> None:
        self.inputs: dict[str, Any] = json.loads((folder / "inputs.json").read_text(encoding="utf-8"))
        self.expected = load_file(folder / "expected.safetensors")
        self.model = load(folder / "checkpoint")
        self.layers = self.model.config.routing.layers

    @torch.inference_mode()
    def recompute(self) -> dict[str, Tensor]:
        """Every tensor of the case under its recorded name."""
        model = self.model
        documents = encode(model, self.inputs["document_token_ids"])
        self.lengths = torch.tensor([document.routing_keys.shape[1] for document in documents])
        keys = torch.cat([document.keys for document in documents], dim=2)  # [L, G, N, d]
        values = torch.cat([document.values for document in documents], dim=2)
        routing = torch.cat([document.routing_keys for document in documents], dim=1)  # [L, N, G, d]
        self.offsets = torch.cat((torch.zeros(1, dtype=torch.long), self.lengths.cumsum(0)))
        out = {"chunk_doc": torch.repeat_interleave(torch.arange(len(documents)), self.lengths)}
        for at, layer in enumerate(self.layers):
            out |= {f"pooled_k.{layer}": keys[at], f"pooled_v.{layer}": values[at]}
            out[f"routing_k.{layer}"] = routing[at].transpose(0, 1)
        every = torch.ones(len(documents), dtype=torch.bool)
        segment = TensorSegment(torch.arange(len(documents)), every, self.offsets, list(routing.flatten(2)))
        head = encode_head(model, self.inputs["template_head_ids"])
        logits, context = self._prefill("prefill", head, segment, keys, values)
        out |= self._selections("", context) | {"prefill_logits": logits}
        context.next_position = self.inputs["decode"].get("position_ids", [context.next_position])[0]
        steps = [decode(model, token, context) for token in self.inputs["decode"]["input_ids"]]
        out["decode_logits"] = torch.stack(steps)
        if self.inputs.get("hop2"):
            logits, context = self._prefill("hop2", head, segment, keys, values)
            out |= self._selections("hop2_", context) | {"hop2_prefill_last_logits": logits[-1:]}
        return out

    def _prefill(
        self, name: str, head: Head, segment: TensorSegment, keys: Tensor, values: Tensor
    ) -> tuple[Tensor, Context]:
        model, given, top_k = self.model, self.inputs[name], self.inputs["top_k_docs"]

        def choose(at: int, queries: Tensor) -> Selection:
            return select(queries, [segment], at, model.config, top_k)

        def content(at: int, chosen: Tensor) -> tuple[Tensor, Tensor]:
            spans = [range(int(self.offsets[d]), int(self.offsets[d + 1])) for d in chosen.tolist()]
            chunks = torch.tensor([chunk for span in spans for chunk in span])
            return keys[at][:, chunks], values[at][:, chunks]

        return prefill(model, given["input_ids"], given["doc_ids"], given["position_ids"], head, choose, content)

    def _selections(self, prefix: str, context: Context) -> dict[str, Tensor]:
        out = {}
        for layer, selection in zip(self.layers, context.selections, strict=True):
            out[f"{prefix}selected_docs.{layer}"] = selection.documents
            out[f"{prefix}selected_scores.{layer}"] = selection.scores
        return out


def compare(case: Case) -> Iterator[tuple[str, float, bool]]:
    """(name, largest absolute difference, within tolerance) of every recorded tensor."""
    got = case.recompute()
    for name in sorted(case.expected):
        want = case.expected[name]
        have = got.get(name)
        if have is None or have.shape != want.shape:
            yield name, float("inf"), False
        elif "selected_docs" in name:
            scores = case.expected[name.replace("docs", "scores")]
            yield name, float((have != want).sum()), _same_documents(have, want, scores)
        else:
            worst = float((have.double() - want.double()).abs().max()) if want.numel() else 0.0
            yield name, worst, worst <= TOLERANCE  # NaN compares false: it never passes


def _same_documents(have: Tensor, want: Tensor, scores: Tensor) -> bool:
    """Equal lists, where documents whose recorded scores tie within TIE may stand in any order."""
    start = 0
    for end in range(1, len(want) + 1):
        if end < len(want) and scores[end - 1] - scores[end] < TIE:
            continue
        if set(have[start:end].tolist()) != set(want[start:end].tolist()):
            return False
        start = end
    return True


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m engine.parity", description=__doc__)
    parser.add_argument("case", type=Path, metavar="CASE_DIR")
    folder = parser.parse_args(arguments).case
    try:
        case = Case(folder)
    except (OSError, ValueError, SafetensorError) as error:  # ConfigError and bad JSON are ValueErrors
        print(f"{folder} is no case this engine can read: {error}")
        return 1
    good = bool(case.expected)  # nothing recorded is nothing shown
    for name, worst, within in compare(case):
        unit = "places differ" if "selected_docs" in name else "largest absolute difference"
        print(f"{name:28} {worst:10.3g} {unit}{'' if within else '   FAIL'}")
        good &= within
    print("parity holds" if good else "parity FAILS")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
