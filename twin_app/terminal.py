"""What the terminal can show, as far as its environment tells: nothing is sent to it, so nothing can be garbled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SMALLEST = (80, 24)
PROGRAMS = frozenset({"iTerm.app", "WezTerm", "ghostty", "vscode", "kitty", "rio", "contour"})
TERMS = ("xterm-kitty", "xterm-ghostty", "foot", "alacritty", "wezterm", "contour")
VTE_LINKS, VTE_CLIPBOARD = 5000, 7600  # versions of VTE (GNOME Terminal and others) that know OSC 8 and OSC 52


@dataclass(frozen=True, slots=True)
class Terminal:
    """`links` is OSC 8, `clipboard` OSC 52; None where the environment does not tell."""

    is_terminal: bool
    columns: int
    lines: int
    colours: str  # "none", "basic", "256" or "true"
    utf8: bool
    multiplexer: str  # "tmux", "screen" or ""
    remote: bool
    links: bool | None
    clipboard: bool | None


def look(environment: Mapping[str, str], size: tuple[int, int], encoding: str, *, is_terminal: bool) -> Terminal:
    """The terminal that this environment speaks of."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    vte = int(version) if (version := environment.get("VTE_VERSION", "")).isdecimal() else 0
    known = program in PROGRAMS or term.startswith(TERMS) or "WT_SESSION" in environment
    multiplexer = "tmux" if "TMUX" in environment else "screen" if term.startswith("screen") else ""
    return Terminal(
        is_terminal, *size, _colours(environment, term), re.sub(r"[-_]", "", encoding.lower()) == "utf8", multiplexer,
        "SSH_CONNECTION" in environment or "SSH_TTY" in environment,
        True if known or vte >= VTE_LINKS else None, True if known or vte >= VTE_CLIPBOARD else None,
    )  # fmt: skip


def _colours(environment: Mapping[str, str], term: str) -> str:
    if environment.get("NO_COLOR") or term in ("", "dumb"):
        return "none"
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return "true"
    return "256" if "256color" in term or term.startswith(TERMS) else "basic"


def advice(terminal: Terminal) -> list[str]:
    """What a person can do about what is missing; [] if nothing is."""
    found: list[str] = []
    if not terminal.utf8:
        found.append("the locale is not UTF-8, so some characters are replaced: set LANG to one that ends in UTF-8")
    if terminal.is_terminal and (terminal.columns < SMALLEST[0] or terminal.lines < SMALLEST[1]):
        found.append(
            f"{terminal.columns}×{terminal.lines} is small: {SMALLEST[0]}×{SMALLEST[1]} or more shows everything"
        )
    if terminal.multiplexer == "tmux":
        found.append("inside tmux, copying needs `set -s set-clipboard on`, and links tmux 3.4 or newer")
    return found
