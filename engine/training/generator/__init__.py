"""Synthetic personal memories with questions, drawn at random so that nothing in them can be learnt by heart.

`memory(seed, size)` is the whole interface. What a life holds is data: frames/*.txt (fact types with their
phrasings) and tables/*.txt (names, words, small talk); the modules only combine them.
"""

from engine.training.generator.compose import memory
from engine.training.generator.types import GeneratedDocument, GeneratedQuestion, Memory

__all__ = ["GeneratedDocument", "GeneratedQuestion", "Memory", "memory"]
