"""Somebody's last name, by any text that has both names: "What is Priya's last name?", "Priya Raman"."""

from __future__ import annotations

import re

from engine.answering.texts.naming import CAPITAL
from engine.answering.words.grammar import LONGEST

_NAME = rf"[{CAPITAL}][\w’-]+"
_LAST = r"(?i:last|family|sur|second) ?(?i:name)"
_ASKED = re.compile(rf"\b(?P<of>{_NAME})['’]s {_LAST}\b|\b{_LAST} of (?P<whose>{_NAME})\W*\Z")
_SURNAME = rf"(?:[{CAPITAL}]['’])?[{CAPITAL}][\w-]++"  # O'Brien
_OTHERWISE = re.compile(r"\b(?:was|before|now|maiden|former|old|new|used to)\b", re.I)  # names that change
_SAID = re.compile(r"\b(?:last|family|sur) ?name\b", re.I)  # then the text tells it in other ways
_PARTICLES = r"(?:(?:van|von|de|der|den|la|da|dos|al|el|di) )*"


def whose_surname(question: str) -> str | None:
    """The first name of the one whose last name is asked for."""
    asked = _ASKED.search(question[:LONGEST]) if _OTHERWISE.search(question[:LONGEST]) is None else None
    return asked["of"] or asked["whose"] if asked is not None else None


def surname(first: str, text: str) -> str | None:
    """What stands behind a first name as the last one; of nobody else, nor of somebody who owns something."""
    text = text[:LONGEST]
    found = re.search(
        rf"\b{re.escape(first)} (?={_PARTICLES}{_NAME})((?:{_PARTICLES}{_SURNAME} ?){{1,3}}+)(?!['’]s)", text
    )
    if found is None or _SAID.search(text) is not None:
        return None
    names = found[1].rstrip()
    begins = list(re.finditer(rf"(?:\A|(?<= )){_PARTICLES}{_SURNAME}", names))
    return begins[-1].group() if begins else None
