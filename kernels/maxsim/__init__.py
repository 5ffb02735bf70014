"""Scores of documents for one question: the best match of any question token with any chunk.

Which form runs follows from the reductions alone: with mean over heads the heads fold into one row (`folded`), anything
else takes the exact form (`exact`); both read the keys in tiles, and `segments` makes documents of chunks.
"""

from kernels.maxsim.exact import exact_chunk_scores
from kernels.maxsim.folded import fold_queries, folded_chunk_scores
from kernels.maxsim.segments import segment_reduce

__all__ = ["exact_chunk_scores", "fold_queries", "folded_chunk_scores", "segment_reduce"]
