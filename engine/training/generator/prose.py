"""Documents in sentences: diary, notes, wiki pages, mails, minutes, manuals, contracts, recipes."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.training.generator.life import Fact
from engine.training.generator.page import Page
from engine.training.generator.shell import Shell
from engine.training.generator.values import DAYS, MONTHS, Plain


def diary(page: Page, shell: Shell) -> str:
    _mix(page, shell, "diary")
    day, title = long_date(shell.when), pick(page, ("Diary", "Journal", "daily", "Logbook"))
    return pick(
        page,
        (
            f"{title} > {day}\n",
            f"{shell.when:%Y-%m-%d}\n",
            f"{title}, {day}\n",
            f"{title}/{shell.when:%Y-%m-%d}\n",
        ),
    )


def phone_note(page: Page, shell: Shell) -> str:
    page.turn(shell.life.me, casual=page.rng.random() < 0.6)
    _mix(page, shell, "note", lines=page.rng.random() < 0.5)
    title = page.speak("notetitle")
    return pick(page, (f"{title}\n", f"Note, {shell.when:%Y-%m-%d %H:%M}\n", f"Notes > {title}\n", ""))


def wiki(page: Page, shell: Shell) -> str:
    _mix(page, shell, "note", bullets=page.rng.random() < 0.35)
    title, topic = page.speak("notetitle"), page.speak("notetitle")
    about = min(shell.facts[0].frame.about).capitalize() if shell.facts else topic
    return pick(page, (f"{title} > {topic}\n", f"{about}\n", f"{title} > {about}\n", f"{topic}\n"))


def mail(page: Page, shell: Shell) -> str:
    me, other = shell.life.me, shell.other()
    author, reader = (other, me) if page.rng.random() < 0.6 else (me, other)
    page.turn(author, reader)
    page.put(page.speak("greeting", reader.first) + ",\n\n")
    facts = shell.facts[:]
    quoted = facts.pop() if len(facts) > 1 and page.rng.random() < 0.4 else None
    _mix(page, shell, "mail", facts=facts)
    page.put(f"\n\n{page.speak('closing')}\n{author.first if page.rng.random() < 0.7 else author.full}")
    if quoted and not page.full:
        before = shell.when - timedelta(hours=1 + int(40 * page.rng.random()))
        page.put(f"\n\nOn {long_date(before)} {reader.full} wrote:\n> ")
        page.turn(reader, author)
        if page.rng.random() < 0.5:
            page.chatter("mail")
            page.put("\n> ")
        page.tell(quoted)
    subject = page.speak("mailsubject")
    return pick(page, (
        f"{subject} > {author.full}, {shell.when:%Y-%m-%d %H:%M}\n",
        f"{subject}\nFrom: {author.full} To: {reader.full}, {long_date(shell.when)}\n",
        f"Mail from {author.full} to {reader.full}, {shell.when:%Y-%m-%d}: {subject}\n",
    ))  # fmt: skip


def minutes(page: Page, shell: Shell) -> str:
    present = page.rng.sample(shell.life.people, min(4, len(shell.life.people)))
    if page.rng.random() < 0.5:
        page.put(f"Present: {', '.join(person.full for person in present)}.\n")
    _mix(page, shell, "work", bullets=page.rng.random() < 0.6)
    project = next((str(f.values["project"].accepted[0]) for f in shell.facts if "project" in f.values), "Team")
    item = page.speak("issue").capitalize()
    return pick(page, (
        f"Minutes > {item}\n", f"{project}, {shell.when:%Y-%m-%d} > {item}\n",
        f"Minutes {project} {long_date(shell.when)}\n", f"Meeting notes > {project}\n",
    ))  # fmt: skip


def manual(page: Page, shell: Shell) -> str:
    _mix(page, shell, "manual", bullets=page.rng.random() < 0.3)
    facts = shell.facts
    device = (
        f"{_value(shell, 'device')} {_value(shell, 'model')}".strip().capitalize() if facts else page.speak("device")
    )
    chapters = ("Troubleshooting", "Care", "Technical data", "Safety", "Maintenance", "Operation")
    return f"{device} > {pick(page, chapters)}\n"


def contract(page: Page, shell: Shell) -> str:
    _mix(page, shell, "contract")
    section = 1 + int(page.rng.random() * 18)
    name = _value(shell, "contract") or page.speak("contract")
    return pick(
        page,
        (f"{name[:1].upper()}{name[1:]} > Section {section}\n", f"{name}, page {section}\n", f"{name}.pdf\n"),
    )


def recipe(page: Page, shell: Shell) -> str:
    _mix(page, shell, "recipe", lines=page.rng.random() < 0.3)
    name = _value(shell, "dish") or page.speak("dish")
    return pick(page, (f"Recipes > {name[:1].upper()}{name[1:]}\n", f"{name}\n", f"Cookbook > {name} > Method\n"))


def _mix(
    page: Page,
    shell: Shell,
    kind: str,
    *,
    facts: list[Fact] | None = None,
    bullets: bool = False,
    lines: bool = False,
) -> None:
    """Facts in random order among sentences of small talk, until the page's goal is reached."""
    rng = page.rng
    todo = shell.facts[:] if facts is None else facts
    rng.shuffle(todo)
    mark = pick(page, ("- ", "* ", "• ", "- [ ] ")) if bullets else ""
    first = True
    while (todo or page.words < page.goal) and not page.full:
        if bullets or lines:
            page.put(mark if first else "\n" + mark)
        elif not first and rng.random() < 0.12:
            page.put("\n\n")
        first = False
        if todo and (page.words > page.goal or rng.random() < 0.5):
            page.tell(todo.pop(), "line" if (bullets or lines) and rng.random() < 0.3 else "say")
        else:
            page.chatter(kind)


def _value(shell: Shell, slot: str) -> str:
    value = next((fact.values[slot] for fact in shell.facts if slot in fact.values), Plain(""))
    return value.accepted[0]


def long_date(when: datetime) -> str:
    return f"{DAYS[when.weekday()]} {when.day} {MONTHS[when.month - 1]} {when.year}"


def pick(page: Page, options: tuple[str, ...]) -> str:
    return options[int(page.rng.random() * len(options))]
