"""Source code and logs: slices of the file, cut where a top-level definition, or an entry of the log, begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ingest import dates
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers.compose import Origin, Section, compose
from ingest.readers.source import Reader, Source
from ingest.split import Block
from ingest.text import Lines, clean, is_text
from ingest.types import Document, Reading

_SUFFIXES = tuple(
    """.py .pyi .pyx .ipy .js .jsx .mjs .cjs .ts .tsx .vue .svelte .java .kt .kts .scala .groovy .gradle .c .h .cc .cpp
    .cxx .hh .hpp .hxx .m .mm .cs .fs .fsx .vb .go .rs .swift .rb .php .pl .pm .lua .r .jl .dart .ex .exs .erl .hs
    .elm .clj .cljs .lisp .el .scm .rkt .ml .mli .nim .zig .v .sv .vhd .vhdl .pas .f90 .f .asm .s .sql .sh .bash .zsh
    .fish .ps1 .bat .cmd .awk .sed .tcl .cmake .mk .css .scss .sass .less .graphql .proto .thrift .tf .nix .vim
    .toml .yaml .yml .ini .cfg .conf .properties .env.example .dockerfile .cu .cuh .glsl .sol .cr .d .ino""".split()
)
_NAMES = frozenset({"makefile", "gnumakefile", "dockerfile", "jenkinsfile", "rakefile", "gemfile", "vagrantfile",
                    "cmakelists.txt", "justfile", "procfile", "pkgbuild"})  # fmt: skip
_SHEBANG = re.compile(rb"#![ \t]*/\S*(?:bin|env)\b")
# A log's entry begins with a moment, in one of the usual forms; other lines go on from the entry before.
_MOMENT = re.compile(
    r"\W{0,2}(?:(\d{4})[-/.](\d\d)[-/.](\d\d)(?:[T ]|\b)|\d\d:\d\d:\d\d|"
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d|\d\d[/.][\dA-Z]\w{1,2}[/.]\d{2,4})"
)


def _recognises(name: str, head: bytes) -> bool:
    is_code = name.endswith(_SUFFIXES) or name in _NAMES or _SHEBANG.match(head) is not None
    return is_code and is_text(head)


def read(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    lines = Lines(text)
    title = " ".join(clean(source.name).split())  # with its suffix: main.py and main.go are not the same
    origin = Origin(title=title, date=dates.from_name(source.name), lines=lines)
    return Reading("code", compose(text, [Section((), _definitions(text, lines))], origin, budget))


def _definitions(text: str, lines: Lines) -> Iterator[Block]:
    """Blocks from one line at the margin that follows a blank one to the next such."""
    start = 0
    after_blank = False
    for i, begin in enumerate(lines.starts):
        row = text[begin : lines.start(i + 1)]
        if after_blank and row[:1].strip() and row[0] not in "})]":
            yield Block(start, begin, by_line=True)
            start = begin
        after_blank = not row.strip()
    yield Block(start, len(text), by_line=True)


def read_log(source: Source, budget: Budget, limits: Limits) -> Reading:
    text = source.text()
    lines = Lines(text)
    origin = Origin(title=source.stem, date=dates.from_name(source.name), lines=lines)
    documents = compose(text, [Section((), _log_entries(text, lines))], origin, budget)
    return Reading("text", map(_dated, documents))


def _log_entries(text: str, lines: Lines) -> Iterator[Block]:
    """From one line that begins with a moment to the next; every line where none does."""
    starts = [begin for begin in lines.starts if _MOMENT.match(text, begin)]
    if not starts:
        starts = lines.starts
    elif starts[0] > 0:
        starts = [0, *starts]
    for begin, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield Block(begin, end, by_line=True)


def _dated(document: Document) -> Document:
    """With the date of its first entry that tells the year."""
    for line in document.text.splitlines():
        moment = _MOMENT.match(line)
        if moment and moment[1] and (date := dates.from_value("-".join(moment.groups()))):
            return replace(document, date=date)
    return document


READER = Reader("code", "text_bytes", _recognises, read)
LOG = Reader("text", "text_bytes", lambda name, head: name.endswith(".log") and is_text(head), read_log)
