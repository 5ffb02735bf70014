"""Memory Interleave (paper section 3.5, msa.md): rounds of routing, naming documents, opening them, until enough.

The released loop, with what it lacks: hops are capped, IDs are constrained to candidates, no document is opened
twice, and the trail is kept. What a checkpoint cannot do well by itself, its policy hands to ranking and words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from engine.encode import Head
from engine.identity import IdentityWriter, combine
from engine.library import Dated, Library, Passage
from engine.policy import Policy
from engine.prefill import Context, prefill
from engine.qwen3 import MemoryModel
from engine.ranking import Ranking, over_hops, probabilities, rank
from engine.routing import Selection, prepare
from engine.template import Prompt, hop_prompt, question_prompt
from engine.tiers import Memory
from engine.tokenizer import MemoryTokenizer
from engine.whitening import Whitening

ROUTED = 256  # documents a routing layer reports to the ranking; attention sees the checkpoint's top k of them
WORDED = 64  # documents with word evidence in the ranking
HEAD_CHARACTERS, TAIL_CHARACTERS = 800, 1200  # of a long question: prefill's cost grows with its square
CANDIDATES = 16  # best of the ranking whose IDs may be written


@dataclass(frozen=True, slots=True)
class Ask:
    """One question and what narrows it."""

    question: str
    retrieval: str = "both"  # latent, words, both
    context: str = ""  # goes before the question for routing and words; the answer is to the question alone
    top: int = 10
    allowed: Tensor | None = None  # sorted document ids; None = all of memory

    @property
    def text(self) -> str:
        """What is looked for; of a text too long to read, its beginning and its end."""
        whole = f"{self.context}\n{self.question}" if self.context else self.question
        if len(whole) <= HEAD_CHARACTERS + TAIL_CHARACTERS:
            return whole
        return f"{whole[:HEAD_CHARACTERS]}\n{whole[-TAIL_CHARACTERS:]}"


@dataclass(frozen=True, slots=True)
class Hop:
    """One round of the trail."""

    number: int
    routed: Ranking  # where the trail has got to: this round's ranking together with those before it
    opened: tuple[Passage, ...]
    reason: str
    leads: Mapping[int, float]  # of what was opened: its probability in the ranking, the best one's being 1


@dataclass(slots=True)
class Trail:
    hops: list[Hop] = field(default_factory=list)
    rounds: list[list[tuple[int, str]]] = field(default_factory=list)  # (ID, text) in the prompt, a round each
    logits: Tensor | None = None  # behind the last prompt: generation goes on from here
    context: Context | None = None

    @property
    def opened(self) -> list[Passage]:
        return [passage for hop in self.hops for passage in hop.opened]


@dataclass(frozen=True, slots=True)
class Step:
    """How to go on after a hop."""

    looking_for: str  # the text whose words bring evidence in the next round
    reason: str
    through: tuple[tuple[int, str], ...]  # opened documents, and what of each goes into the prompt and routes


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the caller's library has for a text."""

    words: Mapping[int, float] = field(default_factory=dict)
    dated: Dated | None = None


Next = Callable[[Sequence[Hop]], Step | None]
"""Given the trail so far: how to go on, or None when enough is known."""


