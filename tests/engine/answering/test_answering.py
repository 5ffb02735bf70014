"""From a question and passages to the sentence that answers it, or the two that do: tables of small texts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from engine.answering.evidence.sentences import (
    FEATURES,
    WEIGHTS,
    Scored,
    lasting,
    names_in,
    score_sentences,
    term_weights,
)
from engine.answering.questions.question import Question
from engine.answering.quote import bridge_text, bridges, chain, choose, is_enough, people_in
from engine.answering.texts.surroundings import table_headers
from engine.answering.words.stems import stem, stems_of
from engine.library import Passage

# fmt: off
TEXTS = {
    1: ("Flat", "The landlord is Mr Okafor. Rent is 940 euros, due monthly. The meter is in the cellar."),
    2: ("Bike", "The blue bike has a new chain. Jens repaired it on 3 March. He took 35 euros for it."),
    3: ("Lisbon", "We flew to Lisbon on 12 June. The hotel was the Casa Amarela. Breakfast was poor."),
    4: ("Cake", "Beat four eggs with the sugar. Add 200 g of flour. Bake for 35 minutes at 180 degrees."),
    5: ("Keys", "Spare keys are with Marta, the neighbour upstairs. The cellar key hangs behind the door."),
    6: ("Vet", "The vet said that the cat needs a diet. Next visit is in September."),
    7: ("Wifi", "The router is called Bluebird. Its password is written under the table."),
    8: ("Car", "The insurance of the car ends in October. The number plate is 41-KLM-2."),
    9: ("Choir", "Rehearsal is every Tuesday at 19:30. Who brings the cake? The concert is in Utrecht."),
    10: ("People", "Marta works at the city library. Her phone is +31 6 5550 1234. She has a dog."),
    11: ("Work", "The project Heron is led by Priya. Its budget is 40,000 euros."),
    12: ("Contacts", "Priya lives in Ghent. She plays the cello on Sundays."),
}
# fmt: on


def passage(document: int) -> Passage:
    title, text = TEXTS[document]
    spans = [m.span() for m in re.finditer(r"\S.*?[.?](?=\s|$)", text)]
    return Passage(document, f"{title}\n", text, spans)


def rarity(words: Sequence[str]) -> dict[str, float]:
    held = [set(stems_of(f"{title} {text}")) for title, text in TEXTS.values()]
    return {word: math.log1p(len(held) / (0.5 + sum(stem(word) in text for text in held))) for word in words}


def scored(
    question: str, documents: Mapping[int, float] | None = None
) -> tuple[Question, dict[str, float], list[Scored]]:
    read = Question.of(question)
    weights = term_weights(read, rarity(read.words))
    return read, weights, score_sentences(read, weights, [passage(d) for d in TEXTS], documents or {})


ANSWERS = [
    ("How much is the rent?", 1, "940 euros"),
    ("Who is the landlord?", 1, "Okafor"),
    ("When did we fly to Lisbon?", 3, "12 June"),
    ("How many eggs are in the cake?", 4, "four eggs"),
    ("How long does the cake bake?", 4, "35 minutes"),
    ("Where are the spare keys?", 5, "Marta"),
    ("What did the vet say about the cat?", 6, "diet"),
    ("What is the router called?", 7, "Bluebird"),
    ("When does the car insurance end?", 8, "October"),
    ("What time is the choir rehearsal?", 9, "19:30"),
    ("Where is the concert?", 9, "Utrecht"),
    ("Who leads the project Heron?", 11, "Priya"),
]


@pytest.mark.parametrize(("question", "document", "answer"), ANSWERS)
def test_the_answering_sentence_comes_first(question: str, document: int, answer: str) -> None:
    read, weights, found = scored(question)
    chosen = choose(read, found, [], weights)
    assert chosen is not None
    first = chosen.sentences[0]
    assert first.document == document
    assert answer in first.text
    assert first.text == TEXTS[document][1][first.start : first.end]
    assert 0.0 < chosen.score < 1.0


def test_scores_fall_and_spans_are_real() -> None:
    _, _, found = scored("Where are the spare keys?")
    assert len(found) == sum(len(passage(d).sentences) for d in TEXTS)
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)
    assert found == scored("Where are the spare keys?")[2]


def test_the_ranking_decides_between_equal_sentences() -> None:
    read = Question.of("What does the sign say?")
    twins = [Passage(n, "", "The sign says closed.", [(0, 21)]) for n in (1, 2)]
    for favoured in (1, 2):
        found = score_sentences(read, {}, twins, {favoured: 1.0})
        assert found[0].document == favoured


def read_of(question: str, *texts: tuple[str, str]) -> list[Scored]:
    """Sentences, a line each, of documents of (date, text); every word is as rare."""
    read = Question.of(question)
    passages = [
        Passage(at, "", text, [m.span() for m in re.finditer(r".+", text)], date)
        for at, (date, text) in enumerate(texts)
    ]
    return score_sentences(read, term_weights(read, dict.fromkeys(read.words, 1.0)), passages, {})


def test_a_row_of_a_table_is_read_with_its_header() -> None:
    table = "| book | lent to | when |\n|---|---|---|\n| Atlas | Mia | May |\n| Heron | Tom | June |"
    found = {s.text: s for s in read_of("Which book is lent to Tom?", ("", table), ("", "Tom came by."))}
    row = found["| Heron | Tom | June |"]
    assert {stem("book"), stem("lent")} <= row.near
    assert row.score > found["Tom came by."].score


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the code of the gate now?", "The gate has code 4417."),
        ("What was the code of the gate?", "Code of the gate is 1983."),
    ],
)
def test_how_things_are_now_is_said_by_the_newest_that_says_it(question: str, answer: str) -> None:
    found = read_of(
        question, ("2024-01-01", "Code of the gate is 1983."), ("2024-06-01", "The gate has code 4417."),
        ("2025-01-01", "We painted the gate."), ("2025-02-01", "The gate is 2 m wide."),
    )  # fmt: skip
    assert found[0].text == answer


def test_another_kind_of_answer_is_none() -> None:
    found = read_of("What does the gate cost?", ("", "The gate needs new paint."), ("", "The gate: 1,250 SEK."))
    assert found[0].text == "The gate: 1,250 SEK."
    unfit = FEATURES.index("unfit")
    assert [sentence.features[unfit] for sentence in found] == [0.0, 1.0]


def test_what_is_so_now_may_be_said_by_a_row_or_in_words_of_its_kind() -> None:
    tables = [(date, f"| name | code |\n| gate | {code} |") for date, code in (("2024", 1983), ("2025", 4417))]
    assert read_of("What is the code of the gate now?", *tables)[0].text == "| gate | 4417 |"
    mails = ("2024", "Ana: ana@old.example"), ("2025", "Ana: ana@new.example")
    assert read_of("What is Ana's current email?", *mails)[0].text == "Ana: ana@new.example"


def test_tables_have_each_their_own_header() -> None:
    text = "| a | b |\n| 1 | 2 |\n| Bo | Old friend. Knows Ana. | 3 |\n| 4 | 5 |\n\n| c | d |\n| 6 | 7 |\nEnd."
    spans = [m.span() for m in re.finditer(r"[^\n.]+(?:\.|(?=\n))|[^\n]+", text)]
    headers = dict(zip([text[a:b].strip() for a, b in spans], table_headers(text, spans), strict=True))
    assert headers["| a | b |"] is None
    assert headers["| 1 | 2 |"] == headers["| 4 | 5 |"] == headers["Knows Ana."] == 0
    assert headers["| c | d |"] is None
    assert text[slice(*spans[headers["| 6 | 7 |"] or 0])] == "| c | d |"
    assert headers["End."] is None


def test_a_question_is_no_answer() -> None:
    read = Question.of("Who brings the cake?")
    found = score_sentences(read, term_weights(read, rarity(read.words)), [
        Passage(1, "", "Who brings the cake?", [(0, 20)]), Passage(2, "", "Tom brings the cake.", [(0, 20)]),
    ], {})  # fmt: skip
    assert found[0].document == 2


def test_chain_over_two_documents() -> None:
    """The phone number stands with the neighbour's name, and who she is stands with the keys."""
    question = "What is the phone number of the neighbour with the spare keys?"
    read, weights, found = scored(question)
    first = [s for s in found if s.document == 5]
    leads = bridges(read, first)
    assert [lead.document for lead in leads] == [5]
    assert "Marta" in names_in(leads[0].text, read)
    looking_for = bridge_text(read, leads[0])
    assert {"Marta", "phone"} <= set(looking_for.split())
    second = score_sentences(read, weights, [passage(d) for d in (10, 11, 12)], {})
    link = chain(read, leads[0], second, weights)
    assert link is not None
    assert link[0].document == 10
    chosen = choose(read, sorted([*first, *second], key=lambda s: -s.score), [(leads[0], *link)], weights)
    assert chosen is not None
    assert {s.document for s in chosen.sentences} == {5, 10}
    assert chosen.score <= 1.0
    assert {s.document for s in chosen.told} == {5, 10}, "what leads to the answer is shown with it"
    plainly = Question.of("What is the phone number of Marta?")
    alone = choose(plainly, sorted([*first, *second], key=lambda s: -s.score), [(leads[0], *link)], weights)
    assert alone is not None
    assert not alone.chained


