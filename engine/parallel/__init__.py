"""Memory Parallel: routing keys sharded by document over ranks, one of which asks (docs/parallel.md)."""

from engine.parallel.errors import ParallelError, RankLost

__all__ = ["ParallelError", "RankLost"]
