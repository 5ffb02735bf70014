"""The few words in front of an answer are whole: a time, what something changed to, a list."""

import pytest

from engine.answering.questions.question import Question
from engine.answering.reading.short import whole

RELEASE = "Release moved from 15 July to 29 July because of the audit."
KITCHEN = "We still need: a tap, two shelf brackets, and silicone."
PRESSURE = "Boiler: pressure between 1.2 and 1.8 bar, top up with the blue tap"
DUES = "Your insurance costs 3,290 kroner a year from 1 January 2025 instead of 2,980."
BANDS = "The Low Lanterns, Wet Stones and The Paper Harbours play on Sunday."


@pytest.mark.parametrize(
    ("question", "text", "run", "lead"),
    [
        ("When did Freya get her violin?", "Freya got her violin on Sept. 3.", "Sept", "Sept. 3"),
        ("When is the offsite?", "It takes place in Delft from 5 to 7 May.", "7 May", "5 to 7 May"),
        ("When is the release?", RELEASE, "15 July", "29 July"),
        ("When is the launch now?", "The launch moves from 15 April to 13 May.", "13 May", "13 May"),
        ("When was the release before?", RELEASE, "15 July", "15 July"),
        ("What changed about the release date?", RELEASE, "15 July", "from 15 July to 29 July"),
        ("Who is the car insured with now?", "Insurance moved from Alpina to Helvia.", "Alpina", "Helvia"),
        ("Who was it insured with before?", "Insurance moved from Alpina to Helvia.", "Alpina", "Alpina"),
        ("How much is it now?", "The price rises from 14.20 to 16.90 euros on 1 May.", "14.20", "16.90 euros"),
        ("What time do rehearsals begin?", "We rehearse from 19:00 to 21:00.", "19:00", "19:00"),
        ("What time does it begin?", "The course goes from 19:00 to 21:00.", "19:00", "19:00"),
        ("When is it?", "It was moved from the 18th to the 25th of November.", "18th", "the 25th of November"),
        ("How much is the fee?", "The fee was raised from 300 to an unbelievable 450 kr.", "450 kr", "450 kr"),
        ("What do we still need?", KITCHEN, "a tap", "a tap, two shelf brackets, and silicone"),
        ("What do we still need?", KITCHEN, "two shelf brackets", "a tap, two shelf brackets, and silicone"),
        ("How much is my insurance?", DUES, "2,980", "3,290 kroner a year"),
        ("How much was my insurance before?", DUES, "2,980", "2,980"),
        ("What changed about my insurance?", DUES, "2,980", "3,290 kroner a year from 1 January 2025 instead of 2,980"),
        ("What pressure should it have?", PRESSURE, "1.2", "between 1.2 and 1.8 bar"),
        ("What pressure should it have?", PRESSURE, "1.8 bar", "between 1.2 and 1.8 bar"),
        ("What is the minimum pressure?", PRESSURE, "1.2", "1.2"),
        ("When can I collect it?", "Open between 9 and 11 in the morning.", "9", "between 9 and 11"),
        ("Who was present?", "Present: Ada Moe (chair), Ben Lie", "Ada Moe", "Ada Moe (chair), Ben Lie"),
        ("Who is the chair?", "Present: Ada Moe (chair), Ben Lie", "Ada Moe", "Ada Moe"),
        ("Which bands play?", BANDS, "The Low Lanterns", "The Low Lanterns, Wet Stones and The Paper Harbours"),
        ("Which band played first?", BANDS, "The Low Lanterns", "The Low Lanterns"),
        ("Which medicines does he take?", "He put me on naproxen, and I have to rest.", "naproxen", "naproxen"),
        ("Which dishes are there?", "There is soup and Lena brings bread.", "soup", "soup"),
        ("What does Maja like?", "Maja likes tea and reads.", "tea", "tea"),
    ],
)
def test_a_run_gets_what_belongs_to_it(question: str, text: str, run: str, lead: str) -> None:
    start = text.index(run)
    first, last = whole(Question.of(question), text, start, start + len(run))
    assert text[first:last] == lead


def test_a_list_beyond_a_line_leads_by_its_first_thing() -> None:
    text = "We need: " + ", ".join(f"thing number {n} of the list" for n in range(9)) + " and rope."
    start = text.index("thing number 0")
    run = (start, start + len("thing number 0 of the list"))
    assert whole(Question.of("What do we need?"), text, *run) == run
