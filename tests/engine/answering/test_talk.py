"""Who says what: turns of chats and transcripts, and whom "I" and "you" stand for."""

from __future__ import annotations

import pytest

from engine.answering.evidence.sentences import FEATURES, score_sentences
from engine.answering.questions.question import Question
from engine.answering.texts.surroundings import surroundings
from engine.answering.texts.talk import Talk
from engine.library import Passage
from ingest.sentences import sentences

CHAT = """Owen: I hit a deer. I'm fine.
Nadia: Were you in the car?
It was dark, I suppose.
Owen: On the hill road, on Wednesday."""
EXPORT = "[03/02/2025, 09:31:07] Jonas Ekström: My choir was there.\n[03/02/2025, 09:35:41] Priya Raman: And you?"


def passage(text: str) -> Passage:
    return Passage(1, "Chat\n", text, list(sentences(text)))


def test_turns_go_on_until_the_next_speaker() -> None:
    turns = Talk.of(CHAT).turns
    assert [turn.speaker for turn in turns] == ["Owen", "Nadia", "Owen"]
    assert [CHAT[turn.said : turn.end].strip() for turn in turns] == [
        "I hit a deer. I'm fine.", "Were you in the car?\nIt was dark, I suppose.", "On the hill road, on Wednesday.",
    ]  # fmt: skip
    assert "".join(CHAT[turn.start : turn.end] for turn in turns) == CHAT


def test_numbers_may_be_part_of_a_name() -> None:
    assert [turn.speaker for turn in Talk.of("SPEAKER_00: Hi.\nSPEAKER_01: Hi.\nSPEAKER_00: Well?").turns][1:] == [
        "SPEAKER_01", "SPEAKER_00",
    ]  # fmt: skip


def test_stamps_belong_to_no_name() -> None:
    assert [turn.speaker for turn in Talk.of(EXPORT).turns] == ["Jonas Ekström", "Priya Raman"]


@pytest.mark.parametrize(
    "text",
    [
        "Joost (11:34): done with it\nEsther (11:35): good",
        "[11:34] Joost: done with it\n[11:35] Esther: good\n[11:36] Joost: yes",
        "11:34 Joost: done with it\n11:35 Esther: good\n11:36 Esther: so",
        "Joost: done with it\nEsther: good\nJoost: yes",
        "**Joost:** done with it\n**Esther:** good\n**Joost:** yes",
        "**Joost**: done with it\n**Esther**: good\n**Joost**: yes",
        "**Joost** (11:34): done with it\n**Esther** (11:35): good\n**Joost** (11:36): yes",
        "Joost 🌻: done with it\nEsther ☕️: good\nJoost 🌻: yes",
        "<Joost> done with it\n<Esther> good\n[11:36] <Joost> yes",
        'Joost said, "Done with it."\nEsther said, "Good."\nJoost said, "Yes."',
        "[8 May 2023 11:34] Joost: done with it\n[8 May 2023 11:35] Esther: good",
        "May 8, 2023 11:34 AM - Joost: done with it\nMay 8, 2023 11:35 AM - Esther: good",
        "Joost  11:34\nI am done\n\nEsther  11:35\ngood\n\nJoost  11:36\nyes\n\nEsther  11:37\nfine",
        "Joost [11:34 AM]\nI am done\nEsther [11:35 AM]\ngood\nJoost [11:36 AM]\nyes\nEsther [11:37 AM]\nfine",
        "Joost — 08/05/2023 11:34\nI am done\nEsther — Today at 11:35\ngood\nJoost — Today at 11:36\nyes\n"
        "Esther — Today at 11:37\nfine",
        "Joost:\r\nI am done\r\nEsther:\r\ngood\r\nJoost:\r\nyes\r\nEsther:\r\nfine",
        'Joost wrote: "I am done."\nEsther wrote: "Good."\nJoost said, "Yes."',
        "Joost:\nI am done\nEsther:\ngood\nJoost:\nyes\nEsther:\nfine",
    ],
)
def test_times_of_day_belong_to_no_name(text: str) -> None:
    assert [turn.speaker for turn in Talk.of(text).turns][:2] == ["Joost", "Esther"]


def test_a_time_of_day_is_an_answer_unless_it_belongs_to_a_name() -> None:
    lunch = Question.of("What time is lunch?")
    assert lunch.expects("12:30 Soup: with bread")
    assert not lunch.expects("Joost (12:30): soup with bread")


