"""`twin export DIR` and `twin import DIR`: a backup, and its return into an empty memory."""

from __future__ import annotations

from twin_app import render
from twin_app.errors import DONE, TwinError
from twin_app.invocation import Invocation
from twin_app.ownership import is_owned
from twin_app.transfer import CATALOG, read_import, read_manifest


def export(invocation: Invocation) -> int:
    """The owner writes it, at one moment of the memory; nothing is ever overwritten."""
    options, console = invocation.options, invocation.console
    settings = ""
    if invocation.locations.config_file.exists():
        settings = invocation.locations.config_file.read_text(encoding="utf-8")
    params = {"folder": str(options.folder), "tensors": not options.no_tensors, "settings": settings}
    progress = render.Progress(console)
    try:
        result = invocation.client.call("export", params, progress)
    finally:
        progress.done()
    if invocation.is_json:
        console.json(result)
    else:
        console.say(
            f"exported {result['documents']:,} documents of {result['sources']:,} sources and "
            f"{result['conversations']:,} conversations to {render.shown_path(str(options.folder))} "
            f"({render.size(result['bytes'])})"
        )
        if options.no_tensors:
            console.say("without tensors: after an import everything is encoded anew, in the background")
    return DONE


def import_(invocation: Invocation) -> int:
    """Only into an empty memory. The person's own settings file, where there is one, stays."""
    options, console, locations = invocation.options, invocation.console, invocation.locations
    read_manifest(options.folder)  # what is no export is said before an owner is started or ended
    if (locations.data / CATALOG).exists():
        status = invocation.client.call("status", {})
        talks = invocation.client.call("conversations", {})["conversations"]
        if status["documents"] or status["sources"] or talks:
            raise TwinError(
                f"the memory at {render.shown_path(str(locations.data))} is not empty ({status['documents']:,} "
                f"documents, {len(talks):,} conversations): import into another with --home DIR, or export this one "
                "and move it away"
            )
    if is_owned(locations.lock):
        invocation.client.stop()
    progress = render.Progress(console)

    def told(phase: str, done: int, total: int) -> None:
        progress({"event": "progress", "phase": phase, "done": done, "total": total, "unit": "bytes"})

    kept = locations.config_file.exists()
    try:
        manifest = read_import(options.folder, locations, told)
    finally:
        progress.done()
    if invocation.is_json:
        console.json({key: value for key, value in manifest.items() if key != "files"})
        return DONE
    console.say(f"imported {manifest['documents']:,} documents of {manifest['sources']:,} sources")
    if kept:
        console.say(f"the settings in {render.shown_path(str(locations.config_file))} stay as they are")
    if not manifest["tensors"]:
        console.say("the export has no tensors: everything is encoded anew, in the background")
    return DONE
