"""Answers on the sample folder with the embedded model: 102 questions through the real memory and every twelfth of 625
more, with floors under today's figures. `-n 0 -s` prints the table. What counts as right: tests/samples/README.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path

import pytest
from real_memory import Caller, Json, add, documents

from twin_app.settings import Settings
from twin_app.twin import Twin

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
FIRST = 5  # documents of a ranking that are looked at
SOME = 16  # questions that are asked with one kind of retrieval alone
pytestmark = pytest.mark.timeout(300)  # a folder is asked whole before the first test

EVERY = 12  # of the further questions and the plain ones; 1 asks all of them, which takes a minute and a half
HALF = 2  # of the first ones, where not all are asked


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what `twin ask --json` prints for it."""

    id: str
    question: str
    answers: list[str]
    files: list[str]
    type: str
    result: Json

    @property
    def shown(self) -> bool:
        return any(plain(answer) in plain(self.result["answer"]) for answer in self.answers)

    @property
    def cited(self) -> bool:
        quotes = [plain(citation["quote"]) for citation in self.result["citations"]]
        return any(plain(answer) in quote for answer in self.answers for quote in quotes)

    @property
    def sources(self) -> set[str]:
        """Files that are cited, as `files` names them."""
        return {relative(citation["source"]) for citation in self.result["citations"]}

    def found(self, named: dict[str, str], hops: int | None = None) -> bool:
        """Whether the right files are among the first documents of a hop's ranking (all of them for a chain)."""
        rankings = [hop["routed"][:FIRST] for hop in self.result["hops"][:hops]]
        routed = {named[document] for ranking in rankings for document in ranking}
        return set(self.files) <= routed if self.type == "two-hop" else bool(set(self.files) & routed)


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything asked; `named` gives each document's file."""

    named: dict[str, str]
    both: list[Asked]
    latent: list[Asked]
    words: list[Asked]
    more: list[Asked]
    plain: list[Asked]
    late: list[Asked]
    everyday: list[Asked]

    @property
    def answerable(self) -> list[Asked]:
        return answerable(self.both)

    def titled(self) -> dict[str, list[Asked]]:
        """The rows of the table."""
        kinds = sorted({asked.type for asked in self.answerable})
        rows = {f"both, {kind}": [asked for asked in self.answerable if asked.type == kind] for kind in kinds}
        return rows | {
            "both": self.answerable,
            "latent": self.latent,
            "words": self.words,
            "more": answerable(self.more),
            "plain": answerable(self.plain),
            "late": answerable(self.late),
            "everyday": self.everyday,
        }


def answerable(asked: Sequence[Asked]) -> list[Asked]:
    return [one for one in asked if one.type != "unanswerable"]


def refused(asked: Sequence[Asked]) -> list[bool]:
    """Of the unanswerable ones."""
    return [not one.result["grounded"] for one in asked if one.type == "unanswerable"]