@pytest.mark.parametrize(
    "text",
    [
        "9:00 Breakfast: eggs\n12:30 Lunch: soup\n18:00 Dinner: fish",
        "9:15 dentist\n10:00 bus\n11:30 train",
        "Water: off since May.\nGas: on.\nStopcock: under the stairs.",
        "Ask Daniel: he knows.\nThen we went home, all of us.\nIt rained.",
        "month: 2024-10; item: water\nmonth: 2024-11; item: gas",
        "[2025-05-01 21:30:42] warning: skipped a file\n[2025-05-01 21:31:00] error: disk full",
        "https://example.org and 12:30 are no speakers",
        "Monday:\nI teach at Hill School.\nTuesday:\nI teach yoga.\nMonday:\nwe meet Ruth.\nTuesday:\nI sleep.",
        "Backup:\n- disk A\nRestore:\n- I tested it in May\nBackup:\n- disk B\nRestore:\n- we need a key",
        "Dough:\nknead it\nFilling:\nstir it\nDough:\nbake it\nFilling:\ncool it",
        "Lunch 12:30\nCoffee 15:00\nLunch 12:30\nCoffee 15:00",
        "Ingredients:\nflour\nsugar\nbutter\nIngredients:\neggs\nmilk\ncream",
        "Received: by a.example\nX-List:\n\ta\n\tb\nReceived: by b.example\n\tand c\n\tand d\n\tand e\nReturn:\n\tf",
        "",
    ],
)
def test_other_lines_with_colons_are_no_talk(text: str) -> None:
    assert Talk.of(text).turns == ()


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("I", "Owen"),
        ("I'm", "Owen"),
        ("my", "Owen"),
        ("you", "Nadia"),
        ("Your", "Nadia"),
        ("deer", "deer"),
        ("It", "It"),
    ],
)
def test_whom_a_word_stands_for(word: str, name: str) -> None:
    assert Talk.of(CHAT).named(word, CHAT.index("hit")) == name


def test_you_is_nobody_where_three_talk() -> None:
    talk = Talk.of(CHAT + "\nTheo: You should have called me.")
    assert talk.named("you", len(CHAT) + 8) == "you"
    assert talk.named("me", len(CHAT) + 8) == "Theo"


def test_a_sentence_tells_of_who_says_it() -> None:
    held = passage(CHAT)
    for asked, right in (("When did Owen hit the deer?", True), ("When did Nadia hit the deer?", False)):
        question = Question.of(asked)
        found = score_sentences(question, dict.fromkeys(question.stems, 1.0), [held], {1: 1.0})
        told = next(sentence for sentence in found if "deer" in sentence.text)
        assert (told.near == frozenset(question.stems)) is right


def test_what_is_asked_in_one_turn_is_answered_in_the_next() -> None:
    held = passage(CHAT)
    beside = surroundings(held.sentences, Talk.of(CHAT))
    texts = [[CHAT[slice(*held.sentences[at])] for at in range(*span)] for span in beside]
    assert (
        texts[0]
        == texts[1]
        == ["Owen: I hit a deer.", "I'm fine.", "Nadia: Were you in the car?", "It was dark, I suppose."]
    )
    assert len(texts[2]) == len(held.sentences)
    assert surroundings([(0, 3), (4, 9), (10, 12)], Talk(())) == [(0, 2), (0, 3), (1, 4)]


MAIL = "I handle your claim.\nWe need the number.\n> I reported it\n> on Friday.\nViktor"


def test_the_writer_of_a_mail_is_its_i_but_not_that_of_what_it_quotes() -> None:
    talk = Talk.of(MAIL, [(0, "Viktor Sandell")])
    assert talk.named("I", 0) == "Viktor"
    assert talk.people(0, 20) == "Viktor Sandell"
    assert talk.people(21, 40) == ""  # tells of nobody it does not name
    assert talk.named("I", MAIL.index("reported")) == "I"
    assert Talk.of(CHAT, [(0, "Viktor")]).named("I", CHAT.index("hit")) == "Owen"


def test_who_a_mail_is_from_answers_who_does_it() -> None:
    held = Passage(1, "", MAIL, list(sentences(MAIL)), writers=[(0, "Viktor Sandell")])
    question = Question.of("Who handles our claim?")
    best = score_sentences(question, dict.fromkeys(question.stems, 1.0), [held], {1: 1.0})[0]
    assert best.text == "I handle your claim."
    assert best.features[FEATURES.index("kind")] == 1.0


@pytest.mark.parametrize(
    ("me", "at", "said", "others"),
    [
        (["Owen"], "Were you", False, False),  # to me
        (["Owen"], "The road", False, False),  # not of herself
        (["Nadia"], "I'm fine", False, True),
        (["Owen"], "The road", True, True),
        (["Nadia"], "I hit", False, True),
        (["Owen Reed", "Owen"], "I hit", True, False),
        ([], "I hit", True, False),  # nobody knows who asks
    ],
)
def test_what_others_say_of_themselves_is_not_of_me(me: list[str], at: str, said: bool, others: bool) -> None:
    text = f"{CHAT}\nNadia: The road is icy.\n"
    place = text.index(at)
    assert Talk.of(text).is_of_others(place, text.index("\n", place), said, me) is others


def test_what_an_assistant_drafts_may_be_of_me() -> None:
    talk = Talk.of("We ask for 8 per cent.", [(0, "ChatGPT")])
    assert not talk.is_of_others(0, 22, True, ["Owen"])
