"""From a document's keys and values to what memory keeps: means over chunks, routing keys of length 1 and int8."""

from kernels.chunk_pool.pool import Chunks, chunk_pool

__all__ = ["Chunks", "chunk_pool"]
