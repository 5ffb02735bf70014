"""MSA's prompts as token ids and roles, word for word as the released code writes them (msa.md stages 1 to 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.prefill import QUESTION, RESPONSE, TEMPLATE
from engine.tokenizer import MemoryTokenizer

ASK = "\nPlease answer the question based on the above historical document information\n\n"
RETURN = "\nPlease return all documents related to the question"
END_OF_RETRIEVE = "<End-of-Retrieve>"
HEAD_LENGTH = 3  # what the released code takes as the head's length, whatever the tokenizer makes of it


def head_tokens(tokenizer: MemoryTokenizer) -> list[int]:
    """`<|im_start|>user\\n`"""
    return [tokenizer.im_start, *tokenizer.encode("user\n")]


def document_tokens(tokenizer: MemoryTokenizer, documents: Sequence[tuple[int, str]]) -> list[list[int]]:
    """`<|im_start|>[ID]. TEXT[ID]<|im_end|>` of each (ID, TEXT)."""
    bodies = tokenizer.encode_batch([f"[{number}]. {text}[{number}]" for number, text in documents])
    return [[tokenizer.im_start, *body, tokenizer.im_end] for body in bodies]


@dataclass(slots=True)
class Prompt:
    """Token ids with their roles."""

    tokens: list[int] = field(default_factory=list)
    roles: list[int] = field(default_factory=list)

    def add(self, tokens: Sequence[int], role: int) -> Prompt:
        self.tokens.extend(tokens)
        self.roles.extend([role] * len(tokens))
        return self

    def positions(self, top_k: int) -> list[int]:
        """Positions start behind the head and, as in the released code, k places for the documents."""
        start = HEAD_LENGTH + top_k
        return list(range(start, start + len(self.tokens)))


def question_prompt(tokenizer: MemoryTokenizer, question: str) -> Prompt:
    """First round: the question routes; generation begins behind `<|im_start|>`."""
    newline = tokenizer.encode("\n")
    prompt = Prompt().add(tokenizer.encode(f"{ASK}{question}{RETURN}"), QUESTION).add(newline, QUESTION)
    return prompt.add([tokenizer.im_end, *newline], TEMPLATE).add([tokenizer.im_start], RESPONSE)


def hop_prompt(
    tokenizer: MemoryTokenizer,
    question: str,
    rounds: Sequence[Sequence[tuple[int, str]]],
) -> Prompt:
    """A later round: question, then per round the IDs written and their texts; the last round's texts route too."""
    newline = tokenizer.encode("\n")
    prompt = Prompt().add(tokenizer.encode(f"{ASK}{question}{RETURN}"), QUESTION)
    prompt.add([*newline, tokenizer.im_end, *newline, tokenizer.im_start], RESPONSE)
    for number, documents in enumerate(rounds):
        prompt.add(id_tokens(tokenizer, [document for document, _ in documents]), RESPONSE)
        role = QUESTION if number == len(rounds) - 1 else RESPONSE
        ordered = sorted(documents)
        prompt.add(tokenizer.encode("".join(f"[{document}]. {text}\n" for document, text in ordered)), role)
        prompt.add([tokenizer.object_ref_end], RESPONSE)
    return prompt


def id_tokens(tokenizer: MemoryTokenizer, documents: Sequence[int]) -> list[int]:
    """`[ID][ID]...<|object_ref_end|>`, as the model writes the documents it wants."""
    return [*tokenizer.encode("".join(f"[{document}]" for document in documents)), tokenizer.object_ref_end]


def answer_prompt(tokenizer: MemoryTokenizer, question: str) -> list[int]:
    """<End-of-Retrieve>, and what the system adds behind it; the model goes on with the answer."""
    text = tokenizer.encode(f"The user's question is: {question}\n")
    return [*tokenizer.mark(END_OF_RETRIEVE), tokenizer.im_start, *text, tokenizer.object_ref_end]
