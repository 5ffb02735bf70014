"""Settings: one frozen, validated object; each value from a flag, the environment, the file or the default.

The file is TOML with one level of keys; unknown keys are refused with a hint. What only some commands need is imported
where it is needed: every command starts here. This module and
`locations` are the only readers of the environment. Writing a key keeps the file's other lines.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from twin_app.errors import SettingsError
from twin_app.locations import make_private

type_names = {"list": "a list of texts", "str": "text", "float": "a number", "int": "a whole number"}
Value = str | int | float | tuple[str, ...]

CHOICES = {"history": ("off", "keep"), "retrieval": ("latent", "words", "both")}
DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
POSITIVE = (
    *("idle_minutes", "text_limit_mb", "pdf_limit_mb", "mail_limit_mb"),
    *("stable_seconds", "rescan_minutes", "poll_seconds"),
)
OPENER_FIELDS = ("path", "line", "page")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a person can set. Sizes are in MB (10^6 bytes), times in the unit their name ends with."""

    me: tuple[str, ...] = ()  # the owner's names, addresses and handles
    model: str = "twin-tiny"
    device: str = "auto"
    history: str = "off"
    retrieval: str = "both"
    idle_minutes: float = 15.0
    opener: str = ""  # a command with {path} {line} {page}; "" = chosen by kind and platform
    threads: int = 0  # 0 = as many as there are cores
    ranks: int = 1  # processes that share memory between them, each with a GPU of its own where there are GPUs
    text_limit_mb: float = 25.0
    pdf_limit_mb: float = 200.0
    mail_limit_mb: float = 2000.0
    ignore: tuple[str, ...] = ()  # patterns in .gitignore syntax, for every folder
    stable_seconds: float = 2.0  # a watched file is read once its size and time have not changed for as long
    rescan_minutes: float = 30.0  # a watched folder is compared with memory at least as often
    poll_seconds: float = 30.0  # the same, where the file system tells of no changes
    theme: str = ""  # of the app; "" = its own dark one
    keys: tuple[str, ...] = ()  # of the app: "ACTION=KEY", the actions as its help names them

    def __post_init__(self) -> None:
        for key, choices in CHOICES.items():
            if getattr(self, key) not in choices:
                raise SettingsError(f"{key} = {getattr(self, key)!r}: choose one of {', '.join(choices)}")
        if not DEVICE.fullmatch(self.device):
            raise SettingsError(f"device = {self.device!r}: choose auto, cpu, mps, cuda or cuda:N")
        if not self.model:
            raise SettingsError("model is empty: name one of `twin model list`, or a checkpoint's folder")
        for key in POSITIVE:
            if not 0 < getattr(self, key) < 1e9:
                raise SettingsError(f"{key} = {getattr(self, key)}: must be more than 0")
        if not 0 <= self.threads <= 1024:
            raise SettingsError(f"threads = {self.threads}: must be 0 (all cores) to 1024")
        if not 1 <= self.ranks <= 64:
            raise SettingsError(f"ranks = {self.ranks}: must be 1 to 64, one for each GPU")
        _check_opener(self.opener)
        for entry in self.keys:
            if not re.fullmatch(r"\s*[a-z_.0-9]+\s*=\s*[\w+]+\s*", entry):
                raise SettingsError(f"keys: {entry!r} is not of the form ACTION=KEY, as in prompt.send=ctrl+j")


KEYS = tuple(field.name for field in fields(Settings))


@dataclass(frozen=True, slots=True)
class Sourced:
    """Settings and where each value came from: "flag", "TWIN_...", the file's path, or "default"."""

    settings: Settings
    origin: Mapping[str, str]
    overrides: Mapping[str, Value]  # what flags and environment said: sent along with every request


def load(
    file: Path,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Value | None] | None = None,
) -> Sourced:
    """Flags over TWIN_* variables over the file over defaults. Raises SettingsError naming the culprit."""
    environment = os.environ if environment is None else environment
    values: dict[str, Value] = {}
    origin = dict.fromkeys(KEYS, "default")
    for key, value in read_file(file).items():
        values[key], origin[key] = value, str(file)
    overrides: dict[str, Value] = {}
    for key in KEYS:
        variable = f"TWIN_{key.upper()}"
        if environment.get(variable):
            overrides[key], origin[key] = parse(key, environment[variable], variable), variable
    for key, flag in (flags or {}).items():
        if flag is not None:
            overrides[key], origin[key] = _typed(key, flag, f"--{key}"), "flag"
    return Sourced(Settings(**{**values, **overrides}), origin, overrides)  # type: ignore[arg-type]


def read_file(file: Path) -> dict[str, Value]:
    """The file's own values, of the right types; {} when there is no file."""
    return {known(key, file): _typed(key, value, str(file)) for key, value in _table(file).items()}


def _table(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}; correct it with an editor") from error


