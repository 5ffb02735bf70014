"""`twin doctor [--fix]`: what is wrong, and what to do about it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict

from twin_app import render, settings
from twin_app.doctor import Check, examine
from twin_app.errors import DONE, FAILED
from twin_app.invocation import Invocation
from twin_app.terminal import look

MARKS = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}


def doctor(invocation: Invocation) -> int:
    """Exit code 1 when there is a problem; warnings alone are no failure."""
    size = shutil.get_terminal_size()
    terminal = look(
        settings.terminal_environment(), (size.columns, size.lines), sys.stdout.encoding or "",
        is_terminal=sys.stdout.isatty(),
    )  # fmt: skip
    failed = False
    for check in examine(invocation.locations, invocation.client, terminal, fix=invocation.options.fix):
        failed |= check.state == "problem"
        if invocation.is_json:
            invocation.console.json({key.replace("name", "check"): value for key, value in asdict(check).items()})
        else:
            _print(invocation.console, check)
    return FAILED if failed else DONE


def _print(console: render.Console, check: Check) -> None:
    mark = MARKS[check.state].ljust(8)
    console.line(
        f"{console.bold(mark) if check.state != 'ok' else mark} {check.name:12} {render.one_line(check.detail)}"
    )
    for label, text in (("fixed", check.fixed), ("do", check.todo)):
        if text:
            console.line(f"{'':21} {console.dim(label + ':')} {render.one_line(text)}")
