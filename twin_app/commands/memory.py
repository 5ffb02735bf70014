"""`twin add`, `forget`, `verify`, `status`, `sources`, `stop`: what is in memory, and what is no more."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from twin_app import render
from twin_app.arguments import absolute
from twin_app.cli import complain
from twin_app.commands.model import adopt
from twin_app.errors import DONE, FAILED, TwinError, UsageError
from twin_app.invocation import Invocation
from twin_app.protocol import Event
from twin_app.render import Console

DOCUMENT = re.compile(r"d-\d+")
SHOWN = 20  # lines of a list before "and N more"


def add(invocation: Invocation) -> int:
    """Exit code 1 when something failed or is not there; the rest is read all the same."""
    options = invocation.options
    missing = [path for path in options.paths if not path.exists()]
    for path in missing:
        complain(f"no such file or folder: {render.shown_path(str(path))}")
    paths = [str(path) for path in options.paths if path not in missing]
    if not paths:
        return FAILED
    model = invocation.sourced.overrides.get("model")
    if model is not None and not options.dry_run:
        adopt(invocation, str(model))
    params = {"paths": paths, "dry_run": options.dry_run, "again": options.again, "model": model}
    progress = render.Progress(invocation.console)
    try:
        result = invocation.client.call("add", params, progress)
    finally:
        progress.done()
    if invocation.is_json:
        invocation.console.json(result)
    elif options.dry_run:
        _plan(invocation.console, result)
    else:
        _summary(invocation.console, result)
    return FAILED if missing or result["failed"] else DONE


def _plan(console: Console, result: Mapping[str, Any]) -> None:
    for file in result["would_read"]:
        console.line(f"read    {render.size(file['bytes']):>9}  {render.shown_path(file['path'])}")
    for file in result["ignored"]:
        console.line(f"ignore  {render.shown_path(file['path'])}: {render.one_line(file['rule'])}")
    for file in result["failed"]:
        console.line(f"fail    {render.shown_path(file['path'])}: {render.one_line(file['reason'])}")
    console.line(
        f"{len(result['would_read']):,} files to read, {render.size(result['bytes'])}, "
        f"about {result['tokens']:,} tokens, {render.duration(result['minutes'] * 60)}; "
        f"{result['unchanged']:,} unchanged, {len(result['ignored']):,} ignored"
    )


def _summary(console: Console, result: Mapping[str, Any]) -> None:
    for number, file in enumerate(result["failed"]):
        if number == SHOWN:
            console.say(f"  and {len(result['failed']) - SHOWN:,} more: see `twin sources`")
            break
        console.say(f"failed: {render.shown_path(file['path'])}: {render.one_line(file['reason'])}")
    rules = Counter(render.one_line(file["rule"]) for file in result["ignored"])
    for rule, count in rules.most_common(SHOWN):
        console.say(f"ignored: {count:,} by the rule: {rule}")
    counts = {name: result.get(name, 0) for name in ("read", "unchanged", "renamed", "removed")}
    counts |= {"ignored": len(result["ignored"]), "failed": len(result["failed"])}
    files = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count or name == "read")
    documents, tokens, seconds = result["documents"], result["tokens"], max(float(result["seconds"]), 1e-3)
    rate = f" ({tokens / seconds:,.0f} tokens/s)" if tokens else ""
    console.say(f"{files}; {documents:,} documents, {tokens:,} tokens in {render.duration(seconds)}{rate}")


def forget(invocation: Invocation) -> int:
    """Shows what would go, asks on a terminal, needs --yes elsewhere; prints the receipt."""
    options, console = invocation.options, invocation.console
    if not options.targets and options.before is None:
        raise UsageError("nothing named: write `twin forget PATH`, `twin forget DOC` or `twin forget --before DATE`")
    documents = [target for target in options.targets if DOCUMENT.fullmatch(target)]
    paths = [str(absolute(target)) for target in options.targets if target not in documents]
    params = {"paths": paths, "documents": documents, "before": options.before}
    progress = render.Progress(invocation.console)
    preview = invocation.client.call("forget", {**params, "confirm": False}, progress)
    progress.done()
    sources, count = _count(preview["sources"]), _count(preview["documents"])
    if not sources and not count:
        raise TwinError("nothing of that is in memory: `twin sources` lists what is")
    if not options.yes:
        for path in preview["paths"][:SHOWN]:
            console.say(f"  {render.shown_path(path)}")
        _copies(console, preview.get("copies", ()))
        question = f"forget {count:,} documents of {sources:,} sources for good?"
        if not console.confirm(question, sys.stdin):
            return DONE
    receipt = invocation.client.call("forget", {**params, "confirm": True}, progress)
    progress.done()
    if invocation.is_json:
        console.json(receipt)
    else:
        console.line(f"forgot {_count(receipt['documents']):,} documents of {_count(receipt['sources']):,} sources")
        _table(console, {key: value for key, value in receipt.items() if not isinstance(value, list | dict)})
        if options.yes:
            _copies(console, receipt.get("copies", ()))
        if receipt.get("questions_kept"):
            console.say("your own questions stay in your conversations: `twin conversations list`, then delete")
    return DONE


def _copies(console: Console, paths: Sequence[str]) -> None:
    """What holds the same text and stays: nothing is dropped that was not named."""
    for path in paths[:SHOWN]:
        console.say(f"  the same text stays in {render.shown_path(path)} (name it too to forget it)")
    if len(paths) > SHOWN:
        console.say(f"  and in {len(paths) - SHOWN:,} more")


def verify(invocation: Invocation) -> int:
    """Exit code 1 when something disagrees."""
    receipt = None
    if (path := invocation.options.forgotten) is not None:
        try:
            receipt = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise TwinError(f"cannot read the receipt {path}: {error.strerror}") from error
        except ValueError as error:
            raise TwinError(f"{path} is no receipt: keep what `twin forget --json` prints") from error
    progress = render.Progress(invocation.console)
    result = invocation.client.call("verify", {"forgotten": receipt}, progress)
    progress.done()
    if invocation.is_json:
        invocation.console.json(result)
    else:
        for problem in result["problems"]:
            invocation.console.line(render.one_line(str(problem)))
        if result["ok"]:
            invocation.console.line("nothing of it is left" if receipt is not None else "the memory is consistent")
    return DONE if result["ok"] else FAILED


def status(invocation: Invocation) -> int:
    result = invocation.client.call("status", {})
    if invocation.is_json:
        invocation.console.json(result)
    else:
        _table(invocation.console, result)
    return DONE


def sources(invocation: Invocation) -> int:
    console = invocation.console

    def on_event(event: Event) -> None:
        if event["event"] != "item":
            return
        source = event["value"]
        if invocation.is_json:
            console.json(source)
            return
        reason = f"  ({render.one_line(source['reason'])})" if source.get("reason") else ""
        path = console.link(source["source"], render.shown_path(source["source"]))
        percent = "" if source.get("progress") is None else f" {source['progress']} %"
        state = f"{source['state']}{percent}"
        console.line(f"{state:13} {source['kind'] or '-':9} {source['documents']:6,}  {path}{reason}")

    invocation.client.call("sources", {}, on_event)
    return DONE


def stop(invocation: Invocation) -> int:
    pid = invocation.client.stop()
    if invocation.is_json:
        invocation.console.json({"stopped": pid})
    else:
        invocation.console.say("no owner process was running" if pid is None else f"stopped the owner process {pid}")
    return DONE


def _count(found: int | list[Any]) -> int:
    return found if isinstance(found, int) else len(found)


def _table(console: Console, record: Mapping[str, Any]) -> None:
    width = max(len(key) for key in record) if record else 0
    for key, value in record.items():
        if isinstance(value, list | dict):
            parts = value if isinstance(value, list) else [f"{count} {name}" for name, count in value.items()]
            text = ", ".join(render.one_line(str(part)) for part in parts) or "-"
        elif isinstance(value, int) and not isinstance(value, bool) and not key.endswith("pid"):
            text = render.size(value) if key.startswith("bytes") else f"{value:,}"
        else:
            text = "-" if value is None else render.one_line(str(value))
        console.line(f"{key.replace('_', ' '):{width}}  {text}")
