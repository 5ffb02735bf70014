"""Questions made from plain text hold what they should, and hide what they ask for."""

from __future__ import annotations

import random
from collections import Counter

from engine.training.tasks import COMMON, ask_for, keywords, make_question, thin

TITLE = "Harbour log > Summer\n"
SENTENCES = (
    "The ferry was bought in Ystad by old Henrik Lund after a long quarrel about money.",
    "On 3 March 1998 the northern pier sank quietly during the great autumn storm.",
    "They counted 417 boats along the eastern wall that cold and windy morning.",
    "Nobody knows why the lighthouse keeper painted every single door in yellow.",
)
TEXT = " ".join(SENTENCES)
WH = {"who", "what", "which", "when", "how", "many", "why", "where"}


def bare(text: str) -> list[str]:
    return [word.strip(" .,?!").lower() for word in text.split() if word.strip(" .,?!")]


def is_in_order(part: list[str], whole: list[str]) -> bool:
    rest = iter(whole)
    return all(word in rest for word in part)


def test_questions_come_from_the_text_or_its_title() -> None:
    kinds: Counter[str] = Counter()
    for seed in range(600):
        made = make_question(random.Random(seed), TITLE, TEXT)
        assert made is not None
        question, kept = made
        words = [word for word in bare(question) if word not in WH]
        assert words
        title = bare(TITLE.replace(">", " "))
        of = [s for s in SENTENCES if is_in_order(words, [w for w in bare(s) if w not in WH])]
        if words == title:
            kinds["title"] += 1
            assert kept == TEXT
            continue
        assert len(of) == 1, question
        hidden = [sentence for sentence in SENTENCES if sentence not in kept]
        kinds["hidden" if hidden else "kept"] += 1
        assert hidden in ([], of)
        assert len(kept) == len(TEXT) - sum(map(len, hidden)) or len(kept) >= len(TEXT) - sum(map(len, hidden)) - 1
    assert set(kinds) == {"title", "hidden", "kept"}
    assert min(kinds.values()) > 30


def test_no_question_without_a_sentence_or_title() -> None:
    for seed in range(50):
        assert make_question(random.Random(seed), "", "- one\n- two\n- three words here\n") is None


def test_a_short_text_is_never_emptied() -> None:
    for seed in range(200):
        made = make_question(random.Random(seed), "", SENTENCES[0])
        assert made is not None
        assert made[1] == SENTENCES[0]


def test_what_is_asked_for_is_not_told() -> None:
    cases = {0: ({"who", "what", "which"}, ("Ystad", "Henrik Lund")), 1: ({"when", "how many"}, ("3 March 1998",)),
             2: ({"how many"}, ("417",))}  # fmt: skip
    for at, (marks, secrets) in cases.items():
        for seed in range(100):
            asked = ask_for(random.Random(seed), SENTENCES[at])
            assert any(mark in asked for mark in marks), asked
            assert any(secret not in asked for secret in secrets), asked
            assert is_in_order([w for w in bare(asked) if w not in WH], bare(SENTENCES[at]))
    assert {ask_for(random.Random(seed), SENTENCES[3]).split()[0] for seed in range(60)} <= WH


def test_keywords_are_content_words_in_order() -> None:
    lengths = set()
    for seed in range(100):
        found = keywords(random.Random(seed), SENTENCES[2]).split()
        lengths.add(len(found))
        assert not {word.lower() for word in found} & COMMON
        assert is_in_order(found, [word.strip(".,") for word in SENTENCES[2].split()])
    assert lengths == {2, 3, 4, 5, 6}
    assert keywords(random.Random(0), "It is what it is.") == "It is what it is."


def test_thinning_keeps_order_and_three_words() -> None:
    shares = set()
    for seed in range(200):
        words = thin(random.Random(seed), SENTENCES[1]).split()
        assert len(words) >= 3
        assert is_in_order(words, SENTENCES[1].split())
        shares.add(len(words))
    assert len(shares) > 5
    assert max(shares) == len(SENTENCES[1].split())