def known(key: str, where: object = "the settings") -> str:
    """`key` itself, or SettingsError with the nearest key that exists."""
    if key in KEYS:
        return key
    import difflib

    near = difflib.get_close_matches(key, KEYS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(KEYS)}"
    raise SettingsError(f"unknown setting {key!r} in {where}: {hint}")


def parse(key: str, text: str, where: str = "the command line") -> Value:
    """A value written as plain text: lists are separated by commas."""
    kind = _kind(key)
    if kind == "list":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind == "str":
        return text
    try:
        return int(text) if kind == "int" else float(text)
    except ValueError as error:
        raise SettingsError(f"{key} = {text!r} in {where}: must be {type_names[kind]}") from error


def write(file: Path, key: str, value: Value) -> Settings:
    """Set one key in the file, atomically (0600); nothing is written when the outcome would be invalid.

    Raises SettingsError.
    """
    values = {**read_file(file), known(key): value}
    settings = Settings(**values)  # type: ignore[arg-type]
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    new = _replace_line(old, key, assignment(key, value) + "\n")
    make_private(file.parent)
    try:
        _put(file, new)
    except OSError as error:
        raise SettingsError(
            f"cannot write {file}: {error.strerror}; make room on its disk, or give yourself the right to write to "
            f"{file.parent} (chmod u+w)"
        ) from error
    return settings


def _put(file: Path, text: str) -> None:
    """The file is the old one or the new one, whatever happens meanwhile."""
    import tempfile

    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".config-")  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def assignment(key: str, value: Value) -> str:
    """`key = value` as TOML."""
    return f"{key} = {_toml(value)}"


def editor(environment: Mapping[str, str] | None = None) -> str:
    """The person's editor command, "" when none is named."""
    environment = os.environ if environment is None else environment
    return environment.get("VISUAL") or environment.get("EDITOR") or ""


def pager(environment: Mapping[str, str] | None = None) -> str:
    """The person's pager command."""
    environment = os.environ if environment is None else environment
    return environment.get("PAGER") or "less"


def plain_terminal(environment: Mapping[str, str] | None = None) -> bool:
    """Whether colour and links are unwanted (NO_COLOR) or beyond the terminal (TERM=dumb)."""
    environment = os.environ if environment is None else environment
    return bool(environment.get("NO_COLOR")) or environment.get("TERM", "") == "dumb"


def terminal_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that tell what a terminal can do."""
    environment = os.environ if environment is None else environment
    names = ("TERM", "COLORTERM", "NO_COLOR", "TERM_PROGRAM", "VTE_VERSION", "WT_SESSION", "TMUX")
    return {name: environment[name] for name in (*names, "SSH_CONNECTION", "SSH_TTY") if name in environment}


def problems(file: Path) -> list[str]:
    """What is wrong with a file, value by value; [] if nothing is."""
    try:
        table = _table(file)
    except SettingsError as error:
        return [str(error)]
    found: list[str] = []
    for key, value in table.items():
        try:
            Settings(**{known(key, file): _typed(key, value, str(file))})  # type: ignore[arg-type]
        except SettingsError as error:
            found.append(str(error))
    return found


def _kind(key: str) -> str:
    default = getattr(Settings(), known(key))
    return "list" if isinstance(default, tuple) else type(default).__name__


def _typed(key: str, value: object, where: str) -> Value:
    """`value` as the key's own type; a number where text belongs, or the reverse, is an error."""
    kind = _kind(key)
    if kind == "list" and isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    if kind == "list" and isinstance(value, str):
        return (value,)
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise SettingsError(f"{key} = {value!r} in {where}: must be {type_names[kind]}")


def _check_opener(template: str) -> None:
    try:
        template.format(**dict.fromkeys(OPENER_FIELDS, "1"))
    except (KeyError, IndexError, ValueError) as error:
        raise SettingsError(
            f"opener = {template!r}: only {{path}}, {{line}} and {{page}} may stand in braces"
        ) from error
    if template and "{path}" not in template:
        raise SettingsError(f"opener = {template!r}: needs {{path}} where the file's path belongs")


def _toml(value: Value) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's strings are TOML's
    return f"{value:g}" if isinstance(value, float) and value == int(value) else str(value)


def _replace_line(text: str, key: str, line_of_key: str) -> str:
    """The TOML text with `key`'s assignment, which may span lines, replaced or added at the end."""
    import tomllib

    lines = text.splitlines(keepends=True)
    for start, line in enumerate(lines):
        if not re.match(rf"""\s*["']?{key}["']?\s*=""", line):
            continue
        for end in range(start + 1, len(lines) + 1):
            try:
                parsed = tomllib.loads("".join(lines[start:end]))
            except tomllib.TOMLDecodeError:
                continue
            if key in parsed:
                return "".join([*lines[:start], line_of_key, *lines[end:]])
    if text and not text.endswith("\n"):
        text += "\n"
    return text + line_of_key
