"""The engine's face to its caller: open a checkpoint with a bank, encode documents once, answer questions.

Knows nothing of files, the catalog or the word index; texts and word evidence come through a `Library`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.answering.evidence.meaning import Meanings
from engine.answering.evidence.sentences import Scored
from engine.answering.questions.capitals import with_capitals
from engine.answering.quoting import DEEPEST, Quoting
from engine.answering.reading.reader import READER, Reads
from engine.config import ConfigError, ModelConfig
from engine.encode import PADDED_TO, Pooled, encode_head
from engine.fused import encoder
from engine.graphs import decoder
from engine.interleave import Ask, Hop, Interleave, Step, Trail
from engine.library import Library
from engine.memory import Bank, BankLayout, BankView, EncodedDocument
from engine.parallel.launch import connect
from engine.parallel.ranks import Ranks
from engine.policy import Policy
from engine.template import answer_prompt, document_tokens, head_tokens
from engine.threads import SMALL, one_thread
from engine.tiers import BankMemory, Memory
from engine.tiers.residency import Residency
from engine.tokenizer import MemoryTokenizer
from engine.weights import cast, load, weight_files
from engine.whitening import Whitening

BATCH_TOKENS = 2048  # of one encoding batch, padding included; larger ones leave the cache (docs/log.md)


@dataclass(frozen=True, slots=True)
class Support:
    """A sentence of a document that supports the answer. The first one's score is how sure the answer is; a quoting
    policy gives further ones their share of it."""

    document: int
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    grounded: bool
    supports: tuple[Support, ...]  # the answering one first; what came closest, when not grounded
    score: float
    span: str = ""  # a quoting policy's best run of words in the first sentence, sure or not
    leads: bool = False  # sure enough: it is the text's first line
    signs: tuple[float, ...] = ()  # of how sure it is (answering.sureness.SIGNS), of a quoting policy


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of an answer that is being written."""

    delta: str


Event = Hop | Text | Answer
SURE = 0.5  # of a short answer: sentences of other documents are not shown beside it
LEAD = "The answer to the question is:"


def choose_device(asked: str | None) -> str:
    """CUDA, MPS or CPU as the machine has them; a device that is asked for is taken as it is."""
    if asked and asked != "auto":
        return asked
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def fingerprint(checkpoint: Path) -> str:
    """Identifies a checkpoint's weights and vocabulary: banks of two checkpoints never meet."""
    raw = {key: value for key, value in ModelConfig.read(checkpoint).raw.items() if key != "twin_config"}
    digest = hashlib.sha256(json.dumps(raw, sort_keys=True).encode())  # how it answers does not change what it encodes
    for path in [*weight_files(checkpoint), checkpoint / "tokenizer.json"]:
        if path.exists():
            with path.open("rb") as file:  # whole where small; ends of large shards, whose headers differ anyway
                digest.update(path.name.encode() + file.read(64 << 20))
                if path.stat().st_size > 64 << 20:
                    file.seek(-(1 << 20), 2)
                    digest.update(file.read())
    return digest.hexdigest()[:32]


def layout_of(config: ModelConfig, model: str) -> BankLayout:
    routing = config.routing
    if not routing.layers:
        raise ConfigError("the checkpoint has no routing layers (msa_config.router_layer_idx): it has no memory")
    return BankLayout(routing.layers, config.kv_heads, config.head_dim, routing.chunk_size, model)


