"""Text to token ids and back. Only the template's own marks become special tokens: text of documents and questions is
encoded with special tokens split, so that nothing in it can act as control (msa.md stage 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer

from engine.config import ConfigError

IM_START, IM_END = "<|im_start|>", "<|im_end|>"
OBJECT_REF_END = "<|object_ref_end|>"
END_OF_TEXT = "<|endoftext|>"
SPECIAL = (END_OF_TEXT, IM_START, IM_END, "<|object_ref_start|>", OBJECT_REF_END)


class MemoryTokenizer:
    """A checkpoint's tokenizer.json."""

    def __init__(self, path: Path) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:
            raise ConfigError(f"{path} is not a readable tokenizer: {error}") from error
        self._tokenizer.add_special_tokens(
            # what a vocabulary added without calling it special (Qwen3's <think>, <tool_call>) is a mark as well
            [
                AddedToken(mark.content, special=True, normalized=mark.normalized)
                for mark in self._tokenizer.get_added_tokens_decoder().values()
            ]
        )
        self._tokenizer.encode_special_tokens = True
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.im_start, self.im_end, self.object_ref_end = (
            self._special(mark) for mark in (IM_START, IM_END, OBJECT_REF_END)
        )
        self.vocab_size: int = self._tokenizer.get_vocab_size()
        self.digits = tuple(self._single(str(digit)) for digit in range(10))

    def encode(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return [found.ids for found in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def mark(self, text: str) -> list[int]:
        """A mark of the template's own: one token where the vocabulary has it as one, else written out."""
        found = self._tokenizer.token_to_id(text)
        return self.encode(text) if found is None else [int(found)]

    def count(self, text: str) -> int:
        """Tokens of a text, as `encode` would give."""
        return len(self.encode(text))

    def decode(self, tokens: Sequence[int]) -> str:
        """Text of tokens, special ones written out."""
        return self._tokenizer.decode(list(tokens), skip_special_tokens=False)

    def _special(self, mark: str) -> int:
        found = self._tokenizer.token_to_id(mark)
        if found is None:
            raise ConfigError(f"the checkpoint's tokenizer has no {mark}: it is not a model this engine can prompt")
        return int(found)

    def _single(self, text: str) -> int:
        ids = self.encode(text)
        return ids[0] if len(ids) == 1 else -1
