"""Chats, single messages, SMS and calls: each line has a speaker, whose "I" and "you" it uses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.training.generator.life import Fact
from engine.training.generator.page import Page
from engine.training.generator.prose import long_date, pick
from engine.training.generator.shell import Shell
from engine.training.generator.values import Person


def chat(page: Page, shell: Shell) -> str:
    other = shell.other()
    _window(page, shell, (shell.life.me, other))
    return pick(page, (
        f"WhatsApp Chat with {other.full}\n", f"Chat with {other.full} > {shell.when:%Y-%m-%d}\n",
        f"{other.first}, {long_date(shell.when)}\n",
    ))  # fmt: skip


def group_chat(page: Page, shell: Shell) -> str:
    others = page.rng.sample(shell.life.core, min(3, len(shell.life.core)))
    involved = [p for fact in shell.facts for p in fact.people() if p is not shell.life.me and not p.title]
    _window(page, shell, tuple(dict.fromkeys([shell.life.me, *involved[:2], *others])))
    name = page.speak("groupname")
    return pick(
        page,
        (
            f"{name}\n",
            f"WhatsApp group {name} > {shell.when:%Y-%m-%d}\n",
            f"{name}, {long_date(shell.when)}\n",
        ),
    )


def message(page: Page, shell: Shell) -> str:
    """One message of a JSON export; date, speaker and the message before are in the context."""
    other, author = shell.other(), _speaker(page, shell, (shell.life.me, shell.other()))
    _monologue(page, shell, author, other if author is shell.life.me else shell.life.me)
    title = page.speak("groupname") if page.rng.random() < 0.2 else f"Chat with {other.full}"
    before = f" (before: {page.speak('talk chat')})" if page.rng.random() < 0.3 else ""
    name = author.first if page.rng.random() < 0.6 else author.full
    return f"{title}, {shell.when:%Y-%m-%d %H:%M}{before}, {name}:\n"


def sms(page: Page, shell: Shell) -> str:
    other, author = shell.other(), _speaker(page, shell, (shell.life.me, shell.other()))
    head = f"SMS {'to' if author is shell.life.me else 'from'} {other.full}"
    inside = page.rng.random() < 0.4
    if inside:
        page.put(f"{head}: ")
    _monologue(page, shell, author, other if author is shell.life.me else shell.life.me)
    return f"{shell.when:%Y-%m-%d %H:%M}\n" if inside else f"{head}, {shell.when:%Y-%m-%d %H:%M}\n"


def call(page: Page, shell: Shell) -> str:
    other, minutes = shell.other(), 1 + int(page.rng.random() * 50)
    way = pick(page, ("incoming", "outgoing", "missed, called back"))
    page.put(f"Call with {other.full}, {shell.when:%Y-%m-%d %H:%M}, {minutes} min, {way}.")
    for fact in shell.facts:
        page.put(" ")
        page.tell(fact)
    while page.words < page.goal // 2 + 10:
        page.chatter("diary")
    return pick(page, ("Call log\n", f"Calls > {other.full}\n", ""))


def _window(page: Page, shell: Shell, speakers: Sequence[Person]) -> None:
    """A stretch of a chat export: one message a line, its stamp and speaker in front."""
    rng, clock, stamp = page.rng, shell.when, int(page.rng.random() * 4)
    names = {id(p): p.full if rng.random() < 0.4 else p.first for p in speakers}
    styles = {id(p): rng.random() < 0.6 for p in speakers}
    todo = shell.facts[:]
    rng.shuffle(todo)
    while (todo or page.words < page.goal) and not page.full:
        fact = todo.pop() if todo and (page.words > page.goal or rng.random() < 0.5) else None
        author = _author(page, fact, speakers)
        reader = next(p for p in speakers if p is not author) if len(speakers) == 2 else None
        page.turn(author, reader, styles[id(author)])
        page.line(f"{_stamp(clock, stamp)}{names[id(author)]}: ")
        if fact:
            page.tell(fact)
        if not fact or rng.random() < 0.15:
            page.chatter("chat")
        clock += timedelta(minutes=int(rng.random() * 9))


def _monologue(page: Page, shell: Shell, author: Person, reader: Person) -> None:
    page.turn(author, reader, page.rng.random() < 0.5)
    todo, goal = shell.facts[:], 20 + page.goal // 4
    while todo or page.words < goal:
        if todo and page.rng.random() < 0.4:
            page.tell(todo.pop())
        else:
            page.chatter(pick(page, ("chat", "mail")))


def _author(page: Page, fact: Fact | None, speakers: Sequence[Person]) -> Person:
    """Who tells the fact: mostly the one it is about; in a group the owner's facts are told by the owner."""
    people = [p for p in fact.people() if p in speakers] if fact else []
    me = speakers[0]
    if me in people and len(speakers) > 2:
        return me
    if people and page.rng.random() < 0.7:
        return people[0]
    return speakers[int(page.rng.random() * len(speakers))]


def _speaker(page: Page, shell: Shell, speakers: Sequence[Person]) -> Person:
    return _author(page, shell.facts[0] if shell.facts else None, speakers)


def _stamp(when: datetime, style: int) -> str:
    if style == 0:
        return f"{when:%d/%m/%Y, %H:%M} - "
    if style == 1:
        return f"[{when:%d.%m.%y, %H:%M:%S}] "
    if style == 2:
        return f"{when.month}/{when.day}/{when:%y, %I:%M %p} - "
    return f"[{when:%H:%M}] "
