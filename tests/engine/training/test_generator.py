"""Generated memories: the same for a seed, rightly answered and proven, varied, silent where they must be."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import date
from math import prod

import pytest

from engine.training.generator import Memory, memory
from engine.training.generator.compose import Composer
from engine.training.generator.forms import shells, write
from engine.training.generator.frames import frames
from engine.training.generator.life import Fact, Life
from engine.training.generator.phrases import parse
from engine.training.generator.questions import Asker
from engine.training.generator.values import Answer, Day, Person, Voice, person_form

KINDS = (
    "who", "when", "where", "howmany", "howmuch", "which", "yesno", "list", "said", "changed", "first-person",
    "two-hop", "three-hop", "unanswerable",
)  # fmt: skip


@pytest.fixture(scope="module")
def memories() -> list[Memory]:
    return [memory(seed, 64) for seed in range(50)]


def told(seed: int) -> tuple[Life, Asker, list[str]]:
    """A life with its facts written down, its asker, and the texts."""
    rng = random.Random(seed)
    life = Life(rng, 64)
    composer = Composer(rng, life, shells(rng, life, 64))
    composer.fill()
    texts = [write(rng, life, shell)[1] for shell in composer.shells]
    return life, Asker(rng, life, [fact for fact in composer.facts if fact.spans], composer.chains), texts


def test_same_seed_same_memory() -> None:
    assert memory(5, 24) == memory(5, 24)
    assert memory(5, 24) != memory(6, 24)
    assert memory(5, 24).documents != memory(5, 25).documents[:24]


def test_every_size() -> None:
    for size in (4, 5, 12, 200):
        made = memory(size, size)
        assert [document.id for document in made.documents] == list(range(size))
        assert made.questions
    with pytest.raises(ValueError, match="at least 4"):
        memory(1, 3)


def test_documents_fit_the_model(memories: list[Memory]) -> None:
    for made in memories:
        for document in made.documents:
            assert 20 <= len(document.text.split()) <= 170, document
            assert document.context == "" or document.context.endswith("\n")
            assert document.text == document.text.strip()
            assert not re.search(r"[{}]|\[[^\]]*\|", document.text + document.context), document
    assert len({document.kind for made in memories for document in made.documents}) == 20


def test_gold_and_evidence(memories: list[Memory]) -> None:
    for made in memories:
        for question in made.questions:
            assert [document for document, _, _ in question.evidence] == question.gold
            assert len(set(question.gold)) == len(question.gold)
            assert all(0 <= document < len(made.documents) for document in question.gold)
            assert bool(question.answers) == bool(question.gold) == (question.kind != "unanswerable")
            hops = {"two-hop": 2, "three-hop": 3}.get(question.kind)
            assert hops is None or len(question.gold) == hops


def test_answers_stand_in_the_evidence(memories: list[Memory]) -> None:
    for made in memories:
        for question in made.questions:
            if question.kind != "unanswerable":
                texts = [made.documents[number].text[start:end] for number, start, end in question.evidence]
                compared = question.kind == "two-hop" and " or " in question.question
                answered = texts if compared or question.kind == "changed" else texts[-1:]
                assert any(question.answers[0] in text for text in answered), question


def test_evidence_is_whole_sentences(memories: list[Memory]) -> None:
    """It begins a line or item, or follows the end of a sentence; it ends its line or with a full stop."""
    for made in memories:
        for question in made.questions:
            for number, start, end in question.evidence:
                text = made.documents[number].text
                before, after = text[:start].split("\n")[-1], text[end : end + 2]
                assert text[start:end].strip() == text[start:end] != ""
                assert before == "" or before[-1] == " ", (before, text[start:end])
                assert re.search(r"(^|[.!?):|>\-*+•\]]|INFO|WARN|ERROR|notice|DEBUG|info) ?$", before), before
                assert text[end - 1] in ".!?)" or after in ("", " |") or after[0] in "\n |", text[start:end]


def test_every_kind_is_asked(memories: list[Memory]) -> None:
    counts = Counter(question.kind for made in memories for question in made.questions)
    assert set(counts) == set(KINDS)
    total = sum(counts.values())
    assert counts["unanswerable"] > 0.05 * total
    assert counts["two-hop"] + counts["three-hop"] > 0.08 * total
    assert min(counts.values()) > 50


def test_names_and_sentences_vary(memories: list[Memory]) -> None:
    people = {person.full for seed in range(50) for person in Life(random.Random(f"{seed}/64"), 64).people}
    assert len(people) > 1500
    sentences = [
        made.documents[number].text[start:end]
        for made in memories
        for number, start, end in {proof for question in made.questions for proof in question.evidence}
    ]
    counts = Counter(sentences)
    assert len(sentences) > 5000
    assert sum(count for count in counts.values() if count > 1) < 0.03 * len(sentences)
    questions = Counter(question.question for made in memories for question in made.questions)
    assert questions.most_common(1)[0][1] <= 4


def test_questions_are_typed_in_many_ways(memories: list[Memory]) -> None:
    asked = [question.question for made in memories for question in made.questions]
    unmarked = sum(not text.endswith("?") for text in asked)
    small = sum(text == text.lower() for text in asked)
    assert 0.05 < unmarked / len(asked) < 0.3
    assert 0.03 < small / len(asked) < 0.2


def test_every_fact_has_many_phrasings() -> None:
    assert len(frames()) > 80
    for frame in frames():
        said = sum(prod(sentence.paths for sentence in statement) for statement in frame.say)
        asked = sum(phrase.paths for phrases in frame.ask.values() for _, phrase in phrases)
        assert said >= 8, f"{frame.name}: {said} ways to say it"
        assert asked >= 8, f"{frame.name}: {asked} ways to ask for it"
        assert frame.vary in frame.key
        assert not frame.change or (frame.new and frame.before)


def test_every_kind_of_value_exists() -> None:
    life = Life(random.Random(1), 12)
    for frame in frames():
        for kind, argument in frame.slots.values():
            assert kind in ("past", "future") or life.value(kind, argument).accepted[0]


def test_unanswerable_is_not_told() -> None:
    """Of all sentences that tell this kind of fact, none names what the question is about."""
    checked = 0
    for seed in range(6):
        life, asker, texts = told(seed)
        asker.questions()
        for hidden, slot in asker.hidden:
            twins = [fact for fact in asker.told if fact.identity == hidden.identity]
            assert not any(slot in fact.spans for fact in twins)
            if twins or life.me in hidden.people():  # "I" is no name to search for
                continue
            checked += 1
            for fact in asker.told:
                if fact.frame is hidden.frame:
                    matches = [named_there(fact, key, hidden.values[key], texts) for key in fact.frame.key]
                    assert not all(matches), (hidden, fact)
    assert checked > 60


def named_there(fact: Fact, key: str, value: Answer, texts: list[str]) -> bool:
    """Whether the document that tells the fact names `value` where it names this part of the fact's key."""
    written = fact.literals[key]
    if not written:  # "I" or "you"
        return value is fact.values[key]
    assert written in texts[fact.document]
    names = (value.last, *value.accepted) if isinstance(value, Person) else value.accepted
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", written, re.I) for name in names)


