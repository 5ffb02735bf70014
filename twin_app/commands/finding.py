"""`twin search`, `documents`, `show`, `open`: finding passages by their words, going to where they stand."""

from __future__ import annotations

import sys
from pathlib import Path

from twin_app import render
from twin_app.errors import DONE, FAILED, TwinError
from twin_app.invocation import Invocation
from twin_app.protocol import Event, Result
from twin_app.settings import editor


def search(invocation: Invocation) -> int:
    """Prints passages best first; exit code 0 also when there is none."""
    options, console = invocation.options, invocation.console
    params = {"words": " ".join(options.words), "limit": options.limit, "as_of": options.as_of}
    result = invocation.client.call("search", {**params, "listed": not invocation.is_json})
    if invocation.is_json:
        for passage in result["passages"]:
            console.json(passage)
    elif result["passages"]:
        render.passages(console, result["passages"])
    else:
        console.say("no passage has these words")
    return DONE


def documents(invocation: Invocation) -> int:
    console = invocation.console

    def on_event(event: Event) -> None:
        if event["event"] != "item":
            return
        document = event["value"]
        if invocation.is_json:
            console.json(document)
            return
        waiting = "" if document["encoded"] else "  (not yet encoded)"
        waiting += "  (no longer in memory)" if document.get("retired") else ""
        title = render.one_line(str(document.get("title") or ""))
        console.line(f"{document['document']}  {render.place(console, document)}  {console.dim(title)}{waiting}")

    invocation.client.call("documents", {"as_of": invocation.options.as_of}, on_event)
    return DONE


def show(invocation: Invocation) -> int:
    """Prints the document's own words under its place."""
    found = _resolve(invocation)
    if invocation.is_json:
        invocation.console.json(found)
    else:
        place = render.place(invocation.console, found)
        invocation.console.line(f"{invocation.console.bold(found['document'])}  {place}")
        invocation.console.line()
        invocation.console.line(render.clean(found["text"]))
    return DONE


def open_source(invocation: Invocation) -> int:
    """Opens the source at its place, with the program the settings or the machine offer."""
    import shutil
    import subprocess

    from twin_app import opening

    found = _resolve(invocation)
    path = Path(found["source"])
    if not path.exists():
        raise TwinError(f"{path} is not there any more: `twin show {invocation.options.ref}` prints what memory holds")
    place = opening.Place(path, found.get("line_start"), found.get("page"))
    command = opening.command(
        place,
        opener=invocation.sourced.settings.opener,
        editor=editor(),
        platform=sys.platform,
        which=shutil.which,
    )
    if invocation.is_json:
        invocation.console.json({"source": str(path), "command": command})
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise TwinError(
            f"cannot run {command[0]}: {error.strerror}; name another with `twin config set opener 'COMMAND {{path}}'`"
        ) from error
    return DONE if code == 0 else FAILED


def _resolve(invocation: Invocation) -> Result:
    return invocation.client.call("show", {"ref": invocation.options.ref})
