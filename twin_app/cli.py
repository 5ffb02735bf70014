"""The command line: the tree of verbs and options, and the exit code every end of a command has.

Imports the standard library only; a verb's module is imported when the verb runs.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from twin_app import __version__, dates
from twin_app.errors import DONE, FAILED, INTERRUPTED, USAGE, TwinError

Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parser = build_parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as end:  # argparse has said what was wrong, or printed help
        return end.code if isinstance(end.code, int) else USAGE
    if options.run is None:
        parser.print_help()
        return DONE
    return run(options)


def run(options: argparse.Namespace) -> int:
    """The command's exit code; errors become a line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a narrow locale must not end an answer halfway
    try:
        from twin_app.invocation import invoke
        from twin_app.render import console
        from twin_app.settings import plain_terminal

        module, function = options.run.split(":")
        command = getattr(importlib.import_module(f"twin_app.commands.{module}"), function)
        code = int(command(invoke(options, console(plain_terminal()))))
        sys.stdout.flush()
        return code
    except TwinError as error:
        complain(str(error))
        return error.exit_code
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except OSError as error:
        complain(str(error))
        return FAILED


def complain(text: str) -> None:
    sys.stderr.write(f"twin: {text}\n")


def build_parser() -> argparse.ArgumentParser:
    """The whole tree; `run` names the function of a verb as "module:function" under `commands`."""
    parser = argparse.ArgumentParser(
        prog="twin",
        description="A private memory on your own machine: add folders, ask, get answers with sources.",
        parents=[_shared(None)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"twin {__version__}")
    parser.set_defaults(run=None)
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add_verbs in (_add_verb, _ask_verb, _finding_verbs, _memory_verbs, _model_verbs, _config_verbs):
        add_verbs(verbs)
    return parser


def _shared(default: object) -> argparse.ArgumentParser:
    """The options every verb has; with SUPPRESS they leave alone what stood before the verb."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=default)
    group = shared.add_argument_group("for every command")
    group.add_argument("--home", type=Path, metavar="DIR", help="where this memory lives (or TWIN_HOME)")
    group.add_argument("--json", action="store_true", default=default, help="print JSON")
    group.add_argument("--model", metavar="NAME|PATH", type=_model, help="the model to use")
    group.add_argument("--device", metavar="NAME", help="auto, cpu, mps, cuda or cuda:N")
    return shared


def _verb(verbs: Parsers, name: str, run: str, help: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=help, description=help, parents=[_shared(argparse.SUPPRESS)], allow_abbrev=False)
    verb.set_defaults(run=run)
    return verb


def _add_verb(verbs: Parsers) -> None:
    add = _verb(verbs, "add", "memory:add", "read files and folders into memory")
    add.add_argument("paths", nargs="+", type=absolute, metavar="PATH")
    add.add_argument(
        "--dry-run", action="store_true", help="only say what would be read, skipped, and how long it takes"
    )
    add.add_argument("--again", action="store_true", help="also read what was forgotten before")


def _ask_verb(verbs: Parsers) -> None:
    ask = _verb(verbs, "ask", "asking:ask", "answer a question from memory, with citations")
    ask.add_argument("words", nargs="*", metavar="QUESTION", help="'-' reads it, or after it its context, from stdin")
    ask.add_argument("--questions", metavar="FILE.jsonl", help='many: {"id", "question"} a line; prints JSON lines')
    ask.add_argument("--since", type=dates.start, metavar="DATE", help="only documents of DATE or later")
    ask.add_argument("--until", type=dates.end, metavar="DATE", help="only documents of DATE or earlier")
    ask.add_argument("--as-of", type=dates.end, metavar="DATE", help="what memory held then")
    ask.add_argument("--in", dest="inside", type=absolute, metavar="FOLDER", help="only documents of this folder")
    ask.add_argument("--top", type=_count, default=10, metavar="N", help="length of the ranking in hops[].routed")
    ask.add_argument("--retrieval", choices=("latent", "words", "both"), help="what ranks the documents")
    ask.add_argument("-c", "--continue", dest="carry_on", action="store_true", help="continue the last conversation")
    ask.add_argument("--no-save", action="store_true", help="keep no record of question and answer")


def _finding_verbs(verbs: Parsers) -> None:
    search = _verb(verbs, "search", "finding:search", "find passages by exact words")
    search.add_argument("words", nargs="+", metavar="WORDS")
    search.add_argument("--limit", type=_count, default=20, metavar="N", help="at most this many passages")
    _verb(verbs, "documents", "finding:documents", "list all documents")
    show = _verb(verbs, "show", "finding:show", "print a cited passage")
    show.add_argument("ref", metavar="N|DOC", help="a citation of the last answer, or a document")
    opened = _verb(verbs, "open", "finding:open_source", "open a cited source at its place")
    opened.add_argument("ref", metavar="N|DOC", help="a citation of the last answer, or a document")


def _memory_verbs(verbs: Parsers) -> None:
    forget = _verb(verbs, "forget", "memory:forget", "remove sources or documents everywhere, with a receipt")
    forget.add_argument("targets", nargs="*", metavar="PATH|DOC")
    forget.add_argument("--before", type=dates.start, metavar="DATE", help="everything dated before DATE")
    forget.add_argument("--yes", action="store_true", help="do not ask")
    verify = _verb(verbs, "verify", "memory:verify", "check that catalog, bank and index agree")
    verify.add_argument("--forgotten", type=Path, metavar="RECEIPT", help="check that nothing of it can be reached")
    _verb(verbs, "status", "memory:status", "what is in memory")
    _verb(verbs, "sources", "memory:sources", "every source and its state")
    _verb(verbs, "stop", "memory:stop", "end the owner process")


def _model_verbs(verbs: Parsers) -> None:
    model = verbs.add_parser("model", help="the models at hand", description="the models at hand", allow_abbrev=False)
    actions = model.add_subparsers(title="actions", metavar="ACTION", required=True)
    _verb(actions, "list", "model:list_models", "models at hand")
    info = _verb(actions, "info", "model:info", "what a model is")
    info.add_argument("name", nargs="?", metavar="NAME", help="default: the one in use")
    use = _verb(actions, "use", "model:use", "use another model from now on")
    use.add_argument("name", metavar="NAME|PATH", type=_model)
    pull = _verb(actions, "pull", "model:pull", "download a model (the only command that uses the network)")
    pull.add_argument("name", metavar="NAME")


def _config_verbs(verbs: Parsers) -> None:
    config = verbs.add_parser("config", help="the settings", description="the settings", allow_abbrev=False)
    actions = config.add_subparsers(title="actions", metavar="ACTION", required=True)
    _verb(actions, "show", "config:show", "each setting, and where its value came from")
    change = _verb(actions, "set", "config:set_value", "set one setting in the file")
    change.add_argument("key", metavar="KEY")
    change.add_argument("values", nargs="+", metavar="VALUE", help="several for a list")
    _verb(actions, "path", "config:path", "where the file is")


def absolute(text: str) -> Path:
    """Absolute, links left as they are: the owner has another working folder."""
    if not text:
        raise argparse.ArgumentTypeError("an empty path")
    return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100


def _model(text: str) -> str:
    """A name as it is; a folder that is there as an absolute path."""
    return str(absolute(text)) if Path(text).expanduser().is_dir() else text


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count: write 1 or more")
    return int(text)