def questions(name: str) -> list[Json]:
    lines = (ROOT / "tests" / "samples" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def plain(text: str) -> str:
    return " ".join(text.casefold().split())


def relative(source: str) -> str:
    return Path(source).relative_to(SAMPLES).as_posix()


def share(flags: Sequence[bool]) -> float:
    assert flags
    return sum(flags) / len(flags)


def demo() -> list[str]:
    """What `make demo` asks."""
    return re.findall(r"^\s+ask '(.+?)'", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)


def first_questions() -> list[Json]:
    """One in HALF of the first list, and the demo's."""
    items = questions("questions.jsonl")
    return [item for n, item in enumerate(items) if n % min(EVERY, HALF) == 0 or item["question"] in demo()]


def ask(memory: Twin, items: Sequence[Json], retrieval: str) -> list[Asked]:
    caller = Caller(memory.settings)
    memory.ask_many({"questions": items, "retrieval": retrieval}, caller)
    results = caller.items()
    assert [result["id"] for result in results] == [item["id"] for item in items]
    return [Asked(**item, result=result) for item, result in zip(items, results, strict=True)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    items, more = first_questions(), questions("more_questions.jsonl")[::EVERY]
    plain, late = questions("plain_questions.jsonl")[::EVERY], questions("late_questions.jsonl")[::EVERY]
    everyday = questions("everyday_questions.jsonl")
    known = [item for item in items if item["type"] != "unanswerable"]
    some = [known[n * len(known) // SOME] for n in range(SOME)]
    memory = Twin(tmp_path_factory.mktemp("answers") / "home", Settings(me=("Nora Lindqvist", "Nora")))
    try:
        report = add(memory, SAMPLES)
        assert (report["read"], report["failed"]) == (39, [])
        named = {name: relative(document["source"]) for name, document in documents(memory).items()}
        yield Answers(
            named, ask(memory, items, "both"), ask(memory, some, "latent"), ask(memory, some, "words"),
            ask(memory, more, "both"), ask(memory, plain, "both"), ask(memory, late, "both"),
            ask(memory, everyday, "both"),
        )  # fmt: skip
    finally:
        memory.close()


@pytest.fixture(scope="module", autouse=True)
def table(answers: Answers) -> None:
    """The figures, for whoever looks (`-n 0 -s`)."""
    print(f"\n{'':20} {'n':>4} {'answer':>7} {'cited':>7} {'first 5':>8} {'grounded':>9}")
    for title, row in answers.titled().items():
        figures = (
            share([asked.shown for asked in row]), share([asked.cited for asked in row]),
            share([asked.found(answers.named) for asked in row]), share([asked.result["grounded"] for asked in row]),
        )  # fmt: skip
        print(f"{title:20} {len(row):4} {figures[0]:7.2f} {figures[1]:7.2f} {figures[2]:8.2f} {figures[3]:9.2f}")
    rows = {"refused": answers.both, "more": answers.more, "plain": answers.plain, "late": answers.late}
    for title, row in rows.items():
        print(f"{title + ', rightly':20} {len(refused(row)):4} {share(refused(row)):7.2f}")


def test_right_answers_are_shown_and_cited(answers: Answers) -> None:
    asked = answers.answerable
    assert len(asked) == 92 or (EVERY > 1 and len(asked) >= 92 // HALF)
    assert share([one.shown for one in asked]) >= 0.55
    assert share([one.cited for one in asked]) >= 0.64
    assert share([one.found(answers.named) for one in asked]) >= 0.90


def test_further_questions_are_answered_and_refused(answers: Answers) -> None:
    known = answerable(answers.more)
    assert len(known) == 120 // EVERY
    assert share([one.shown for one in known]) >= 0.45
    assert share([one.found(answers.named) for one in known]) >= 0.85
    assert share(refused([*answers.more, *answers.plain, *answers.late])) >= 0.25


def test_plain_questions_are_answered(answers: Answers) -> None:
    known = answerable(answers.plain)
    assert share([one.shown for one in known]) >= 0.5
    assert share([one.found(answers.named) for one in known]) >= 0.85
    assert share([one.result["grounded"] for one in known]) >= 0.7


def test_late_questions_are_answered(answers: Answers) -> None:
    known = answerable(answers.late)
    assert share([one.shown for one in known]) >= 0.6
    assert share([one.found(answers.named) for one in known]) >= 0.85


def test_what_people_ask_first_is_answered(answers: Answers) -> None:
    """Who somebody is, what a code means, how something is done, a summary, how things are now; typed as one types."""
    missed = {one.question: one.result["answer"] for one in answers.everyday if not one.shown}
    assert missed == {}
    assert all(one.sources & set(one.files) for one in answers.everyday)


def test_words_alone_find_the_file(answers: Answers) -> None:
    assert len(answers.words) == SOME
    assert share([one.found(answers.named) for one in answers.words]) >= 0.85


def test_latent_routing_alone_is_far_above_chance(answers: Answers) -> None:
    """Chance: `FIRST` documents drawn at random, and one of them from a right file. Only the first hop counts."""
    files, total = list(answers.named.values()), len(answers.named)

    def chance(asked: Asked) -> float:
        others = total - sum(file in asked.files for file in files)
        return 1 - comb(others, FIRST) / comb(total, FIRST)

    single = [asked for asked in answers.latent if asked.type != "two-hop"]
    assert len(single) > SOME / 2
    drawn = sum(map(chance, single)) / len(single)
    found = share([asked.found(answers.named, hops=1) for asked in single])
    print(f"\nlatent, first hop: right file among the first five {found:.2f}, chance {drawn:.2f}")
    assert 0 < drawn < 0.5
    assert found >= 1.75 * drawn


@pytest.mark.parametrize("at", range(3))
def test_the_demo_is_answered_rightly(answers: Answers, at: int) -> None:
    assert len(demo()) == 3
    asked = next(asked for asked in answers.both if asked.question == demo()[at])
    assert asked.result["grounded"]
    assert asked.shown
    if at == 2:
        assert asked.type == "two-hop"
        assert set(asked.files) <= asked.sources
    else:
        assert asked.sources & set(asked.files)


def test_an_answer_is_grounded_or_empty(answers: Answers) -> None:
    for asked in (*answers.both, *answers.latent, *answers.words):
        result = asked.result
        assert bool(result["answer"]) == bool(result["citations"]) == result["grounded"]
        assert not (result["citations"] and result["nearest"])
        assert result["citations"] or result["nearest"]
