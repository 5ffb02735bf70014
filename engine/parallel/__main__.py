"""`python -m engine.parallel`: serves as a rank; encodes a corpus, alone or over the ranks that torchrun started.

torchrun --nproc-per-node 2 -m engine.parallel encode --checkpoint DIR --bank DIR --documents FILE.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

SLICE = 512  # documents that become durable together: what an interrupted run does again at most


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m engine.parallel", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    serve = verbs.add_parser("serve", help="be one of the ranks; without --meeting, of those torchrun started")
    serve.add_argument("--meeting", type=Path)
    serve.add_argument("--rank", type=int)
    serve.add_argument("--ranks", type=int)
    serve.add_argument("--device", default="cpu")
    encode = verbs.add_parser("encode", help="encode documents into a bank, over torchrun's ranks if it started this")
    encode.add_argument("--checkpoint", type=Path, required=True)
    encode.add_argument("--bank", type=Path, required=True)
    encode.add_argument("--documents", type=Path, required=True, help='lines of {"document": ID, "text": "..."}')
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: ranks of one machine share its cores

    from torch.distributed import is_torchelastic_launched

    from engine.parallel.errors import ParallelError
    from engine.parallel.launch import join, leave, meet
    from engine.parallel.worker import Worker

    try:
        if options.verb == "encode" and not is_torchelastic_launched():
            _encode(options.checkpoint, options.bank, options.documents)
            return 0
        if options.verb == "serve":
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for rank 0, which tells the others
            given = options.meeting is not None
            link = meet(options.meeting, options.rank, options.ranks, options.device) if given else join()
        else:
            link = join()
        if link.rank:
            Worker(link).serve()
        elif options.verb == "encode":
            _encode(options.checkpoint, options.bank, options.documents)
        else:
            raise ParallelError("rank 0 asks: start it as `torchrun ... -m twin_app.ranks` on the memory's machine")
    except ParallelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        leave()
    return 0


def _encode(checkpoint: Path, bank: Path, documents: Path) -> None:
    """What the bank holds already is passed over, so that a run that was cut short goes on where it was."""
    from engine.session import Engine

    engine = Engine.open(checkpoint, bank, device=None)
    try:
        held, tokens, done, began = engine.bank.documents(), 0, 0, time.monotonic()
        fresh = (pair for pair in _read(documents) if pair[0] not in held)
        while batch := list(islice(fresh, SLICE)):
            tokens += sum(engine.encode(batch))
            done += len(batch)
            seconds = time.monotonic() - began
            sys.stderr.write(f"{done:,} documents, {tokens:,} tokens, {tokens / seconds:,.0f} tokens/s\n")
        engine.bank.compact()
    finally:
        engine.close()


def _read(documents: Path) -> Iterator[tuple[int, str]]:
    from engine.parallel.errors import ParallelError

    with documents.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                yield int(row["document"]), str(row["text"])
            except (ValueError, KeyError, TypeError) as error:
                raise ParallelError(
                    f'{documents}, line {number}: not {{"document": ID, "text": "..."}} ({error!r})'
                ) from error


if __name__ == "__main__":
    sys.exit(main())