def test_phrases() -> None:
    phrase = parse("[a|[b|c] {x's}] and {y on}[ end|]")
    assert phrase.paths == 6
    assert phrase.slots == {"x", "y"}
    assert phrase.certain == {"y"}
    rng = random.Random(0)
    seen = {phrase.render(rng, lambda slot, form: f"<{slot}:{form}>") for _ in range(200)}
    assert len(seen) == 6
    assert "c <x:'s> and <y:on> end" in seen
    assert parse("who {who is} here").certain == set()  # "is" names nobody
    for wrong in ("[a|b", "a]", "{a"):
        with pytest.raises(ValueError, match="phrase"):
            parse(wrong)


def test_people_speak_for_themselves() -> None:
    anna, ben = Person("Anna", "Weber", "f"), Person("Ben", "Okafor", "m")
    voice = Voice(anna, ben)
    assert [person_form(anna, form, voice, "Anna") for form in ("", "'s", "has", "s")] == [
        "I",
        "my",
        "have",
        "",
    ]
    assert [person_form(ben, form, voice, "Ben") for form in ("", "him", "was")] == ["you", "you", "were"]
    assert [person_form(ben, form, Voice(anna), "Ben") for form in ("'s", "his", "s")] == [
        "Ben's",
        "his",
        "s",
    ]


def test_days_are_written_relative_to_the_document() -> None:
    day = Day(date(2024, 5, 14))  # a Tuesday
    rng = random.Random(3)
    seen = {day.write(rng, date(2024, 5, 8)) for _ in range(300)}
    assert {"next Tuesday", "14 May 2024", "2024-05-14", "the 14th of May"} <= seen
    assert not any("next" in day.write(rng, None) for _ in range(100))
