"""`twin model list`, `info`, `use`, `drop`, `pull`: the models at hand and the one in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin_app import render
from twin_app.errors import DONE
from twin_app.invocation import Invocation
from twin_app.settings import write


def list_models(invocation: Invocation) -> int:
    """A star marks the one that serves; after each, how much of memory it has encoded."""
    result = invocation.client.call("model_list", {})
    if invocation.is_json:
        invocation.console.json(result)
        return DONE
    for model in result["models"]:
        encoded = "" if model["encoded"] is None else f"  {model['encoded']:,} of {model['documents']:,} documents"
        coming = "  (serves when all are encoded)" if model["wanted"] and not model["used"] else ""
        name = render.one_line(model["model"])
        invocation.console.line(f"{'*' if model['used'] else ' '} {name}{invocation.console.dim(encoded + coming)}")
    return DONE


def info(invocation: Invocation) -> int:
    return _print(invocation, invocation.client.call("model_info", {"name": invocation.options.name}))


def use(invocation: Invocation) -> int:
    """The owner looks first whether the model can be used; only then the setting is written."""
    name, now = invocation.options.name, invocation.options.now
    invocation.client.call("model_use", {"name": name})
    write(invocation.locations.config_file, "model", name)
    result = invocation.client.call("model_use", {"name": name, "now": now})
    if result["documents"] and not result["serves"] and not now:
        invocation.console.say(
            f"{render.one_line(name)} encodes {result['documents']:,} documents in the background and serves when it "
            f"has them all; {render.one_line(result['serving'])} answers until then (`twin status`, or --now)"
        )
    return _print(invocation, result)


def adopt(invocation: Invocation, name: str) -> None:
    """A memory with nothing in it takes the model that the first `add` names."""
    found = invocation.client.call("model_use", {"name": name})
    if not found["documents"] and not found["serves"]:
        write(invocation.locations.config_file, "model", name)
        invocation.console.say(f"this memory is encoded by {render.one_line(name)} from now on")


def drop(invocation: Invocation) -> int:
    """Removes what a model encoded. One that is still being encoded is given up for the one that serves."""
    name = invocation.options.name
    models = invocation.client.call("model_list", {})["models"]
    serving = next(model["model"] for model in models if model["used"])
    if name != serving and any(model["model"] == name and model["wanted"] for model in models):
        write(invocation.locations.config_file, "model", serving)
        invocation.console.say(f"{render.one_line(serving)} stays in use")
    return _print(invocation, invocation.client.call("model_drop", {"name": name}))


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
