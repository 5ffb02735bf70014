"""Samples for the reader (answering.reading.reader): questions with their best sentences, some with the answering ones
taken away."""

from __future__ import annotations

import random
import re
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import active_children, get_context
from pathlib import Path

import torch

from engine.answering.evidence.meaning import Meanings
from engine.answering.evidence.sentences import score_sentences
from engine.answering.questions.question import Question
from engine.answering.reading.reader import LONGEST
from engine.answering.reading.windows import WORD, Asked, Window, asked_of, window_of
from engine.tokenizer import MemoryTokenizer
from engine.training.asking import count_words, turn
from engine.training.generator import memory
from engine.training.language import read_texts
from engine.training.misses import Pool, near_miss, pool_of
from engine.training.quoting import OPENED, Closed, read_units, spans
from engine.training.tasks import NAME, NUMBER, SENTENCE, YEAR, thin
from engine.weights import load

WINDOWS = 4  # of one question in training
TWICE = "squad11-train", "squad20-train"  # in each time through: people's own questions are few
MISSED = 0.25  # share of answerable questions that are asked once more as near misses
FOREIGN = 0.1  # share of questions that are asked of another memory as well
TAKEN_AWAY = 0.3  # share of questions whose documents with the answer are not among the windows
SETS = {"squad11-train": 400, "squad20-train": 400, "fairytaleqa-train": 60, "qamr": 10000}  # of one memory, at most
LIVES = range(4000, 4250)  # seeds of generated memories
SIZES = 40, 120  # documents of one, by turns
HELD_LIVES = range(2000, 2006)
TEXTS = {
    "wikipedia-passages": 180,
    "wikipedia-articles": 60,
    "books": 60,
    "novels-eltec": 60,
    "diary-pepys": 40,
    "notes": 40,
    "mail": 40,
    "facts": 20,
    "technical": 40,
    "dialogues-sgd": 20,
}  # memories made of plain text
TOGETHER = 40  # passages that make one of them, a question each
AS_HIDDEN = 0.25  # share of those whose question is a sentence with something hidden
TRIED = 8  # sentences of a passage that are tried
PIECE = 900  # characters of a passage


@dataclass(frozen=True, slots=True)
class Sample:
    asked: Asked
    windows: tuple[Window, ...]
    right: tuple[tuple[int, int, int], ...]  # (window, word, length), length 0: any run of it; () = none answers


Job = tuple[str, tuple[object, ...]]  # a method of Maker that makes samples, and what it is given


