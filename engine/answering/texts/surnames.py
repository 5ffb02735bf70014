"""Somebody's last name, by any text that has both names: "What is Priya's last name?", "Priya Raman"."""

from __future__ import annotations

import re

from engine.answering.texts.naming import CAPITAL
from engine.answering.words.grammar import LONGEST

_NAME = rf"[{CAPITAL}][\w’-]+"
_LAST = r"(?i:last|family|sur|second) ?(?i:name)"
_ASKED = re.compile(rf"\b(?P<of>{_NAME})['’]s {_LAST}\b|\b{_LAST} of (?P<whose>{_NAME})\W*\Z")
_SURNAME = rf"(?:[{CAPITAL}]['’])?[{CAPITAL}][\w-]++"  # O'Brien
_PARTICLES = r"(?:(?:van|von|de|der|den|la|da|dos|al|el|di) )*"


def whose_surname(question: str) -> str | None:
    """The first name of the one whose last name is asked for."""
    asked = _ASKED.search(question[:LONGEST])
    return asked["of"] or asked["whose"] if asked is not None else None


def surname(first: str, text: str) -> str | None:
    """What stands behind a first name as the last one; of nobody else, nor of somebody who owns something."""
    found = re.search(rf"\b{re.escape(first)} ({_PARTICLES}{_SURNAME})(?!['’]s)", text[:LONGEST])
    return found[1] if found is not None else None
