"""Whom and where a question means by a relation, and what sentences call them."""

from __future__ import annotations

import time

import pytest
from rare import asked_of

from engine.answering.evidence.particular import particular
from engine.answering.questions.nested import nested_of
from engine.answering.questions.placing import in_in
from engine.answering.questions.question import Question
from engine.answering.questions.relations import of_in
from engine.answering.texts.lives import day_of, event_of, ordered, place_of
from engine.answering.texts.naming import named
from engine.answering.words.countries import countries_in, peoples

TAKEN_APART = [
    ("When was the director of film Amar Sangi born?", "Who directed Amar Sangi?", "When was Gwen born?"),
    (
        "What is the date of birth of the performer of song Get Low (Dillon Francis Song)?",
        "Who performed Get Low (Dillon Francis Song)?",
        "When was Gwen born?",
    ),
    ("Where was the place of death of Anna Van Egmont's husband?", "Who is the husband of Anna Van Egmont?",
     "Where did Gwen die?"),
    ("When is Philip Iv Of Spain's father's birthday?", "Who is the father of Philip Iv Of Spain?",
     "When is Gwen's birthday?"),
    ("Who is Arghun's paternal grandfather?", "Who is the father of Arghun?", "Who is the father of Gwen?"),
    ("Who is the mother-in-law of Nadia Kaplan?", "Who is the spouse of Nadia Kaplan?", "Who is the mother of Gwen?"),
    ("Who is the child of the director of film Devotion?", "Who directed Devotion?", "Who is the child of Gwen?"),
    ("Where does Farida's husband work?", "Who is the husband of Farida?", "Where does Gwen work?"),
    ("What body of water is near the city where Karel Purkyně died?", "Where did Karel Purkyně die?",
     "What body of water is near Gwen?"),
    ("What is the population of the state where Dodge City is located?", "In which state is Dodge City located?",
     "What is the population of Gwen?"),
    ("What is the most popular hotel in Gisvi's city of birth?", "Where was Gisvi born?",
     "What is the most popular hotel in Gwen?"),
    ("What is the enrollment at the school that owns the Miami Hurricane?", "Which school owns the Miami Hurricane?",
     "What is the enrollment at Gwen?"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "first", "second"), TAKEN_APART)
def test_taken_apart(asked: str, first: str, second: str) -> None:
    nested = nested_of(asked)
    assert nested is not None
    assert (nested.first, nested.second("Gwen")) == (first, second)


@pytest.mark.parametrize(
    "asked",
    [
        "Who is the father of Arghun?",  # whom alone
        "Who is Farida's husband?",
        "Who is the director of Amar Sangi?",
        "What does my father's doctor say?",  # nobody by name
        "Where is the country house?",
        "When did the director call?",
        "Who played in Son Of Skip James?",
    ],
)
def test_left_whole(asked: str) -> None:
    nested = nested_of(asked)
    assert nested is None or nested.of is None


NAMED = [
    ("director", "Amar Sangi", "Amar Sangi is a 1987 Bengali film directed by Sujit Guha and produced by Dipti Pal.",
     "Sujit Guha"),
    ("director", "Helmiä", "Helmiä is a Finnish comedy film directed and written by Perttu Leppä, starring Laura Birn.",
     "Perttu Leppä"),
    ("performer", "Get Low", "“Get Low” is a 2014 single by American electronic music producer Dillon Francis.",
     "Dillon Francis"),
    ("performer", "Meant for You", "It was written by David Lasley, and recorded by Debra Laws.", "Debra Laws"),
    ("father", "Hubertus", "He is the third child of Prince Johann Georg of Hohenzollern and of his wife Birgitta.",
     "Prince Johann Georg of Hohenzollern"),
    ("mother", "Hubertus", "He is the third child of Prince Johann Georg of Hohenzollern and of his wife Birgitta.",
     "Birgitta"),
    ("husband", "Anna van Egmont", "Anna became the first wife of William the Silent.", "William the Silent"),
    ("husband", "Farida", "Owen (Farida's husband) | 11.12.1975", "Owen"),
    ("mother", "Maren", "Inge (Maren's mother, from Oslo)", "Inge"),
    ("son", "Garbiñe", "Arne, Tía Pilar, Garbiñe + son Xabier (the cook)", "Xabier"),
    ("wife", "Tom", "Tom's wife is called Priya.", "Priya"),
    ("director", "Marketing", "The director of Marketing is Ines Falk.", "Ines Falk"),
    ("founder", "the school", "The school was founded in 1920 by Edwin Slosson.", "Edwin Slosson"),
]  # fmt: skip


@pytest.mark.parametrize(("noun", "whose", "text", "name"), NAMED)
def test_who_is_named(noun: str, whose: str, text: str, name: str) -> None:
    assert next(named(noun, whose, text)) == name


@pytest.mark.parametrize(
    ("noun", "whose", "text"),
    [
        ("director", "Amar Sangi", "Amar Sangi is an American film of 1987."),
        ("husband", "Farida", "Farida sold her bicycle to Owen."),
        ("father", "Hubertus", "Hubertus was a count and a skier."),
        ("wife", "Tom", "Anna married Ben Harker in Leeds."),
        ("wife", "Tom", "My wife Sarah likes tea."),
        ("brother", "Anna", "His brother Karl said hi to Anna."),
    ],
)
def test_nobody_is_named(noun: str, whose: str, text: str) -> None:
    assert list(named(noun, whose, text)) == []


def test_who_speaks_of_my_husband() -> None:
    text = "My husband Tamás, who's a forester, says so."
    assert list(named("husband", "Zsófia", text)) == []
    assert list(named("husband", "Zsófia", text, speaks=True)) == ["Tamás"]