def test_beside_the_answer_stands_what_covers_the_rest_of_the_question() -> None:
    read = Question.of("Which number do I call when the heating fails, now that Brodins stopped?")
    weights = term_weights(read, dict.fromkeys(read.words, 1.0))
    everything = frozenset(weights)

    def sentence(document: int, score: float, near: frozenset[str]) -> Scored:
        return Scored(document, 0, 9, f"Sentence {document}.", score, near, near)

    answer = sentence(1, 0.6, everything - {stem("brodins"), stem("heating")})
    numbers = [sentence(at, 0.5 - at / 100, frozenset({stem("number")})) for at in range(2, 7)]
    chosen = choose(read, [answer, *numbers, sentence(9, 0.4, everything)], [], weights)
    assert chosen is not None
    assert chosen.sentences[0].document == 1
    assert 9 in [cited.document for cited in chosen.sentences]
    assert len(chosen.sentences) == 4


def test_a_chain_needs_a_name_in_common_and_another_document() -> None:
    read, weights, found = scored("Where does the leader of the project Heron live?")
    bridge = next(s for s in found if s.document == 11)
    assert chain(read, bridge, [s for s in found if s.document == 11], weights) is None
    assert chain(read, bridge, [s for s in found if s.document in (4, 6)], weights) is None
    link = chain(read, bridge, [s for s in found if s.document == 12], weights)
    assert link is not None
    assert link[0].text == "Priya lives in Ghent."


