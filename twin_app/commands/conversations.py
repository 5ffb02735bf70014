"""`twin conversations list`, `show`, `rename`, `delete`: what was asked and answered before."""

from __future__ import annotations

import sys

from twin_app import render
from twin_app.errors import DONE
from twin_app.invocation import Invocation


def list_all(invocation: Invocation) -> int:
    """Newest first; with words, those that have all of them."""
    console = invocation.console
    result = invocation.client.call("conversations", {"query": " ".join(invocation.options.words)})
    for row in result["conversations"]:
        if invocation.is_json:
            console.json(row)
            continue
        moment = row["last"][:16].replace("T", " ")
        lost = f"  ({row['lost']:,} lost a source)" if row["lost"] else ""
        console.line(f"{row['conversation']:5}  {moment}  {row['answers']:3,}  {render.one_line(row['title'])}{lost}")
    if not result["conversations"]:
        console.say("no conversations" + (" with these words" if invocation.options.words else " yet"))
    return DONE


def show(invocation: Invocation) -> int:
    """As Markdown, or as one JSON object with every answer."""
    params = {"conversation": invocation.options.number}
    if invocation.is_json:
        invocation.console.json(invocation.client.call("conversation", params))
    else:
        invocation.console.write(str(invocation.client.call("export_conversation", params)["markdown"]))
    return DONE


def rename(invocation: Invocation) -> int:
    options = invocation.options
    result = invocation.client.call(
        "rename_conversation", {"conversation": options.number, "title": " ".join(options.title)}
    )
    if invocation.is_json:
        invocation.console.json(result)
    return DONE


def delete(invocation: Invocation) -> int:
    """Asks on a terminal, needs --yes elsewhere."""
    options, console = invocation.options, invocation.console
    params = {"conversation": options.number}
    if not options.yes:
        found = invocation.client.call("conversation", params)
        question = f"remove “{render.one_line(found['title'])}” with {len(found['answers']):,} answers for good?"
        if not console.confirm(question, sys.stdin):
            return DONE
    result = invocation.client.call("delete_conversation", params)
    if invocation.is_json:
        console.json(result)
    else:
        console.say(f"removed {result['answers']:,} answers")
    return DONE