class Engine:
    """A loaded checkpoint and its bank. One thread at a time."""

    def __init__(self, checkpoint: Path, bank: Bank, device: str, ranks: Ranks | None = None) -> None:
        torch.set_flush_denormal(True)
        dtype = torch.float32 if device == "cpu" else torch.bfloat16
        self.model = load(checkpoint, device=device, dtype=dtype)
        self.encoder = encoder(cast(self.model, device, torch.bfloat16))
        self.tokenizer = MemoryTokenizer(checkpoint / "tokenizer.json")
        self.policy = Policy.of(self.model.config.answering)
        if self.policy.query_whitening and not self.model.config.routing.folds:
            raise ConfigError("twin_config.query_whitening needs msa_config.head_reduce_method mean")
        self.bank, self.device, self.ranks = bank, device, ranks
        self._residency = Residency(self.model.config, bank.layout, device)
        self._memory: tuple[BankView, Memory] | None = None
        self._whitening: Whitening | None = None
        quotes = self.policy.answer == "quote" and self.model.config.routing.separate_router
        self.meanings = Meanings(self.model, self.tokenizer) if quotes else None
        self.reads: Reads | None = None
        if self.meanings is not None and (checkpoint / READER).exists():
            self.reads = Reads.load(checkpoint / READER, self.meanings)
        with torch.inference_mode():
            self.head = encode_head(self.model, head_tokens(self.tokenizer))

    @classmethod
    def open(cls, checkpoint: Path, bank: Path, *, device: str | None = None, ranks: int = 1) -> Engine:
        """ranks: processes of Memory Parallel on this machine, this one included; under torchrun all it started."""
        layout = layout_of(ModelConfig.read(checkpoint), fingerprint(checkpoint))
        opened, device = Bank.open(bank, layout), choose_device(device)
        group = connect(ranks, device)
        if group is None:
            return cls(checkpoint, opened, device)
        try:
            group.open(checkpoint, bank, layout, max(1, torch.get_num_threads() // group.link.ranks))
            return cls(checkpoint, opened, group.device(device), group)
        except BaseException:
            group.close()
            raise

    def close(self) -> None:
        """Ends the ranks this engine started. Without ranks there is nothing to end."""
        if self.ranks is not None:
            self.ranks.close()

    def tiers(self) -> list[str]:
        """Where routing keys and content lie, a line a rank; nothing before the first question."""
        if self.ranks is not None:
            return [f"rank {rank}: {share}" for rank, share in enumerate(self.ranks.shares)]
        return [self._memory[1].tiers.line] if self._memory and isinstance(self._memory[1], BankMemory) else []

    def memory(self) -> Memory:
        """The bank as the last commit left it, on the tiers of this machine, over all ranks."""
        view = self.bank.view()
        if self._memory is None or self._memory[0] is not view:
            opened = self._residency if self.ranks is None else self.ranks
            self._memory = view, opened.memory(view)
        return self._memory[1]

    def whitening(self) -> Whitening | None:
        """Of routing queries over the bank as the last commit left it, where the checkpoint asks for it."""
        view, strength = self.bank.view(), self.policy.query_whitening
        if strength and (self._whitening is None or self._whitening.view is not view):
            self._whitening = Whitening(view, strength)
        return self._whitening

    @torch.inference_mode()
    def encode(
        self,
        documents: Sequence[tuple[int, str]],
        *,
        between: Callable[[], None] = lambda: None,
        batch_tokens: int = BATCH_TOKENS,
    ) -> list[int]:
        """(id, text with its context) of new documents; durable in the bank on return. Gives their token counts.

        `between` is called between two batches, so that a caller can let others have the engine.
        """
        rows = document_tokens(self.tokenizer, documents)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        encoded: list[EncodedDocument] = []
        parts = list(batches(order, [len(row) for row in rows], batch_tokens))
        tokens = [[rows[i] for i in part] for part in parts]
        for batch, found in zip(parts, self._encoded(tokens, between), strict=True):
            encoded.extend(
                EncodedDocument(
                    documents[i][0], len(rows[i]), pooled.routing_keys.flatten(2).float(),
                    pooled.keys.bfloat16(), pooled.values.bfloat16(),
                )
                for i, pooled in zip(batch, found, strict=True)
            )  # fmt: skip
        self.bank.add(encoded)
        self.bank.compact()  # or every batch would leave a pack, and routing pays for each
        return [len(row) for row in rows]

    def _encoded(
        self, parts: Sequence[Sequence[Sequence[int]]], between: Callable[[], None]
    ) -> Iterator[Sequence[Pooled]]:
        """Batches of token rows, encoded here or by all ranks, in order."""
        if self.ranks is not None:
            yield from self.ranks.encode(parts, self.encoder, between)
            return
        for batch in parts:
            between()
            yield self.encoder(batch)

    def answer(self, ask: Ask, library: Library) -> Iterator[Event]:
        """Every hop as it is done, then the answer."""
        memory, whitening = self.memory(), self.whitening()  # of a bank that has changed: on all threads
        interleave = Interleave(self.model, self.tokenizer, self.head, self.policy, memory, whitening)
        with one_thread(self.model.config.hidden_size <= SMALL):
            yield from self._answer(ask, interleave, library)

    def _answer(self, ask: Ask, interleave: Interleave, library: Library) -> Iterator[Event]:
        trail = Trail()
        if self.policy.answer == "quote":
            quoting: Quoting | None = None

            def following(hops: Sequence[Hop]) -> Step | None:
                nonlocal quoting
                if quoting is None:  # what the first hop opens knows which of its words are names
                    written = with_capitals(ask.question, hops[0].opened)
                    quoting = Quoting(written, library, self.policy, self.meanings, self.reads)
                return quoting.following(hops)

            yield from interleave.run(ask, library, following, trail)
            yield _quoted(quoting)
        else:
            yield from interleave.run(ask, library, None, trail)
            yield from self._generate(ask, trail, library)

    def _generate(self, ask: Ask, trail: Trail, library: Library) -> Iterator[Text | Answer]:
        """Free generation over the last round's context (msa.md, Interleave step 4), with the opened documents'
        best sentences as its sources."""
        if trail.context is None or not trail.opened:
            yield Answer("", False, (), 0.0)
            return
        logits, text = trail.logits, ""
        prompt = answer_prompt(self.tokenizer, ask.question)
        step = decoder(self.model, trail.context, len(prompt) + self.policy.max_new_tokens)
        for token in prompt:
            logits = step(token)
        written: list[int] = []
        while len(written) < self.policy.max_new_tokens:
            assert logits is not None
            token = int(logits.argmax())
            if token in (self.tokenizer.im_end, self.tokenizer.im_start):
                break
            written.append(token)
            raw = self.tokenizer.decode(written).strip()
            if not LEAD.startswith(raw) and not raw.endswith("\ufffd"):  # half a character is not shown
                grown = raw.removeprefix(LEAD).strip()
                yield Text(grown[len(text) :])
                text = grown
            logits = step(token)
        whole = self.tokenizer.decode(written).strip().removeprefix(LEAD).strip()
        if whole != text:
            yield Text(whole.removeprefix(text))
        text = whole
        quoting = Quoting(ask.question, library, self.policy, depth=DEEPEST)  # as a whole: nothing is chosen here
        for number in range(1, len(trail.hops) + 1):
            quoting.following(trail.hops[:number])
        best: dict[int, Scored] = {}
        for sentence in quoting.found:
            best.setdefault(sentence.document, sentence)
        supports = tuple(Support(s.document, s.start, s.end, s.score) for s in best.values())
        grounded = bool(text and supports)
        yield Answer(text, grounded, supports, supports[0].score if supports else 0.0)


def _quoted(quoting: Quoting | None) -> Answer:
    chosen = quoting.chosen() if quoting is not None else None
    if quoting is None or chosen is None:
        return Answer("", False, (), 0.0)
    first = chosen.sentences[0].score
    supports = tuple(
        Support(s.document, s.start, s.end, chosen.score * min(1.0, s.score / first)) for s in chosen.cited
    )
    grounded = chosen.score >= quoting.policy.grounded_at
    if not grounded:
        return Answer("", False, supports, chosen.score, signs=chosen.signs)
    run, likely = quoting.span(chosen)
    is_one = likely >= SURE and not quoting.question.asks_all
    span, text = " ".join(run.split()), chosen.own if is_one else chosen.text
    leads = bool(span) and likely >= quoting.policy.span_at
    return Answer(f"{span}\n\n{text}" if leads else text, True, supports, chosen.score, span, leads, chosen.signs)


def batches(order: Sequence[int], lengths: Sequence[int], batch_tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Indices in order of length, cut so that longest x count, as padded, stays within `batch_tokens`."""
    held: list[int] = []
    for index in order:
        padded = -(-lengths[index] // PADDED_TO) * PADDED_TO
        if held and padded * (len(held) + 1) > batch_tokens:
            yield held
            held = []
        held.append(index)
    if held:
        yield held
