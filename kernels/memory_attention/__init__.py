"""Attention over [template head ; pooled keys and values of selected documents ; own tokens]: prefill and decode."""

from kernels.memory_attention.attention import grouped_attention, memory_attention

__all__ = ["grouped_attention", "memory_attention"]
