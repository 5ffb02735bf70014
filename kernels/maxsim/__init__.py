"""Scores of documents for a question: the best match of any question token with any chunk.

With mean over heads the heads fold into one row (`folded`) and the scores come from one product (`search`); any other
reduction takes the exact form, head by head (`exact`). `segments` makes documents of chunks.
"""

from kernels.maxsim.exact import exact_chunk_scores
from kernels.maxsim.folded import fold_queries, reduce_queries
from kernels.maxsim.search import OVERFETCH, best_documents, chunk_scores, folded_chunk_scores, rescore
from kernels.maxsim.segments import best_rows, chunks_of, segment_reduce

__all__ = [
    "OVERFETCH",
    "best_documents",
    "best_rows",
    "chunk_scores",
    "chunks_of",
    "exact_chunk_scores",
    "fold_queries",
    "folded_chunk_scores",
    "reduce_queries",
    "rescore",
    "segment_reduce",
]
