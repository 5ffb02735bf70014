"""Documents in lines: lists, tables, logs, invoices, calendar items, notifications, photo captions."""

from __future__ import annotations

from datetime import timedelta

from engine.training.generator.page import Page
from engine.training.generator.prose import long_date, pick
from engine.training.generator.shell import Shell


def bullet_list(page: Page, shell: Shell) -> str:
    mark = pick(page, ("- ", "* ", "+ ", "• ", "- [ ] "))
    todo = shell.facts[:]
    while (todo or page.words < page.goal // 2 + 12) and not page.full:
        page.line(mark)
        if todo and page.rng.random() < 0.7:
            page.tell(todo.pop(), "line")
        else:
            page.chatter("note", end="")
    title = page.speak("notetitle")
    return pick(page, (f"{title}\n", f"Lists > {title}\n", f"{title}.md\n", f"{title}, {shell.when:%Y-%m-%d}\n"))


def table(page: Page, shell: Shell) -> str:
    head = shell.facts[0].frame.table if shell.facts else None
    title = page.speak("notetitle")
    if page.rng.random() < 0.5 or not head:
        page.chatter("note")
        page.put("\n\n")
    if head:
        columns = head[0].split("; ")
        page.put(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
        title = columns[-1] if page.rng.random() < 0.4 else title
        for fact in shell.facts:
            page.line("| ")
            page.tell(fact, "table")
            page.put(" |")
        page.put("\n\n")
    while page.words < 24:
        page.chatter("note")
    return pick(page, (f"{title}\n", f"Tables > {title}\n", f"{title}.md > Overview\n"))


def log(page: Page, shell: Shell) -> str:
    clock, todo = shell.when, shell.facts[:]
    host = todo[0].values["host"].accepted[0] if todo and "host" in todo[0].values else page.speak("host")
    while todo or page.words < page.goal // 2 + 15:
        level = pick(page, ("INFO", "WARN", "ERROR", "notice", "DEBUG", "info"))
        page.line(f"{clock:%Y-%m-%d %H:%M:%S} {level} ")
        if todo and page.rng.random() < 0.4:
            page.tell(todo.pop(), "line")
        else:
            page.put(f"{host}: ")
            page.chatter("logline", end="")
        clock += timedelta(seconds=int(page.rng.random() * 900))
    return pick(page, (f"{host}.log\n", f"syslog {shell.when:%Y-%m-%d}\n", f"logs/{host}/{shell.when:%Y%m%d}.log\n"))


def invoice(page: Page, shell: Shell) -> str:
    page.put(pick(page, ("INVOICE", "Invoice", "Bill", "Payment request", "Reminder")) + f", {long_date(shell.when)}")
    for fact in shell.facts:
        page.put("\n")
        page.tell(fact, "line" if page.rng.random() < 0.7 else "say")
    page.put("\n")
    while page.words < page.goal // 2 + 12:
        page.chatter("invoice")
    organisation = shell.facts[0].values.get("org") if shell.facts else None
    name = organisation.accepted[0] if organisation else page.speak("brand")
    return pick(
        page,
        (f"Invoice {name}\n", f"{name} {shell.when:%Y-%m}.pdf\n", f"Invoices > {name} > {shell.when:%Y}\n"),
    )


def calendar(page: Page, shell: Shell) -> str:
    page.put(pick(page, ("Calendar: ", "", "Event: ")))
    for fact in shell.facts:
        page.tell(fact, "line" if page.rng.random() < 0.6 else "say")
    page.put("\n")
    while page.words < 22:
        page.chatter("calendar")
    return pick(page, ("Calendar\n", f"Calendar > {shell.when:%Y-%m-%d}\n", f"{long_date(shell.when)}\n"))


def notification(page: Page, shell: Shell) -> str:
    app = page.speak("app")
    page.put(pick(page, (f"Notification: {app} | ", f"{app}: ", f"[{app}] ")))
    for fact in shell.facts:
        page.tell(fact, "line" if page.rng.random() < 0.5 else "say")
    page.put(" | " if page.rng.random() < 0.3 else "\n")
    while page.words < 22:
        page.chatter("push")
    return pick(
        page,
        (f"{app}, {shell.when:%Y-%m-%d %H:%M}\n", f"Notifications > {app}\n", f"{shell.when:%Y-%m-%d}\n"),
    )


def photo(page: Page, shell: Shell) -> str:
    name = f"IMG_{shell.when:%Y%m%d_%H%M%S}"
    page.put(pick(page, (f"{name} | ", f"Photo {name}.jpg\n", "")))
    for fact in shell.facts:
        page.tell(fact)
    page.put("\n")
    while page.words < 21:
        page.chatter("photo")
    return pick(
        page,
        (
            f"Photos > {shell.when:%B %Y}\n",
            f"{name}\n",
            f"Album {page.speak('notetitle')}, {shell.when:%Y-%m-%d}\n",
        ),
    )