def test_one_hop_is_enough_where_all_is_covered() -> None:
    read, weights, found = scored("Where are the spare keys?")
    assert is_enough(read, found[0], weights)
    read, weights, found = scored("What is the phone number of the neighbour with the spare keys?")
    assert not is_enough(read, next(s for s in found if s.document == 5), weights)
    assert not is_enough(read, None, weights)


def test_nothing_found_is_no_answer() -> None:
    read = Question.of("Who?")
    assert choose(read, [], [], {}) is None
    assert score_sentences(read, {}, [], {}) == []
    assert bridges(read, []) == []


@pytest.mark.parametrize("question", ["", "???", "the of and", "Who is it?", "x" * 5000, "für 東京 👋"])
def test_odd_questions_are_read(question: str) -> None:
    read, weights, found = scored(question)
    assert all(0.0 <= s.score <= 1.0 for s in found)
    assert choose(read, found, [], weights) is not None


def test_news_of_something_else_is_none() -> None:
    """The newest sum of money says nothing of a mattress; what is new is worth no more for being new."""
    found = read_of(
        "How much did the new mattress cost?",
        ("2024-01-01", "Mattress: 4,200 SEK."),
        ("2025-01-01", "The new boat is 9,000 SEK."),
    )
    assert found[0].text == "Mattress: 4,200 SEK."
    news = read_of("What is the code of the gate now?", ("2025-01-01", "The gate has code 4417."))[0]
    assert lasting(news) == news.logit - WEIGHTS[FEATURES.index("recent")]


def test_a_stretch_of_talk_is_shown_and_cited_as_one() -> None:
    lines = [
        "Bo: Nice.",
        "Ana: The boat is sold.",
        "Bo: To whom?",
        "Ana: To Cleo, for 80.",
        "Bo: " + "long " * 40,
        "Ana: Yes.",
    ]
    read = Question.of("Who bought the boat?")
    weights = dict.fromkeys(read.stems, 1.0)
    found = read_of("Who bought the boat?", ("", "\n".join(lines)))
    best = next(sentence for sentence in found if sentence.text == lines[1])
    chosen = choose(read, [best, *(s for s in found if s is not best)], [], weights)
    assert chosen is not None
    assert [sentence.text for sentence in chosen.told] == lines[:4]  # what is too long ends it, before it is nothing
    assert [sentence.text for sentence in chosen.sentences[:3]] == [lines[1], "\n".join(lines[2:4]), lines[0]]
    cited = chosen.sentences[1]
    assert "\n".join(lines)[cited.start : cited.end] == cited.text


DAYS = "We leave on Monday.\nThe weather was fine there.\nBreakfast is included every day.\nBring a coat."


