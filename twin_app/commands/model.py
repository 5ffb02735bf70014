"""`twin model list`, `info`, `use`, `pull`: the models at hand and the one in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin_app import render
from twin_app.errors import DONE
from twin_app.invocation import Invocation
from twin_app.settings import write


def list_models(invocation: Invocation) -> int:
    result = invocation.client.call("model_list", {})
    if invocation.is_json:
        invocation.console.json(result)
        return DONE
    for model in result["models"]:
        invocation.console.line(f"{'*' if model['used'] else ' '} {render.one_line(model['model'])}")
    return DONE


def info(invocation: Invocation) -> int:
    name = invocation.options.name or invocation.sourced.settings.model
    return _print(invocation, invocation.client.call("model_info", {"name": name}))


def use(invocation: Invocation) -> int:
    """The owner looks first whether the model can be used; only then the setting is written."""
    name = invocation.options.name
    result = invocation.client.call("model_use", {"name": name})
    write(invocation.locations.config_file, "model", name)
    return _print(invocation, result)


def pull(invocation: Invocation) -> int:
    progress = render.Progress(invocation.console)
    try:
        result = invocation.client.call("model_pull", {"name": invocation.options.name}, progress)
    finally:
        progress.done()
    return _print(invocation, result)


def _print(invocation: Invocation, result: Mapping[str, Any]) -> int:
    if invocation.is_json:
        invocation.console.json(result)
    else:
        for key, value in result.items():
            invocation.console.line(f"{key.replace('_', ' ')}: {render.one_line(str(value))}")
    return DONE
