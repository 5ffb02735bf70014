"""Sentence boundaries in prose, notes, and hostile text."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from ingest.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["We met Dr. Smith at 3.30 p.m. on Monday.", "He said: “Come in!”", "Then we left…", "Why?"],
        ["It cost 3.50 euros, e.g. for coffee.", "J. R. Tolkien wrote it."],
        ["He asked “Really?” and left.", "(She stayed.)", "No."],
        ["昨日は京都へ行きました。", "天気が良かった。"],
        ["See https://example.com/a.b for more.", "Done!"],
        ["A line that was wrapped by an editor at some column which is wide enough\nends here.", "Next."],
        ["- 2 eggs", "- 200 g flour", "- a pinch of salt"],
        ["1. Buy bread", "2. Call Anna. ", "10. Sleep"],
        ["| a | b |", "| 1 | 2 |"],
        ["Ingredients", "Two eggs", "Some flour"],
    ],
)
def test_sentences(expected: list[str]) -> None:
    joined = "\n" if "\n" not in expected[0] and expected[0][0] in "-|1I" and expected[0][1] != "t" else " "
    text = joined.join(sentence.strip() for sentence in expected)
    if expected[0].startswith("昨"):
        text = "".join(expected)
    assert split(text) == [sentence.strip() for sentence in expected]


@pytest.mark.parametrize(
    "lines",
    [
        ["11:49 Ada: a line that would be wide enough to have been wrapped by an editor", "11:57 Ben: no worries!"],
        ["Ada (11:49): a line that would be wide enough to have been wrapped by an editor", "Ben (11:57): no"],
        ["--- 2024-02-15 ---", "11:49 Ada: talked about work"],
        ["Ada Lund: 93 Granary Street, Delft; ada@lund.example; born 29 May 1979", "Ben Oka: 15 Lantern Lane, Ghent"],
    ],
)
def test_who_says_it_begins_a_sentence(lines: list[str]) -> None:
    assert split("\n".join(lines)) == lines


def test_blank_lines_end_sentences() -> None:
    assert split("A heading\n\nbody without stop\r\n\r\nmore") == ["A heading", "body without stop", "more"]


def test_what_an_answered_mail_said_is_wrapped_as_prose_is() -> None:
    text = """> On 24 April 2025 at 07:58 Nora wrote:
> Good morning, yesterday evening my bicycle was stolen in front of the
> library, a green tourer, two locks on it. The police report is made.
>
> - one lock
>> and before
"""
    assert split(text) == [
        "> On 24 April 2025 at 07:58 Nora wrote:",
        "> Good morning, yesterday evening my bicycle was stolen in front of the\n"
        "> library, a green tourer, two locks on it.",
        "The police report is made.",
        ">",
        "> - one lock",
        ">> and before",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["Owen (Farida's husband) | 11.12.1975 | forgot", "Hannah | 09.09.1983 | no", "Owen teaches maths here."],
        ["who      | born", "---------|------", "Hannah   | 09.09.1983"],
        ["Call-out          £60.00", "Labour, 2 hrs     £90.00"],
    ],
)
def test_rows_of_plain_tables(lines: list[str]) -> None:
    assert split("\n".join(lines)) == lines


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a single by DJ Snake.The song was long.", ["a single by DJ Snake.", "The song was long."]),
        ("He left in 1949.He died.", ["He left in 1949.", "He died."]),
        ("at full-back.Ludik played here", ["at full-back.", "Ludik played here"]),
        ("threading.Thread objects and java.util.List of x", ["threading.Thread objects and java.util.List of x"]),
        ("see e.g.The, Booking.Com now, v1.2.3", ["see e.g.The, Booking.Com now, v1.2.3"]),
    ],
)
def test_a_space_that_was_left_out(text: str, found: list[str]) -> None:
    assert split(text) == found


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_quoted_blank_line_is_no_part_of_a_sentence(end: str) -> None:
    lines = ["> Could you come at five?", ">", "> The key is under the mat."]
    assert split(end.join(lines) + end) == lines


@pytest.mark.parametrize("mark", ["", "> ", ">  ", "> > > "])
def test_marks_of_quoted_lines_take_no_room(mark: str) -> None:
    lines = [
        "a line of some seventy characters tells how wide the text is wrapped, say",
        "and the next one ends where a long word does not fit on it behind this",
        "Constantinople, which is the capital of nothing any more.",
    ]
    assert split("\n".join(mark + line for line in lines)) == ["\n".join(mark + line for line in lines)]


def test_spans_are_ordered_trimmed_and_lose_no_word() -> None:
    rng = random.Random(3)
    alphabet = [
        "a",
        "B",
        "word",
        ".",
        "!",
        "?",
        "…",
        " ",
        " ",
        "\n",
        "\r\n",
        "\n\n",
        "\t",
        '"',
        "- ",
        "。",
        "é",
        "\u202f",
    ]
    for _ in range(300):
        text = "".join(rng.choices(alphabet, k=rng.randint(0, 60)))
        spans = sentences(text)
        assert all(start < end and text[start:end] == text[start:end].strip() for start, end in spans)
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
        kept = "".join(text[start:end] for start, end in spans)
        assert "".join(kept.split()) == "".join(text.split())


@pytest.mark.parametrize(
    "stamp", ["[22/05/2025, 09:06:48] Bo: ", "22/05/2025, 09:06 - Bo: ", "2025-01-18 07:30:42 WARN ", "[09:06] Bo: "]
)
def test_a_stamp_begins_a_sentence(stamp: str) -> None:
    line = f"{stamp}who shares a room with whom is on the list that hangs at the door of the hut"
    text = "\n".join([line] * 3)
    assert [text[a:b] for a, b in sentences(text)] == [line] * 3


@pytest.mark.parametrize("unit", [".", ".)", "\n", "a\n", " ", ". ", "x"])
def test_hostile_text_takes_linear_time(unit: str) -> None:
    began = time.perf_counter()
    sentences(unit * (400_000 // len(unit)))
    assert time.perf_counter() - began < 5
