"""`twin watch`: keeps folders in memory from now on, says how they are doing, and why a path is read or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin_app import render
from twin_app.cli import complain
from twin_app.errors import DONE, FAILED, UsageError
from twin_app.invocation import Invocation
from twin_app.render import Console


def watch(invocation: Invocation) -> int:
    """One of: paths to watch, --list, --remove, --explain. Exit code 1 when a path is not there."""
    options = invocation.options
    asked = [bool(options.paths), options.list, bool(options.remove), options.explain is not None]
    if sum(asked) != 1:
        raise UsageError("write one of `twin watch PATH...`, `--list`, `--remove PATH...`, `--explain PATH`")
    if options.explain is not None:
        return _explain(invocation)
    if options.remove:
        return _remove(invocation)
    if options.list:
        folders = invocation.client.call("watched", {})["watching"]
        _show(invocation, folders, "nothing is watched: `twin watch FOLDER` begins")
        return DONE
    missing = [path for path in options.paths if not path.exists()]
    for path in missing:
        shown = render.shown_path(str(path))
        complain(f"no such file or folder: {shown} (make it, or plug in its disk, and watch it then)")
    if paths := [str(path) for path in options.paths if path not in missing]:
        folders = invocation.client.call("watch", {"paths": paths})["watching"]
        _show(invocation, folders, "")
        invocation.console.say("reading goes on in the background: `twin status` says how far it is")
    return FAILED if missing else DONE


def _remove(invocation: Invocation) -> int:
    paths = [str(path) for path in invocation.options.remove]
    result = invocation.client.call("unwatch", {"paths": paths})
    if invocation.is_json:
        invocation.console.json(result)
    for path in result["removed"]:
        invocation.console.say(
            f"no longer watched: {render.shown_path(path)}; what was read of it stays (`twin forget` removes it)"
        )
    return DONE


def _show(invocation: Invocation, folders: list[dict[str, Any]], nothing: str) -> None:
    console = invocation.console
    for folder in folders:
        if invocation.is_json:
            console.json(folder)
        else:
            reason = f"  ({render.one_line(folder['reason'])})" if folder["reason"] else ""
            path = console.link(folder["path"], render.shown_path(folder["path"]))
            console.line(f"{folder['state']:8} {folder['mode']:8} {path}{reason}")
    if not folders and nothing:
        console.say(nothing)


def _explain(invocation: Invocation) -> int:
    answer = invocation.client.call("explain", {"path": str(invocation.options.explain)})
    if invocation.is_json:
        invocation.console.json(answer)
    else:
        _say_why(invocation.console, answer)
    return DONE


def _say_why(console: Console, answer: Mapping[str, Any]) -> None:
    verdict = "read" if answer["read"] else "not read"
    console.line(f"{verdict}: {render.shown_path(answer['path'])}: {render.one_line(answer['rule'])}")
    if answer["origin"]:
        line = f":{answer['line']}" if answer["line"] else ""
        pattern = f", pattern {render.one_line(answer['pattern'])}" if answer["pattern"] else ""
        console.line(f"  rule of  {render.shown_path(answer['origin'])}{line}{pattern}")
    if answer["decided_at"] != answer["path"]:
        console.line(f"  which holds for  {render.shown_path(answer['decided_at'])}")
    if answer["root"]:
        console.line(f"  watched as part of  {render.shown_path(answer['root'])}")
    if answer["state"]:
        reason = f" ({render.one_line(answer['reason'])})" if answer["reason"] else ""
        console.line(f"  in memory  {answer['state']}{reason}, {answer['documents']:,} documents")