class Maker:
    """From questions over closed memories to samples. Word vectors lie on the CPU: forked processes share them."""

    def __init__(self, checkpoint: Path, data: Path, windows: int = WINDOWS, share: float = 1.0) -> None:
        """share: of the questions of a memory in a set, and of the memories made of plain text."""
        model = load(checkpoint, device="cpu", dtype=torch.float32)
        self.meanings = Meanings(model, MemoryTokenizer(checkpoint / "tokenizer.json"))
        self.fitted: Sequence[float] = model.config.answering.get("sentence_weights", ())
        self.data, self.windows, self.share = data, windows, share

    def path(self, name: str) -> Path:
        return self.data / "qa" / f"{name}.jsonl.xz"

    def part_of(self, count: int) -> int:
        return max(1, round(self.share * count))

    def of_set(self, name: str, part: int = 0, parts: int = 1) -> list[Sample]:
        """Every `parts`-th memory of a set in the unit format."""
        rng, other, found, before = random.Random(part), random.Random(f"{name} {part}"), [], list[str]()
        most = self.part_of(SETS[name])
        pool = pool_of(qa["q"] for _, asked in read_units(self.path(name), most) for qa in asked)
        for unit, asked in islice(read_units(self.path(name), most), part, None, parts):
            closed = Closed([(d.get("title", ""), d["text"]) for d in unit["docs"]], self.meanings)
            place = {d["id"]: i for i, d in enumerate(unit["docs"])}
            near = pool_of(qa["q"] for qa in asked)
            for qa in asked:
                gold = [place[g] for g in qa["gold"] if g in place]
                answers = [] if qa.get("unanswerable") else qa["a"]
                found.append(self.sample(rng, closed, qa["q"], gold, answers, None))
                if answers:
                    found.append(self.miss(other, closed, qa["q"], gold, other.choice((near, pool))))
            found += self.foreign(other, closed, before, len(asked))
            before = [qa["q"] for qa in asked]
        return [sample for sample in found if sample is not None]

    def of_lives(self, seeds: range) -> list[Sample]:
        found, rng, other = [], random.Random(seeds.start), random.Random(f"lives {seeds.start}")
        before = list[str]()
        for seed in seeds:
            made = memory(seed, SIZES[seed % len(SIZES)])
            closed = Closed([(d.context, d.text) for d in made.documents], self.meanings)
            pool = pool_of(q.question for q in made.questions)
            for q in made.questions:
                if q.kind in ("two-hop", "three-hop"):
                    continue
                answers = q.answers if q.kind != "unanswerable" else []
                found.append(self.sample(rng, closed, q.question, q.gold, answers, q.evidence))
                if answers:
                    found.append(self.miss(other, closed, q.question, q.gold, pool))
            found += self.foreign(other, closed, before, len(made.questions))
            before = [q.question for q in made.questions]
        return [sample for sample in found if sample is not None]

    def of_texts(self, name: str) -> list[Sample]:
        """Questions that rules make of plain text (asking.turn), or a name, year or number hidden in a sentence."""
        rng, other, found = random.Random(name), random.Random(f"{name} misses"), []
        pieces = [piece for text in read_texts(self.data / "text" / f"{name}.jsonl.xz") for piece in cut(text)]
        known = count_words(text for _, text in pieces)
        starts, before = range(0, max(1, len(pieces) - TOGETHER), TOGETHER), list[str]()
        for start in rng.sample(starts, min(self.part_of(TEXTS[name]), len(starts))):
            documents = pieces[start : start + TOGETHER]
            closed = Closed(documents, self.meanings)
            made = [(at, one) for at, (_, text) in enumerate(documents) if (one := self.asked(rng, text, known))]
            pool = pool_of(question for _, (question, *_) in made)
            for at, (question, answer, (a, b)) in made:
                found.append(self.sample(rng, closed, question, [at], [answer], [(at, a, b)]))
                found.append(self.miss(other, closed, question, [at], pool))
            found += self.foreign(other, closed, before, len(made))
            before = [question for _, (question, *_) in made]
        return [sample for sample in found if sample is not None]

    def asked(self, rng: random.Random, text: str, known: Counter[str]) -> tuple[str, str, tuple[int, int]] | None:
        """(question, answer, the sentence) of a passage."""
        if rng.random() < AS_HIDDEN:
            return hidden(rng, text)
        places = spans(text)
        rng.shuffle(places)
        for a, b in places[:TRIED]:
            if (made := turn(rng, text[a:b], known)) is not None:
                return made.question, made.answer, (a, b)
        return None

    def miss(self, rng: random.Random, closed: Closed, text: str, gold: Sequence[int], pool: Pool) -> Sample | None:
        """None for all but a share of the questions, and where no near miss is sure to be one."""
        if rng.random() >= MISSED:
            return None
        changed = near_miss(rng, text, gold, pool, closed)
        return None if changed is None else self.sample(rng, closed, changed, [], [], None)

    def foreign(self, rng: random.Random, closed: Closed, asked: Sequence[str], of: int) -> list[Sample | None]:
        """Questions about another memory, of which some word is nowhere in this one; of: this one's own questions."""
        out = list[Sample | None]()
        for text in rng.sample(asked, min(sum(rng.random() < FOREIGN for _ in range(of)), len(asked))):
            question = Question.of(text)
            if any(word not in closed.counts for word in question.stems if word not in question.kind_stems):
                out.append(self.sample(rng, closed, text, [], [], None))
        return out

    def sample(
        self, rng: random.Random, closed: Closed, text: str, gold: Sequence[int], answers: Sequence[str],
        evidence: Sequence[tuple[int, int, int]] | None,
    ) -> Sample | None:  # fmt: skip
        """None where the question has no word, or no sentence of a gold document says an answer.

        evidence: (document, start, end) of what answers, where that is known more exactly than by its words."""
        question = Question.of(text)
        if not question.words:
            return None
        weights = closed.weights(question)
        leads = closed.best(weights, OPENED)
        opened = dict.fromkeys([*leads, *(gold if answers else ())])
        passages = [closed.passages[i] for i in opened]
        wanted = [bare_words(answer) for answer in answers]
        found: list[tuple[int, Window, list[tuple[int, int]]]] = []
        for sentence in score_sentences(question, weights, passages, leads, self.fitted, self.meanings):
            document, told = sentence.document, any(runs for *_, runs in found)
            if len(found) >= self.windows and (told or not answers or document not in gold):
                continue
            window = window_of(question, weights, closed.passages[document], sentence)
            runs = runs_of(window, wanted)
            if document not in gold and runs:
                continue  # says the same elsewhere: neither right nor wrong
            if document in gold and evidence is not None:
                meets = any(d == document and a < sentence.end and sentence.start < b for d, a, b in evidence)
                runs = (runs or [(0, 0)]) if meets else []
            if len(found) < self.windows:
                found.append((document, window, runs))
            elif runs:
                found[-1] = (document, window, runs)
        if answers and not any(runs for *_, runs in found):
            return None
        if answers and rng.random() < TAKEN_AWAY:
            found = [item for item in found if item[0] not in gold] or found
        rng.shuffle(found)
        right = tuple((at, i, n) for at, (_, _, runs) in enumerate(found) for i, n in runs)
        return Sample(asked_of(question, weights), tuple(window for _, window, _ in found), right)