def test_where_something_is() -> None:
    county = in_in("What county shares a border with the county in which Johnnycake is located?")
    assert county is not None
    assert next(county.named("Johnnycake is in McDowell County, West Virginia, United States.")) == "McDowell County"
    state = in_in("Who governs the state where Johnnycake is located?")
    assert state is not None
    assert next(state.named("Johnnycake is in McDowell County, West Virginia, United States.")) == "West Virginia"
    country = in_in("What is the capital of the country containing Nugegoda?")
    assert country is not None
    assert next(country.named("Nugegoda is a suburb of Colombo, Sri Lanka.")) == "Sri Lanka"
    born = in_in("What river runs through the birthplace of Meehan Bonnar?")
    assert born is not None
    assert (
        next(born.named("Meehan Bonnar (born April 20, 1947, in Fredericton, New Brunswick) played.")) == "Fredericton"
    )


LIVES = [
    ("Maria Clementina of Austria (24 April 1777 – 15 November 1801) was an archduchess.",
     "24 April 1777", "15 November 1801", None, None),
    ("Paul Scardon( 6 May 1874 in Melbourne, Victoria – 17 January 1954 in Fontana, California) was an actor.",
     "6 May 1874", "17 January 1954", "Melbourne, Victoria", "Fontana, California"),
    ("Mario Costa( Rome, 30 May 1904 – Rome, 22 October 1995) was Italian.",
     "30 May 1904", "22 October 1995", "Rome", "Rome"),
    ("Perttu Leppä (born 8 February 1964 in Joensuu, Finland) directs.", "8 February 1964", None, "Joensuu, Finland",
     None),
    ("He was born in Norborne, Missouri and died in Glendale, California.", None, None, "Norborne, Missouri",
     "Glendale, California"),
    ("Grandpa (1901-1980) kept bees.", "1901", "1980", None, None),
    ("The film (2011) is long.", None, None, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "born", "died", "birthplace", "place"), LIVES)
def test_lives(text: str, born: str | None, died: str | None, birthplace: str | None, place: str | None) -> None:
    assert (day_of(text, "born"), day_of(text, "died")) == (born, died)
    assert (place_of(text, "born"), place_of(text, "died")) == (birthplace, place)


def test_days_in_order() -> None:
    written = ["1999-12-31", "May 4, 2012", "15th of November 1801", "22.08.1984", "1901"]
    assert [ordered(day) for day in written] == [
        (1999, 12, 31),
        (2012, 5, 4),
        (1801, 11, 15),
        (1984, 8, 22),
        (1901, 0, 0),
    ]
    assert ordered("soon") is None
    assert [event_of(q) for q in ("When did she die?", "What is her birthday?", "Who sings?")] == ["died", "born", None]


def test_countries_and_their_people() -> None:
    found = countries_in("A Dutch film shot in Kansas, and the U.S. premiere; Polish subtitles, but polished ones.")
    assert [country for _, country in found] == ["Netherlands", "United States", "United States", "Poland"]
    assert "Dutch" in peoples()
    assert "Kansas" not in peoples()


@pytest.mark.parametrize(
    ("asked", "text", "answer"),
    [
        ("When did Max Varnel die?", "Max Varnel (21 March 1925 – 15 January 1996) directed.", "15 January 1996"),
        ("Where was Perttu Leppä born?", "Perttu Leppä (born 8 February 1964 in Joensuu) directs.", "Joensuu"),
        ("What nationality is Max Varnel?", "Max Varnel, from Paris, was an Australian director.", "Australian"),
        ("Which country is Anna from?", "Anna grew up in Norway, of Danish parents.", "Danish"),
        ("Who is the father of Howard Gould?", "Howard Gould was a financier and the son of Jay Gould.", "Jay Gould"),
        ("When did Max Varnel move?", "Max Varnel (21 March 1925 – 15 January 1996) moved.", None),
        ("Who is the teacher of Howard Gould?", "Howard Gould was the son of Jay Gould.", None),
    ],
)
def test_the_form_of_a_sentence_gives_it_away(asked: str, text: str, answer: str | None) -> None:
    assert particular(Question.of(asked), text) == answer


@pytest.mark.parametrize(
    "unit", ["the director of ", "A's father ", "Anna and ", "the city where A ", "A ", "born in A, "]
)
def test_long_questions_and_sentences_take_little_time(unit: str) -> None:
    began = time.perf_counter()
    text = unit * 20_000
    nested_of(text)
    of_in(text)
    in_in(text)
    list(named("father", "Anna", text))
    list(named("director", "Anna", text))
    day_of(text, "born")
    place_of(text, "died")
    assert time.perf_counter() - began < 5


TEXTS = (
    "Owen (Farida's husband) | 11.12.1975 | forgot 2022\nFarida | 30.05.1979 | good chocolate",
    "Owen teaches maths at Allerton Grange.",
    "Anna married Ben Harker on 12 July 2014 in York. Ben works for Arup in Manchester.",
    "Tom's wife is called Priya. Priya is a nurse.",
    "The director of Marketing is Ines Falk. Ines Falk wants the slides by Friday.",
    "Amar Sangi is a 1987 Bengali film directed by Sujit Guha.",
    "Sujit Guha (born 23 July 1950 in Jessore) is a Bengali film director.",
)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("When was Farida's husband born?", "11.12.1975"),
        ("Where does Farida's husband work?", "Allerton Grange"),
        ("What does the director of Marketing want?", "the slides"),
        ("When was the director of film Amar Sangi born?", "23 July 1950"),
    ],
)
def test_answered_through_a_relation(asked: str, answer: str) -> None:
    quoting = asked_of(asked, TEXTS)
    quoted = quoting.chosen()
    assert quoted is not None
    assert quoting.span(quoted)[0] == answer
