"""The forms documents take, and the shells (form, date, people) that facts are placed in before writing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from engine.training.generator import messages, prose, records
from engine.training.generator.life import Fact, Life
from engine.training.generator.page import Page
from engine.training.generator.shell import Shell
from engine.training.generator.values import Voice

Writer = Callable[[Page, Shell], str]  # writes the text into the page and gives the context


@dataclass(frozen=True, slots=True)
class Form:
    """`topics` empty: any fact. `shared` slots are the same in all facts of a document, if they can be."""

    name: str
    weight: int
    facts: tuple[int, int]
    write: Writer
    personal: bool = True  # written by or to the owner, who is "I" or "you" in it
    topics: frozenset[str] = field(default_factory=frozenset)
    shared: tuple[str, ...] = ()

    def takes(self, fact: Fact, life: Life) -> bool:
        if self.topics and not self.topics & fact.frame.about:
            return False
        return self.personal or life.me not in fact.people()


def _form(
    name: str, weight: int, facts: tuple[int, int], write: Writer, topics: str = "", shared: str = "",
    *, personal: bool = True,
) -> Form:  # fmt: skip
    return Form(name, weight, facts, write, personal, frozenset(topics.split()), tuple(shared.split()))


FORMS = (
    _form("diary", 12, (1, 4), prose.diary),
    _form("phone note", 8, (1, 3), prose.phone_note),
    _form("wiki", 7, (1, 4), prose.wiki, personal=False),
    _form("mail", 10, (0, 3), prose.mail),
    _form("minutes", 6, (2, 5), prose.minutes, "work", "project", personal=False),
    _form("manual", 3, (2, 4), prose.manual, "manual", "device model", personal=False),
    _form("contract", 3, (1, 3), prose.contract, "contract", "contract", personal=False),
    _form("recipe", 3, (1, 3), prose.recipe, "recipe", "dish", personal=False),
    _form("chat", 11, (1, 4), messages.chat),
    _form("group chat", 5, (1, 4), messages.group_chat),
    _form("message", 9, (1, 1), messages.message),
    _form("sms", 5, (1, 1), messages.sms),
    _form("call", 3, (0, 1), messages.call),
    _form("list", 6, (2, 5), records.bullet_list),
    _form("table", 5, (3, 6), records.table),
    _form("log", 3, (1, 3), records.log, "tech", "host", personal=False),
    _form("invoice", 2, (1, 2), records.invoice, "invoice", "org", personal=False),
    _form("calendar", 4, (1, 1), records.calendar, "health trip event work daily course"),
    _form("notification", 3, (1, 1), records.notification, "money daily trip tech", personal=False),
    _form("photo", 3, (1, 1), records.photo, "photo leisure trip event"),
)
WEIGHTS = [form.weight for form in FORMS]


def shells(rng: random.Random, life: Life, size: int) -> list[Shell]:
    """`size` empty documents over one to three years, in no order; one in ten will hold no fact."""
    begin = datetime.combine(life.begin, time(7))
    span = 365 * (1 + int(rng.random() * 3))
    made = []
    for form in rng.choices(FORMS, WEIGHTS, k=size):
        when = begin + timedelta(int(rng.random() * span), minutes=int(rng.random() * 960))
        low, high = form.facts
        capacity = 0 if rng.random() < 0.07 and not form.topics else low + int(rng.random() * (high - low + 1))
        made.append(Shell(form.name, when, capacity, life))
    return made


def write(rng: random.Random, life: Life, shell: Shell) -> tuple[str, str]:
    """(context, text) of the shell; its facts learn where they were told."""
    form = BY_NAME[shell.form]
    page = Page(rng, life, Voice(life.me if form.personal else None, None, shell.when.date()))
    context = form.write(page, shell)
    return context, page.text.rstrip()


BY_NAME = {form.name: form for form in FORMS}
