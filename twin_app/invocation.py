"""One run of the command line: its options, the memory it is about, its settings, console and client."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from twin_app.client import Client
from twin_app.errors import SettingsError
from twin_app.locations import Locations, locate
from twin_app.render import Console
from twin_app.settings import Settings, Sourced, load


@dataclass(frozen=True, slots=True)
class Invocation:
    """What every command is given."""

    options: argparse.Namespace
    console: Console
    locations: Locations
    sourced: Sourced
    client: Client

    @property
    def is_json(self) -> bool:
        return bool(self.options.json)


def invoke(options: argparse.Namespace, console: Console) -> Invocation:
    """Find the memory and its settings. Raises SettingsError, but for a command that is to look into them."""
    locations = locate(options.home)
    flags = {"model": options.model, "device": options.device}
    try:
        sourced = load(locations.config_file, flags=flags)
    except SettingsError:
        if not options.lenient:
            raise
        sourced = Sourced(Settings(), {}, {})
    return Invocation(options, console, locations, sourced, Client(locations, sourced.overrides, console.say))
