"""`torchrun ... -m twin_app.ranks --home DIR`: a memory's owner on rank 0, its shards on all ranks (docs/parallel.md).

For several machines; the ranks of one machine the owner starts by itself (`twin config set ranks N`).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from twin_app import owner
from twin_app.errors import FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m twin_app.ranks", description=__doc__)
    parser.add_argument("--home", type=Path, help="the memory's folder, the same on all machines")
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch, as in the owner

    from engine.parallel import ParallelError
    from engine.parallel.launch import Joined, join, leave
    from engine.parallel.ranks import Ranks
    from engine.parallel.worker import Worker

    try:
        link = join()
        if link.rank:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for rank 0, which tells the others
            Worker(link).serve()
            return 0
        try:
            return owner.main(["--home", str(options.home)] if options.home else [])
        finally:
            Ranks(link, Joined(link)).stop()
    except ParallelError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    finally:
        leave()


if __name__ == "__main__":
    sys.exit(main())