def test_the_first_sentences_say_what_all_others_are_about() -> None:
    """Lines away from the hotel's name, one that is about the hotel covers it; in a passage about something else it
    does not."""
    found = read_of(
        "Is breakfast included at Hotel Luna?",
        ("", f"The ferry is late.\n{DAYS}"),
        ("", f"Hotel Luna is booked.\n{DAYS}"),
    )
    assert (found[0].text, found[0].document) == ("Breakfast is included every day.", 1)
    assert {stem("hotel"), stem("luna")} <= found[0].near
    assert all(stem("luna") not in sentence.near for sentence in found if sentence.document == 0)


def test_how_things_were_is_said_by_another_than_the_newest() -> None:
    codes = ("2024-01-01", "Code of the gate is 1983."), ("2024-06-01", "Code of the gate is 4417.")
    for question in ("What was the previous code of the gate?", "What was the gate code before the change?"):
        assert read_of(question, *codes)[0].text == "Code of the gate is 1983."
    assert read_of("What is the current code of the gate?", *codes)[0].text == "Code of the gate is 4417."


def test_news_is_of_whom_it_is_asked() -> None:
    found = read_of(
        "Where does Marta live now?",
        ("2023-01-01", "Marta lives in Delft."),
        ("2024-01-01", "Marta moved to Ghent."),
        ("2025-01-01", "Tom lives in Porto."),
    )
    assert found[0].text == "Marta moved to Ghent."


def test_a_chain_goes_by_a_name_in_full() -> None:
    """The row has no word of the question; it names whom the call was with."""
    call, row = "Called Galatec Energy.\nI got through to Gilles Rosmere.", "| Gilles Rosmere | 13 March 1956 |"
    question = "When is the birthday of the person I spoke to at Galatec Energy?"
    found = read_of(question, ("", call), ("", row), ("", "| Xenia Eckmore | 24 March 1983 |"))
    read, weights = Question.of(question), dict.fromkeys(Question.of(question).stems, 1.0)
    leads = bridges(read, found)
    assert leads[0].text == "I got through to Gilles Rosmere."
    link = chain(read, leads[0], found, weights)
    assert link is not None
    assert link[0].text == row
    chosen = choose(read, found, [(leads[0], *link)], weights)
    assert chosen is not None
    assert (chosen.chained, chosen.sentences[0].text) == (True, row)


def test_he_and_she_are_whom_the_sentence_before_names() -> None:
    text = "Met Jana by the lake. She earns a living as a baker. Then Olaf came. He is a vet, she says. We had tea."
    spans = [match.span() for match in re.finditer(r"\S.*?[.](?=\s|$)", text)]
    question = Question.of("What is Jana's job?")
    weights = term_weights(question, rarity(question.words))
    found = score_sentences(question, weights, [Passage(1, "", text, spans)], {1: 1.0})
    assert found[0].text == "She earns a living as a baker."
    assert {s.text for s in found if stem("jana") in s.covered} == {"Met Jana by the lake.", found[0].text}


def test_a_title_gives_way_to_a_line_with_the_answer() -> None:
    text = "Invoice for the garage door. Thank you for your order. Total to pay: 126 euros."
    spans = [match.span() for match in re.finditer(r"\S.*?[.](?=\s|$)", text)]
    question = Question.of("How much was the repair of the garage door?")
    weights = term_weights(question, rarity(question.words))
    found = score_sentences(question, weights, [Passage(1, "", text, spans)], {1: 1.0})
    assert found[0].text.startswith("Invoice")
    quoted = choose(question, [replace(s, score=max(s.score, 0.5 * found[0].score)) for s in found], [], weights)
    assert quoted is not None
    assert quoted.sentences[0].text == "Total to pay: 126 euros."
    assert choose(Question.of("What about the garage door?"), found, [], weights).sentences[0] is found[0]  # type: ignore[union-attr]


def test_he_is_nobody_of_an_earlier_sentence_when_another_is_named() -> None:
    for text in (
        "Anna works at Ikea. Bob is a nurse. He lives in Lund.",
        "Anna is here. Yesterday Bob said he lives in Lund.",
    ):
        spans = [match.span() for match in re.finditer(r"\S.*?[.](?=\s|$)", text)]
        question = Question.of("Where does Anna live?")
        weights = term_weights(question, rarity(question.words))
        found = score_sentences(question, weights, [Passage(1, "", text, spans)], {1: 1.0})
        assert all("anna" not in s.covered for s in found if s.text.endswith("Lund."))


def test_names_that_are_months_lead_somewhere() -> None:
    question = Question.of("What is the number of the friend who came?")
    assert people_in("The plumber that Maya Lund recommended, Juno Marchetti, came.", question) == [
        "Maya Lund",
        "Juno Marchetti",
    ]
    assert people_in("June Carter came on Monday Morning.", question) == ["June Carter"]
