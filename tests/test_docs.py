"""What the documents say is there: modules, paths, and commands that the command line understands."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from twin_app.cli import build_parser

ROOT = Path(__file__).parents[1]
HOUSE = ("kernels", "engine", "ingest", "twin_app", "ui")
DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
SUFFIXES = "py|md|toml|json|jsonl|txt|safetensors"
MADE = ("runs/", "logs/", "bank/", ".venv/")  # by the commands; not in the repository
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", flags=re.S | re.M)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_module_is_in_the_structure_and_nothing_else() -> None:
    named, folder = set[str](), ""
    for line in read("docs/structure.md").splitlines():
        if heading := re.match(r"## (\w+)/", line):
            folder = heading[1]
        elif row := re.match(r"\| `([\w./]+\.py)` \| (.+) \|$", line):
            assert len(row[2]) > 10, line
            assert f"{folder}/{row[1]}" not in named, f"twice: {line}"
            named.add(f"{folder}/{row[1]}")
    real = {path.relative_to(ROOT).as_posix() for house in HOUSE for path in (ROOT / house).rglob("*.py")}
    assert len(real) > 80
    assert real - named == set(), "not in docs/structure.md"
    assert named - real == set(), "in docs/structure.md, but not there"


def paths_in(text: str) -> Iterator[str]:
    """Links to files, and names in code with a folder and a suffix, or a folder with its slash."""
    yield from re.findall(r"\]\(([^)#:\s]+)\)", text)
    for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)):
        for word in code.split():
            if re.fullmatch(rf"[\w./-]*\w/[\w./-]+\.({SUFFIXES})", word) or re.fullmatch(r"(?:[\w-]+/)+", word):
                yield word


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_files_it_names_are_there(name: str) -> None:
    """A path counts from the top, from the document's folder, or from a folder the document speaks of."""
    starts = [ROOT, (ROOT / name).parent, *(ROOT / house for house in HOUSE), ROOT / "engine/training", ROOT / "tests"]
    for path in paths_in(read(name)):
        if path.startswith(MADE) or re.match(r"[A-Z]+/", path):  # OUT/state: a folder of the person's choice
            continue
        assert any((start / path).exists() for start in starts), f"{name} names {path}"


def test_paths_are_found_in_prose() -> None:
    text = "See [it](docs/log.md), `engine/session.py`, `samples/`, `a.py`, [net](https://a.example/b.md).\n"
    assert sorted(paths_in(text)) == ["docs/log.md", "engine/session.py", "samples/"]


def commands_in(text: str) -> Iterator[list[str]]:
    """The `twin` lines of code blocks, as arguments; comments and redirections are dropped."""
    for block in FENCE.findall(text):
        for line in block.splitlines():
            for command in line.strip().removeprefix("$ ").split("&&"):
                if command.strip().startswith("twin "):
                    yield arguments(command.strip())


def arguments(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars="<>|")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words = list(lexer)
    return words[1 : next((at for at, word in enumerate(words) if set(word) <= set("<>|")), len(words))]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_commands_it_shows_parse(name: str) -> None:
    for command in commands_in(read(name)):
        assert build_parser().parse_args(command).run


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_verbs_and_options_it_speaks_of_exist(name: str) -> None:
    """In prose a command may lack what it works on: `twin add --dry-run`."""
    for mention in re.findall(r"`(twin [^`\n]+)`", FENCE.sub("", read(name))):
        for command in mention.split("&&"):
            parser: argparse.ArgumentParser = build_parser()
            words = arguments(command.strip())
            while words and words[0] in (verbs := verbs_of(parser)):
                parser = verbs[words.pop(0)]
            assert parser.prog != "twin" or words[:1] == ["--help"], f"{name}: {mention}"
            assert not verbs_of(parser), f"{name}: {mention} lacks an action"
            options = [word for word in words if re.match(r"--?\w", word)]
            assert set(options) <= set(parser._option_string_actions), f"{name}: {mention}"


def verbs_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= action.choices
    return found


def test_readme_shows_the_main_commands() -> None:
    verbs = {command[0] for command in commands_in(read("README.md"))}
    assert {"add", "ask", "open", "search", "forget"} <= verbs


def test_a_wrong_command_would_be_seen() -> None:
    [command] = commands_in("```sh\n$ twin ask --nonsense 'a # b' < file  # comment\n```\n")
    assert command == ["ask", "--nonsense", "a # b"]
    with pytest.raises(SystemExit) as end:
        build_parser().parse_args(command)
    assert end.value.code == 2


def test_every_make_target_in_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.M))
    named = {word for line in re.findall(r"\bmake ([a-z -]+)", read("README.md")) for word in line.split()}
    assert {"demo", "test"} <= named & targets
