"""What leads an answer: the few words that say it, by what kind of question it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.answering.comparing import Comparing
from engine.answering.evidence.lists import in_a_row
from engine.answering.evidence.owner import Owner
from engine.answering.evidence.particular import particular
from engine.answering.evidence.verdict import verdict
from engine.answering.quote import Quoted
from engine.answering.reading.brief import brief
from engine.answering.reading.short import MOST
from engine.answering.texts.describing import Described
from engine.answering.totals import is_of_several

if TYPE_CHECKING:
    from engine.answering.quoting import Quoting


def leading(asked: Quoting, quoted: Quoted) -> tuple[str, float]:
    """The short answer that the first sentence holds, and its probability: a run of its words, for `when` the day that
    it means, yes or no where it plainly says so. Nothing where the run has no word of its own."""
    if asked.whole is not None and quoted is asked.whole.quoted:
        return (asked.whole.short, quoted.score) if 0 < len(asked.whole.short.split()) <= MOST else ("", 0.0)
    first = quoted.sentences[0]
    if isinstance(asked.comparing, Comparing):
        return "", 0.0  # one of the two it would have to be
    if asked.choice is not None:
        chosen = asked.choice.of((first, *asked.heard), asked.question.names)
        return (chosen, quoted.score) if chosen is not None else ("", 0.0)
    if asked.question.is_yes_no:
        found = verdict(asked.question, first.text, first.near, first.covered)
        owner = Owner.of(asked.question, asked.passages)
        if owner is not None and owner.is_of_another(asked.passages[first.document], first):
            return "", 0.0  # "Nadja moved to Porto" says nothing of where I live
        return (found, quoted.score) if found is not None else ("", 0.0)
    if asked.gathered is not None:
        return ", ".join(asked.gathered.things), quoted.score
    if quoted.is_list and (items := in_a_row(quoted.told)) and len(items.split()) <= MOST:
        return items, quoted.score
    if told := asked.explanation(first):
        return (told, quoted.score) if len(told.split()) <= MOST else ("", 0.0)
    if isinstance(asked.explained, Described) and asked.explained.is_somebody:
        return "", 0.0  # another name beside theirs is not who they are
    if is_of_several(asked.question, first, asked.heard):
        return "", 0.0
    if found := particular(asked.question, first.text):
        return found, quoted.score
    reading = asked.hearing.readings.get(first.place)
    if reading is None:
        return "", 0.0
    return brief(asked.question, first, asked.passages[first.document], reading, asked.trust, quoted.score)
