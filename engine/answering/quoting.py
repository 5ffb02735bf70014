"""A quoting policy's reading of the hops: when to go on, what to look for, and which sentences to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.answering.both import Both
from engine.answering.cells import cell_of
from engine.answering.comparing import UNDECIDED, Comparing
from engine.answering.evidence.births import Birth
from engine.answering.evidence.choosing import choice_of
from engine.answering.evidence.meaning import Meanings
from engine.answering.evidence.saying import is_anothers_word, is_unsaid
from engine.answering.evidence.sentences import Scored, score_sentences, sigmoid, term_weights
from engine.answering.evidence.shares import ALIKE
from engine.answering.evidence.whose import whose
from engine.answering.extremes import extreme_of
from engine.answering.files import Files, Told
from engine.answering.gathering import Gathered, gathered
from engine.answering.leading import leading
from engine.answering.preferring import preferred
from engine.answering.questions.compared import compared_of
from engine.answering.questions.kinds import Kind, kind_of
from engine.answering.questions.nested import nested_of
from engine.answering.questions.question import Question
from engine.answering.questions.relations import Of
from engine.answering.questions.twofold import questions_in
from engine.answering.quote import (
    BESIDE,
    Quoted,
    bridge_text,
    bridges,
    chain,
    choose,
    is_enough,
    of_a_day,
    once,
    share,
    shown,
)
from engine.answering.reading.hearing import Hearing
from engine.answering.reading.reader import Reads
from engine.answering.summing import summary_of
from engine.answering.sureness import SIGNS, leaves_open, signs, sureness
from engine.answering.tasks import open_tasks
from engine.answering.texts.defining import Term
from engine.answering.texts.describing import Described
from engine.answering.texts.surnames import Surname
from engine.answering.texts.talk import Talk
from engine.answering.totals import of_all, total_of
from engine.answering.unnest import Unnesting
from engine.answering.words.verbs import VERBS
from engine.interleave import Hop, Step
from engine.library import Library, Passage
from engine.policy import Policy

FURTHER = 0.1  # of the reader's logits in the scores by which further sentences are shown: it chooses the first alone
READ = 12  # best sentences that a reader looks at
DEEPEST = 3  # parts of parts
EXPLAINED = 3  # sentences beyond those that explain what is asked of
SAID_SO = 0.7  # how sure one of them is at least
ABOVE = 300  # characters before a sentence in which its day may stand
ANOTHER_DAY = 0.3  # of how sure it would be, what tells of another day than the one that alone is asked of
LEFT_OPEN = 0.8  # the same of "Does Silje have a brother?" where no brother is (docs/log.md)
AS_SURE = 0.3  # as the whole question's answer, that of its parts has to be


class Quoting:
    def __init__(
        self, question: str, library: Library, policy: Policy, meanings: Meanings | None = None,
        reads: Reads | None = None, *, is_part: bool = False, depth: int = 0, kind: Kind | None = None,
    ) -> None:  # fmt: skip
        """is_part: of a nested question. depth: how many questions it is a part or a side of. kind: of answer, where it
        does not say."""
        self.question, self.policy, self.meanings, self.reads = Question.of(question, kind), policy, meanings, reads
        self.explained = Term.of(question) or Described.of(question) or Birth.of(self.question) or Surname.of(question)
        self.library, self.is_part, self.depth = library, is_part, depth
        compared = compared_of(question) if depth == 0 else None
        several = questions_in(question) if depth == 0 and compared is None else ()
        self.comparing: Comparing | Both | None = Both(several, self._side) if several else None
        if compared is not None:
            self.comparing = Comparing(compared, self._side)
        self.choice = None if self.comparing else choice_of(question)
        nested = nested_of(question) if self.comparing is None and depth < DEEPEST else None
        if is_part and nested is not None and nested.of is None:
            nested = None  # what else is said of somebody leads astray within a part
        self.unnesting = Unnesting(nested, kind_of(nested.second("the person")), self._part) if nested else None
        self.passages: dict[int, Passage] = {}
        self.leads: dict[int, float] = {}
        self.weights = term_weights(self.question, library.rarity(self.question.words))
        self.hearing = Hearing(self.question, self.weights, reads)
        self.found: list[Scored] = []
        self.links: list[tuple[Scored, Scored, float]] = []
        self.tried: list[Scored] = []
        self.gathered: Gathered | None = None
        self.whole: Told | None = None  # out of a whole file
        self.heard: list[Scored] = []  # the best of what was found, in the order that the reader has them in as well
        self.trust = 0.0  # in the reader's run of words, before its share among the others
        self.by: Quoting | Comparing | Both = self  # of a question's parts, the one that is answered

    def _part(self, question: str, kind: Kind | None = None) -> Quoting:
        below = self.depth + 1
        return Quoting(
            question, self.library, self.policy, self.meanings, self.reads, is_part=True, depth=below, kind=kind
        )

    def _side(self, question: str) -> Quoting:
        return Quoting(question, self.library, self.policy, self.meanings, self.reads, depth=1)

    def see(self, passages: Sequence[Passage], leads: Mapping[int, float]) -> None:
        """Reads what others have opened, which only grows."""
        if len(self.passages) == len(passages):
            return
        self.passages = {passage.document: passage for passage in passages}
        self.leads = dict(leads)
        self.found = self._scored(passages)

    def following(self, hops: Sequence[Hop]) -> Step | None:
        """Scores what the last hop opened; the next step follows the names one sentence brings.

        One bridge a hop: names of several in one search drown each other (docs/log.md). Of the bridge's document the
        sentence goes into the prompt: the rest routes to what is not asked, and a tenth of the tokens is scored."""
        hop = hops[-1]
        self.passages.update((passage.document, passage) for passage in hop.opened)
        self.leads.update(hop.leads)
        scored = self._scored(hop.opened)
        self._link(self.tried, scored)
        if self.question.asks_now and len(hops) > 1:  # what is news in one hop need not be beside the others
            self.found = self._scored(list(self.passages.values()))
        else:
            self.found = sorted([*self.found, *scored], key=lambda s: -s.score)
        if self.question.asks_a_day and any(self.question.is_then(passage.date) for passage in hop.opened):
            return None
        best = self.found[0] if self.found else None
        if len(hops) >= self.policy.max_hops:
            return None
        if self.comparing is not None:
            return self.comparing.following(list(self.passages.values()), self.leads, best)
        if self._is_enough(best):
            return None
        if self.unnesting is not None and (step := self.unnesting.following(list(self.passages.values()), self.leads)):
            return step
        tried = [sentence.place for sentence in self.tried]
        bridge = next((bridge for bridge in bridges(self.question, self.found) if bridge.place not in tried), None)
        if bridge is None:
            return None
        self._link([bridge], self.found)  # what is open already may hold the chain's end
        self.tried.append(bridge)
        looking_for = bridge_text(self.question, bridge)
        through = ((bridge.document, self.passages[bridge.document].context + bridge.text),)
        return Step(looking_for, f"to follow “{looking_for[:120]}”", through)

    def _is_enough(self, best: Scored | None) -> bool:
        """Whether one sentence answers it all: what is asked of "the director of" some film has to be said as well."""
        outer = self.unnesting.asked if self.unnesting is not None else frozenset[str]()
        return is_enough(self.question, best, self.weights) and (best is None or outer <= best.covered)

    def _scored(self, passages: Sequence[Passage]) -> list[Scored]:
        return score_sentences(
            self.question, self.weights, passages, self.leads, self.policy.sentence_weights, self.meanings
        )

    def _link(self, from_: Sequence[Scored], to: Sequence[Scored]) -> None:
        for bridge in from_:
            if link := chain(self.question, bridge, to, self.weights):
                self.links.append((bridge, *link))

    def chosen(self) -> Quoted | None:
        """The sentences to show, and how sure it is that they answer: of a nested question those that answer its parts,
        unless one sentence answers it whole."""
        quoted, self.by = self._chosen(), self
        if self.comparing is not None:
            held = self.comparing.answer(list(self.passages.values()), self.leads)
            if held is not None:
                quoted, self.by = held, self.comparing
            elif isinstance(self.comparing, Both):
                return quoted
            elif quoted is not None and not is_enough(self.question, quoted.sentences[0], self.weights):
                quoted = replace(quoted, score=UNDECIDED * quoted.score)
            return quoted
        if self.unnesting is None or quoted is None or self._is_enough(quoted.sentences[0]):
            return quoted
        if (parts := self.unnesting.answer(list(self.passages.values()), self.leads)) is None:
            return quoted
        of_work = isinstance(self.unnesting.nested.of, Of) and self.unnesting.nested.of.is_of_work
        whole_fits = not of_work and not self.question.lacks(quoted.sentences[0].says)
        if whole_fits and parts[0].score < AS_SURE * quoted.score:
            return quoted
        told_of_another = dict(zip(SIGNS, quoted.signs, strict=False)).get("told_of_another", 0.0)
        quoted, self.by = parts  # its second question no longer says whose sister it was
        return replace(quoted, score=quoted.score * min(1.0, max(0.0, 1.0 + ALIKE - told_of_another)))

    def _chosen(self) -> Quoted | None:
        """The same of the question as a whole.

        They are chosen by their own scores and by what the reader makes of them (Policy.choosing_weight)."""
        if self.question.asks_a_day and (
            day := of_a_day([self.passages[n] for n in sorted(self.passages)], self.question)
        ):
            return day
        files = Files(self.question, self.library, self.passages, self.leads, self.weights)
        self.whole = open_tasks(files) or summary_of(files) or extreme_of(files) or cell_of(files)
        if self.whole is not None:
            return self.whole.quoted
        if self.reads is None or not self.policy.reader_weights or not self.found:
            self.heard = self.found[:READ]
            return choose(self.question, self.found, self.links, self.weights, self._behind)
        head, rest = self._head()
        hearing = self.hearing
        hearing.read(head, self.passages)
        best = hearing.best(head)
        order = sorted(head, key=lambda s: -hearing.heard(s, best, self.policy.choosing_weight).logit)
        in_order = [hearing.heard(sentence, best, FURTHER) for sentence in order]
        self.heard = preferred(self.question, in_order, self.passages, hearing.readings, self.explained)
        total = total_of(self.question, self.passages, self.heard[0], self.found)
        if total is not None:
            total = of_all(self.heard[0], total, self.weights, self.policy.sentence_weights)
            self.heard.insert(0, total)
        quoted = choose(self.question, [*self.heard, *rest], self.links, self.weights, self._behind)
        assert quoted is not None
        self.gathered = gathered(self.question, [*self.heard, *rest], self.passages, self.weights)
        if self.gathered is not None:
            lines = self.gathered.sentences
            both = tuple(once([quoted.sentences[0], *lines, *quoted.sentences]))
            quoted = replace(quoted, sentences=both, told=tuple(shown(lines)), is_whole=True)
        hearing.read(quoted.sentences, self.passages)
        first = quoted.sentences[0]
        alone = next((one for one in (total, *head) if one is not None and one.place == first.place), first)
        any_run = hearing.any_run
        own, reader, bias = self.policy.reader_weights
        self.trust = score = sigmoid(own * alone.logit + reader * any_run + bias)
        is_nested = self.is_part or self.question.is_nested
        of = whose(self.question, self.weights, self.passages, self.found, first)
        known = [(self.passages[one.document], one) for one in quoted.told if one.document in self.passages]
        unsaid = is_unsaid(self.question, first, known)
        if is_anothers_word(self.question, first, known):
            of = replace(of, is_anothers=1.0)
        # a reader of single sentences cannot see what two of them say together
        least = quoted.score if quoted.chained and not unsaid else 0.0
        if self.explanation(first):
            least = max(least, SAID_SO)
        seen = signs(alone, self.weights, any_run, is_nested, of, unsaid, self.policy.sentence_weights)
        if weights := self.policy.grounded_weights:
            score = sigmoid(sureness(weights, seen))
        self.trust = max(self.trust, least)
        if self.question.asks_a_day and not self.question.is_then_in(self._above(first)):
            score = ANOTHER_DAY * score
        if leaves_open(self.question, first, seen):
            score = LEFT_OPEN * score
        return replace(quoted, score=max(score, least), signs=seen)

    def _head(self) -> tuple[list[Scored], list[Scored]]:
        """The sentences that are read, and the others: the best, and those that explain what is asked of."""
        head, rest = self.found[:READ], self.found[READ:]
        if (explained := self.explained) is None:
            return head, rest
        ranked = [(explained.rank(s.says, s.near), s) for s in rest]
        told = [s for rank, s in sorted(ranked, key=lambda one: -one[0]) if rank][:EXPLAINED]
        return [*head, *told], [s for s in rest if s not in told]

    def _above(self, sentence: Scored) -> str:
        """A sentence with what stands above it: the day may be in a heading."""
        passage = self.passages[sentence.document]
        return f"{passage.context}\n{passage.text[max(0, sentence.start - ABOVE) : sentence.end]}"

    def explanation(self, sentence: Scored) -> str:
        """What a sentence says of what is to be explained; empty where it says nothing of it, or of another."""
        if self.explained is None or not self.explained.rank(sentence.says, sentence.near):
            return ""
        return self.explained.short(sentence.says)

    def _behind(self, best: Scored) -> list[Scored]:
        """What is said next where a talk's document ends; worth as little as what else is shown beside the best."""
        passage = self.passages[best.document].behind
        if passage is None:
            return []
        return [
            Scored(passage.document, a, b, passage.text[a:b], BESIDE * best.score, frozenset(), frozenset(), turn=0)
            for a, b in passage.sentences
        ]

    def span(self, quoted: Quoted) -> tuple[str, float]:
        """The short answer and its probability (`leading`), of the question's part that is answered."""
        if self.by is not self:
            return self.by.span(quoted)
        return leading(self, quoted)

    def covers(self, sentence: Scored) -> float:
        """Share of the question that a sentence with its surroundings has, verbs left out: they are said otherwise."""
        things = {s: weight for s, weight in self.weights.items() if s not in VERBS}
        return share(sentence.near | sentence.hinted, things or self.weights)

    def run(self, sentence: Scored) -> str:
        """The words of a sentence that the reader takes for the answer; empty where it was not read."""
        reading = self.hearing.readings.get(sentence.place)
        return self.passages[sentence.document].text[reading.start : reading.end] if reading is not None else ""

    def speaker(self, sentence: Scored, run: str) -> str | None:
        """Who says a sentence of a talk, or is meant by the run "I" of it."""
        talk = self._talk(sentence)
        return talk.meant(run, sentence.start) or talk.speaker(sentence.start)

    def written(self, sentence: Scored) -> str | None:
        """When a sentence was written, as far as that is known."""
        passage = self.passages[sentence.document]
        return passage.written(sentence.start) or passage.date

    def _talk(self, sentence: Scored) -> Talk:
        passage = self.passages[sentence.document]
        return Talk.of(passage.text, passage.writers)
