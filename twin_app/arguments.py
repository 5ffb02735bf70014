"""What verbs are made of: the parser, the options all of them have, and the types of their values.

Imports the standard library only, and errors.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TypeAlias

from twin_app.errors import UsageError

RETRIEVALS = ("latent", "words", "both")
Parsers: TypeAlias = "argparse._SubParsersAction[Parser]"


class PathError(argparse.ArgumentTypeError, UsageError):
    """A path that cannot be meant; for argparse, and for verbs that find out later which words are paths."""


class Parser(argparse.ArgumentParser):
    """With `has_excluded_words`, what begins with one "-" is a word (but for -h): `twin search rent -flat`."""

    has_excluded_words = False

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        if args is not None and self.has_excluded_words:  # argparse takes what begins with a space for a word
            args = [f" {word}" if word[:1] == "-" != word[1:2] and word != "-h" else word for word in args]
        return super().parse_known_args(args, namespace)


def shared(default: object) -> Parser:
    """The options every verb has; with SUPPRESS they leave alone what stood before the verb."""
    options = Parser(add_help=False, argument_default=default)
    group = options.add_argument_group("for every command")
    group.add_argument("--home", type=absolute, metavar="DIR", help="where this memory lives (or TWIN_HOME)")
    group.add_argument("--json", action="store_true", default=default, help="print JSON")
    group.add_argument("--model", metavar="NAME|PATH", type=model_name, help="the model to use")
    group.add_argument("--device", metavar="NAME", help="auto, cpu, mps, cuda or cuda:N")
    return options


def add_verb(verbs: Parsers, name: str, run: str, help: str) -> Parser:
    verb = verbs.add_parser(name, help=help, description=help, parents=[shared(argparse.SUPPRESS)], allow_abbrev=False)
    verb.set_defaults(run=run)
    return verb


def absolute(text: str) -> Path:
    """Absolute, links left as they are: the owner has another working folder."""
    if not text:
        raise PathError("an empty path")
    return Path(os.path.abspath(_expanded(text)))  # noqa: PTH100


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise PathError(f"{text}: there is no such user; write ./{text} for a name that begins with ~") from error


def model_name(text: str) -> str:
    """A name as it is; a folder that is there as an absolute path."""
    return str(absolute(text)) if _expanded(text).is_dir() else text


def sizes(text: str) -> list[int]:
    return sorted({size(part) for part in text.split(",")})


def size(text: str) -> int:
    """Tokens: 16K is 16384 as in the paper, 1M is 1000000."""
    number, unit = text[:-1], text[-1:].upper()
    if unit not in ("K", "M") or not number.isascii() or not number.isdigit() or int(number) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write sizes like 16K, 128K, 1M")
    return int(number) * (1024 if unit == "K" else 1_000_000)


def named(text: str) -> tuple[str, str]:
    """NAME=DIR of a checkpoint."""
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=DIR")
    return name, str(absolute(folder))


def ways(text: str) -> tuple[str, ...]:
    """Some of RETRIEVALS, or "none"."""
    chosen = tuple(text.split(",")) if text != "none" else ()
    if set(chosen) - set(RETRIEVALS):
        raise argparse.ArgumentTypeError(f"{text!r}: write some of {','.join(RETRIEVALS)}, or none")
    return chosen


def count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count: write 1 or more")
    return int(text)