class Interleave:
    def __init__(
        self,
        model: MemoryModel,
        tokenizer: MemoryTokenizer,
        head: Head,
        policy: Policy,
        memory: Memory,
        whitening: Whitening | None = None,
    ) -> None:
        self.model, self.tokenizer, self.head, self.policy = model, tokenizer, head, policy
        self.memory, self.whitening = memory, whitening
        self.writer = IdentityWriter(model, tokenizer)

    def run(self, ask: Ask, library: Library, following: Next | None, trail: Trail) -> Iterator[Hop]:
        """Fills `trail` and yields every hop as it is done. `following` decides after a hop for a quoting policy;
        without it the model decides, by the IDs it writes."""
        with ThreadPoolExecutor(1) as aside:  # words are looked up while layers route: half a hop's time at 100M tokens
            yield from self._hops(ask, library, following, trail, aside)

    def _hops(
        self, ask: Ask, library: Library, following: Next | None, trail: Trail, aside: ThreadPoolExecutor
    ) -> Iterator[Hop]:
        reason, looking_for, rankings = "the question", ask.text, list[Ranking]()
        for number in range(1, self.policy.max_hops + 1):
            prompt = self._prompt(ask.text, trail)
            evidence = aside.submit(_look_up, library, looking_for, max(WORDED, ask.top))
            ranking, rest, logits = self._route(ask, prompt, evidence.result, trail)
            seen = {passage.document for passage in trail.opened}
            candidates = [(d, s) for d, s in ranking or rest if d not in seen][:CANDIDATES]
            if following is None and number > 1 and self.writer.retrieval_ends(logits):
                return
            chosen = self._choose(candidates, logits, trail)
            passages = library.passages(chosen)
            leads = _leads(ranking or rest, [passage.document for passage in passages])
            rankings.append(ranking)
            routed = over_hops(rankings)
            known = {document for document, _ in routed}
            routed = [*routed, *((d, s) for d, s in rest if d not in known)][: max(ask.top, len(chosen))]
            hop = Hop(number, routed, tuple(passages), reason, leads)
            trail.hops.append(hop)
            yield hop
            if not passages:
                return
            whole = tuple((passage.document, passage.encoded) for passage in passages)
            step = Step(passages[-1].text, "the model asked for more documents", whole)
            if following is not None:
                decided = following(trail.hops)
                if decided is None:
                    return
                step = decided
            looking_for, reason = step.looking_for, step.reason
            trail.rounds.append(list(step.through))
        if following is None:  # the cap: what was opened last has to be read before the answer
            self._route(ask, self._prompt(ask.text, trail), Evidence, trail)

    def _prompt(self, question: str, trail: Trail) -> Prompt:
        if not trail.rounds:
            return question_prompt(self.tokenizer, question)
        return hop_prompt(self.tokenizer, question, trail.rounds)

    def _route(
        self, ask: Ask, prompt: Prompt, looked_up: Callable[[], Evidence], trail: Trail
    ) -> tuple[Ranking, Ranking, Tensor]:
        """Prefill with routing on: the merged ranking, what else a long list shows behind it, and the logits of what
        the model would write next."""
        routing, reported = self.model.config.routing, list[Selection]()

        def choose(at: int, queries: Tensor) -> Selection:
            wide = self._select(at, queries, ask)
            reported.append(wide)
            return Selection(wide.documents[: routing.top_k], wide.scores[: routing.top_k])

        logits, context = prefill(
            self.model,
            prompt.tokens,
            prompt.roles,
            prompt.positions(routing.top_k),
            self.head,
            choose,
            self.memory.content,
        )
        trail.logits, trail.context = logits[-1], context
        evidence = looked_up()
        if ask.allowed is not None:
            inside = torch.isin(torch.tensor(list(evidence.words), dtype=torch.long), ask.allowed).tolist()
            words = {d: s for (d, s), within in zip(evidence.words.items(), inside, strict=True) if within}
            evidence = replace(evidence, words=words)
        ranking = self._rank(ask, reported, evidence)
        known = {document for document, _ in ranking}
        rest: Ranking = []
        if ask.top > len(ranking):  # a longer list shows more documents and changes nothing else
            wider = [*self._rank(ask, reported, evidence, ask.top), *rank(reported, {}, retrieval="latent")]
            least = ranking[-1][1] if ranking else 0.0
            rest = [(d, min(least, 0.0)) for d in dict.fromkeys(d for d, _ in wider) if d not in known]
        return ranking, rest, logits[-1]

    def _rank(self, ask: Ask, reported: Sequence[Selection], evidence: Evidence, least: int = 0) -> Ranking:
        """From the best documents of every routing layer and of the words, at least so many of each; of those that are
        also of a time that was asked for, as many again."""
        routed, worded = max(ROUTED, least), max(WORDED, least)
        ordered = sorted(evidence.words.items(), key=lambda item: (-item[1], item[0]))
        words = dict(ordered[:worded])
        if evidence.dated is not None:
            words |= dict([(d, score) for d, score in ordered if d in evidence.dated.documents][:worded])
        return rank(
            [Selection(wide.documents[:routed], wide.scores[:routed]) for wide in reported],
            words,
            retrieval=ask.retrieval, latent_weight=self.policy.latent_weight,
            layer_weights=self.policy.layer_weights, dated=evidence.dated, dated_weight=self.policy.dated_weight,
        )  # fmt: skip

    def _select(self, at: int, queries: Tensor, ask: Ask) -> Selection:
        keep = max(ROUTED, ask.top, self.model.config.routing.top_k)
        whitening = self.whitening.of_layer(at) if self.whitening is not None else None
        return self.memory.select(at, prepare(queries, self.model.config, whitening), keep, ask.allowed)

    def _choose(self, candidates: Ranking, logits: Tensor, trail: Trail) -> list[int]:
        """Which candidates to open, best first (see `identity.combine`)."""
        if not candidates:
            return []
        policy, ids = self.policy, [document for document, _ in candidates]
        assert trail.context is not None
        if policy.identity_weight >= 1.0:
            return self.writer.write(logits, trail.context, ids, policy.max_open)
        ranked = probabilities(candidates)
        mixed = ranked
        if policy.identity_weight > 0.0:
            written = self.writer.log_probs(logits, trail.context, ids, [self.writer.open_mark])
            mixed = combine(written.cpu(), ranked, policy.identity_weight)
        order = mixed.argsort(descending=True, stable=True).tolist()
        least = policy.open_share * float(mixed.max())
        return [ids[i] for i in order if float(mixed[i]) >= least][: policy.max_open]


def _look_up(library: Library, text: str, limit: int) -> Evidence:
    return Evidence(library.words(text, limit), library.dated())


def _leads(ranking: Ranking, documents: Sequence[int]) -> dict[int, float]:
    shares = dict(zip((d for d, _ in ranking), probabilities(ranking).tolist(), strict=True))
    best = max(shares.values(), default=1.0)
    return {document: shares[document] / best for document in documents}
