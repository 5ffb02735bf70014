"""`twin service install`, `remove`, `status`: the owner started at login, for those who want it."""

from __future__ import annotations

import sys

from twin_app import render
from twin_app.errors import DONE
from twin_app.invocation import Invocation
from twin_app.locations import carried, user_folders
from twin_app.ownership import is_owned, read_note
from twin_app.service import Service, units_folder


def install(invocation: Invocation) -> int:
    """An owner that a command had started leaves first, so that the service's own can take its place."""
    service = _service(invocation)
    invocation.locations.prepare()
    if is_owned(invocation.locations.lock):
        invocation.client.stop()
    return _say(invocation, service, service.install())


def remove(invocation: Invocation) -> int:
    service = _service(invocation)
    return _say(invocation, service, service.remove())


def status(invocation: Invocation) -> int:
    locations = invocation.locations
    note = read_note(locations.lock) if is_owned(locations.lock) else None
    state = {**_service(invocation).state(), "owner_pid": note.pid if note else None}
    if invocation.is_json:
        invocation.console.json(state)
        return DONE
    file = render.shown_path(str(state["file"]))
    invocation.console.line(f"{'installed' if state['installed'] else 'not installed'}: {file}")
    if state["active"] is not None:
        invocation.console.line(f"{state['tool']} says: {render.one_line(str(state['active']))}")
    invocation.console.line("no owner is running" if note is None else f"the owner is process {note.pid}")
    return DONE


def _service(invocation: Invocation) -> Service:
    user, config = user_folders()
    return Service(invocation.locations, sys.platform, units_folder(sys.platform, user, config), carried())


def _say(invocation: Invocation, service: Service, said: str) -> int:
    if invocation.is_json:
        invocation.console.json({**service.state(), "said": said})
    else:
        invocation.console.say(f"{render.shown_path(str(service.file))}: {render.one_line(said)}")
    return DONE
