"""Every action that can be taken at a moment, with the key it is bound to, which may be one of the person's own.

Textual's active bindings leave out those whose key the prompt would take as text; here they are in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen


@dataclass(frozen=True)
class Action:
    """`keys` are all that take it, as they are shown to people."""

    node: DOMNode
    binding: Binding
    keys: str

    @property
    def title(self) -> str:
        return self.binding.tooltip or self.binding.description


def actions(app: App[Any], screen: Screen[Any], keymap: Mapping[str, str]) -> list[Action]:
    """What has the focus first, then the screen, then what works everywhere; one for each action."""
    nodes = [*(screen.focused.ancestors_with_self if screen.focused is not None else [screen]), app]
    found: dict[str, Action] = {}
    for node in dict.fromkeys(nodes):
        if isinstance(node, App) and node is not app:
            continue
        own: dict[str, list[Binding]] = {}
        for binding in declared(node):
            if binding.id and binding.description:
                own.setdefault(binding.action, []).append(binding)
        for same in own.values():
            first = same[0]
            if first.id and first.id not in found and node.check_action(*_parsed(first.action)):
                found[first.id] = Action(node, first, _shown(app, same, keymap))
    return list(found.values())


def declared(node: DOMNode) -> Iterator[Binding]:
    """The bindings of a node's classes, each key by itself."""
    for kind in type(node).__mro__:
        yield from Binding.make_bindings(kind.__dict__.get("BINDINGS", ()))


def _parsed(action: str) -> tuple[str, tuple[object, ...]]:
    """The action's name without its namespace, for `check_action`; our checks do not look at parameters."""
    return action.partition("(")[0].rpartition(".")[2], ()


def _shown(app: App[Any], bindings: Iterable[Binding], keymap: Mapping[str, str]) -> str:
    keys: list[str] = []
    for binding in bindings:
        own = keymap.get(binding.id or "")
        shown = [binding.with_key(key) for key in own.split(",")] if own else [binding]
        keys += [app.get_key_display(one) for one in shown]
    return ", ".join(dict.fromkeys(keys))


def keymap(keys: Sequence[str]) -> dict[str, str]:
    """What the setting `keys` says, as Textual takes it: `["prompt.newline=enter", "prompt.newline=shift+enter"]`
    gives one action two keys. The settings have checked the form."""
    found: dict[str, list[str]] = {}
    for entry in keys:
        name, _, key = entry.partition("=")
        found.setdefault(name.strip(), []).append(key.strip())
    return {name: ",".join(own) for name, own in found.items()}
