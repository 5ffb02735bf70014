"""`twin config show`, `set`, `path`: the settings' file. Needs no owner; a running one follows the file."""

from __future__ import annotations

from twin_app import render, settings
from twin_app.errors import DONE, UsageError
from twin_app.invocation import Invocation


def show(invocation: Invocation) -> int:
    """Each value with where it came from."""
    found = {key: getattr(invocation.sourced.settings, key) for key in settings.KEYS}
    origin = invocation.sourced.origin
    if invocation.is_json:
        invocation.console.json({key: {"value": value, "from": origin[key]} for key, value in found.items()})
        return DONE
    for key, value in found.items():
        text = render.one_line(settings.assignment(key, value))
        invocation.console.line(f"{text:40} {invocation.console.dim('# ' + render.shown_path(origin[key]))}")
    return DONE


def set_value(invocation: Invocation) -> int:
    """Several values make a list; one value is read as the key's own type."""
    key, values = settings.known(invocation.options.key), invocation.options.values
    is_list = isinstance(getattr(settings.Settings(), key), tuple)
    if len(values) > 1 and not is_list:
        raise UsageError(f"{key} takes one value: put quotes around it if it has spaces")
    value = tuple(values) if len(values) > 1 else settings.parse(key, values[0])
    settings.write(invocation.locations.config_file, key, value)
    if key in invocation.sourced.overrides:
        invocation.console.say(f"note: {invocation.sourced.origin[key]} still overrides {key}")
    return DONE


def path(invocation: Invocation) -> int:
    file = str(invocation.locations.config_file)
    if invocation.is_json:
        invocation.console.json({"path": file})
    else:
        invocation.console.line(file)
    return DONE
