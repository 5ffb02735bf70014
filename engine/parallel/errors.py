"""What can go wrong between ranks, in words for the person."""

from __future__ import annotations

NOTHING_LOST = "Nothing that was stored is lost"


class ParallelError(Exception):
    """The ranks cannot work together; the message says why and what to do."""


class RankLost(ParallelError):
    """A rank ended or stopped answering in the middle of something."""

    def __init__(self, rank: int, ranks: int, doing: str, why: str, remedy: str) -> None:
        super().__init__(f"rank {rank} of {ranks} was lost while {doing} ({why}). {NOTHING_LOST}: {remedy}")
        self.rank = rank