def bare_words(text: str) -> list[str]:
    """Lower-cased words of an answer, without an article before and marks behind."""
    words = [m.group().lower() for m in WORD.finditer(text)]
    while len(words) > 1 and words[0] in ("the", "a", "an"):
        words = words[1:]
    while len(words) > 1 and not words[-1][-1].isalnum() and words[-1][-1] != "%":
        words = words[:-1]
    return words


def runs_of(window: Window, wanted: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """(word, length) of runs inside the sentence that say an answer, with and without an article before it."""
    inside = [word.lower() for word in window.words[window.first : window.last]]
    found: dict[tuple[int, int], None] = {}
    for answer in wanted:
        size = len(answer)
        if not size or size > LONGEST:
            continue
        for at in range(len(inside) - size + 1):
            if inside[at : at + size] == list(answer):
                found[window.first + at, size] = None
                if at and inside[at - 1] in ("the", "a", "an") and size < LONGEST:
                    found[window.first + at - 1, size + 1] = None
    return list(found)


def cut(text: str) -> Iterator[tuple[str, str]]:
    """(context, text) of passages, lines joined and cut at sentences."""
    title, _, body = text.partition("\n")
    context = f"{title}\n" if body and len(title) < 80 else ""
    whole = re.sub(r"(?<![\n.:])\n(?!\n)", " ", body if context else text)
    start = 0
    for match in re.finditer(r"[.!?\n]\s|\Z", whole):
        if match.end() - start >= PIECE or match.end() == len(whole):
            if piece := whole[start : match.end()].strip():
                yield context, piece
            start = match.end()


def hidden(rng: random.Random, text: str) -> tuple[str, str, tuple[int, int]] | None:
    """(question, answer, the sentence) of a passage: what stood at the wh-word."""
    sentences = [m.span() for m in SENTENCE.finditer(text) if len(m.group().split()) >= 7]
    rng.shuffle(sentences)
    for a, b in sentences[:3]:
        sentence = text[a:b]
        options = [("when", m.span()) for m in YEAR.finditer(sentence)]
        options += [(rng.choice(("who", "what", "where")), m.span()) for m in NAME.finditer(sentence)]
        options += [("how many", m.span()) for m in NUMBER.finditer(sentence)]
        if options:
            wh, (start, end) = rng.choice(options)
            rest = thin(rng, f"{sentence[:start].strip()} {sentence[end:].strip()}".strip(" .!?\n"))
            asked = f"{wh} {rest}?" if rng.random() < 0.6 else f"{rest} {wh}?"
            return asked, sentence[start:end].strip(), (a, b)
    return None


def prepare(maker: Maker, lives: range = LIVES, processes: int = 2) -> list[Sample]:
    """All training samples, made by forked processes: some ten minutes on two cores, where the maker's share is 1."""
    jobs = list[Job]()
    for name in SETS:
        if maker.path(name).exists():
            jobs += [("of_set", (name, part, 2)) for part in range(2)]
    lives = lives[: maker.part_of(len(lives))]
    jobs += [("of_lives", (lives[at : at + 20],)) for at in range(0, len(lives), 20)]
    jobs += [("of_texts", (name,)) for name in TEXTS if (maker.data / "text" / f"{name}.jsonl.xz").exists()]
    made = in_processes(maker, jobs, processes)
    again = [part for (_, (name, *_)), part in zip(jobs, made, strict=True) if name in TWICE]
    return [sample for part in (*made, *again) for sample in part]


def in_processes(maker: Maker, jobs: Sequence[Job], processes: int) -> list[list[Sample]]:
    """What each job makes, a maker's method with what it is given, by forked processes."""
    _SHARED.append(maker)  # what is there before the fork is there in the processes
    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("fork"), initializer=_begin) as pool:
            try:
                return [one.result() for one in [pool.submit(_one, job) for job in jobs]]
            except KeyboardInterrupt:  # else they would go on to the end of what they have begun
                for process in active_children():
                    process.terminate()
                raise
    finally:
        _SHARED.clear()


_SHARED: list[Maker] = []


def _begin() -> None:
    """One thread a process; signals are for the process that began it."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _one(job: Job) -> list[Sample]:
    made: list[Sample] = getattr(_SHARED[0], job[0])(*job[1])
    return made
