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

from twin_app import __version__, dates
from twin_app.arguments import RETRIEVALS, Parser, Parsers, absolute, add_verb, count, model_name, shared
from twin_app.errors import DONE, FAILED, INTERRUPTED, USAGE, TwinError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = build_parser(words)
    try:
        options = parser.parse_args(words)
    except SystemExit as end:  # argparse has said what was wrong, or printed help
        return end.code if isinstance(end.code, int) else USAGE
    if options.run is None:
        if options.json or not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
            parser.print_help()
            return DONE
        options.run = "app:open_app"
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


def build_parser(words: Sequence[str] = ()) -> Parser:
    """The whole tree, or as much of it as parses these words: all of it takes longer than many a command.

    `run` names the function of a verb as "module:function" under `commands`.
    """
    parser = Parser(
        prog="twin",
        description="A private memory on your own machine: add folders, ask, get answers with sources.",
        parents=[shared(None)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"twin {__version__}")
    parser.set_defaults(run=None, lenient=False)
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND")
    groups = (
        *(_add_verb, _watch_verb, _ask_verb, _finding_verbs, _conversation_verbs, _memory_verbs, _care_verbs),
        *(_model_verbs, _config_verbs, _bench_verbs),
    )
    quick = {"ask": _ask_verb, **dict.fromkeys(("search", "show", "open", "documents"), _finding_verbs)}
    wanted = quick.get(_verb_in(words))
    for add_verbs in groups if wanted is None else (wanted,):
        add_verbs(verbs)
    return parser


def _verb_in(words: Sequence[str]) -> str:
    """The verb, where it is plain to see: behind nothing but `--json` and options with their values; else ""."""
    rest = iter(words)
    for word in rest:
        if word in ("--home", "--model", "--device"):
            next(rest, None)
        elif word != "--json" and not word.startswith(("--home=", "--model=", "--device=")):
            return word
    return ""


def _add_verb(verbs: Parsers) -> None:
    add = add_verb(verbs, "add", "memory:add", "read files and folders into memory")
    add.add_argument("paths", nargs="+", type=absolute, metavar="PATH")
    add.add_argument(
        "--dry-run", action="store_true", help="only say what would be read, skipped, and how long it takes"
    )
    add.add_argument("--again", action="store_true", help="also read what was forgotten before")


def _watch_verb(verbs: Parsers) -> None:
    watch = add_verb(verbs, "watch", "watch:watch", "keep files and folders in memory from now on")
    watch.add_argument("paths", nargs="*", type=absolute, metavar="PATH")
    watch.add_argument("--list", action="store_true", help="what is watched, and how each is doing")
    watch.add_argument("--remove", nargs="+", type=absolute, metavar="PATH", help="watch it no more; memory keeps it")
    watch.add_argument("--explain", type=absolute, metavar="PATH", help="whether a path is read, and by which rule")


def _ask_verb(verbs: Parsers) -> None:
    ask = add_verb(verbs, "ask", "asking:ask", "answer a question from memory, with citations")
    ask.add_argument("words", nargs="*", metavar="QUESTION", help="'-' reads it, or after it its context, from stdin")
    ask.add_argument("--questions", metavar="FILE.jsonl", help='many: {"id", "question"} a line; prints JSON lines')
    ask.add_argument("--since", type=dates.start, metavar="DATE", help="only documents of DATE or later")
    ask.add_argument("--until", type=dates.end, metavar="DATE", help="only documents of DATE or earlier")
    ask.add_argument("--as-of", type=dates.end, metavar="DATE", help="what memory held then")
    ask.add_argument("--in", dest="inside", type=absolute, metavar="FOLDER", help="only documents of this folder")
    ask.add_argument("--top", type=count, default=10, metavar="N", help="length of the ranking in hops[].routed")
    ask.add_argument("--retrieval", choices=RETRIEVALS, help="what ranks the documents")
    ask.add_argument("-c", "--continue", dest="carry_on", action="store_true", help="continue the last conversation")
    ask.add_argument("--no-save", action="store_true", help="keep no record of question and answer")


def _finding_verbs(verbs: Parsers) -> None:
    search = add_verb(verbs, "search", "finding:search", "find passages by exact words")
    search.has_excluded_words = True
    search.add_argument("words", nargs="+", metavar="WORDS", help="-WORD leaves out passages with that word")
    search.add_argument("--limit", type=count, default=20, metavar="N", help="at most this many passages")
    documents = add_verb(verbs, "documents", "finding:documents", "list all documents")
    for verb in (search, documents):
        verb.add_argument("--as-of", type=dates.end, metavar="DATE", help="what memory held then (history = keep)")
    show = add_verb(verbs, "show", "finding:show", "print a cited passage")
    show.add_argument("ref", metavar="N|DOC", help="a number of the last answer or search, or a document")
    opened = add_verb(verbs, "open", "finding:open_source", "open a cited source at its place")
    opened.add_argument("ref", metavar="N|DOC", help="a number of the last answer or search, or a document")


def _conversation_verbs(verbs: Parsers) -> None:
    help = "what was asked and answered before"
    talks = verbs.add_parser("conversations", help=help, description=help, allow_abbrev=False)
    actions = talks.add_subparsers(title="actions", metavar="ACTION", required=True)
    listed = add_verb(actions, "list", "conversations:list_all", "conversations, newest first")
    listed.add_argument("words", nargs="*", metavar="WORDS", help="only those that have all these words")
    show = add_verb(actions, "show", "conversations:show", "a conversation as Markdown (or --json)")
    rename = add_verb(actions, "rename", "conversations:rename", "give a conversation a title")
    delete = add_verb(actions, "delete", "conversations:delete", "remove a conversation for good")
    for action in (show, rename, delete):
        action.add_argument("number", type=count, metavar="NUMBER", help="as `twin conversations list` says")
    rename.add_argument("title", nargs="+", metavar="TITLE")
    delete.add_argument("--yes", action="store_true", help="do not ask")


def _memory_verbs(verbs: Parsers) -> None:
    forget = add_verb(verbs, "forget", "memory:forget", "remove sources or documents everywhere, with a receipt")
    forget.add_argument("targets", nargs="*", metavar="PATH|DOC")
    forget.add_argument("--before", type=dates.start, metavar="DATE", help="everything dated before DATE")
    forget.add_argument("--yes", action="store_true", help="do not ask")
    verify = add_verb(verbs, "verify", "memory:verify", "check that catalog, bank and index agree")
    verify.add_argument("--forgotten", type=absolute, metavar="RECEIPT", help="check that nothing of it can be reached")
    add_verb(verbs, "status", "memory:status", "what is in memory")
    add_verb(verbs, "sources", "memory:sources", "every source and its state")
    add_verb(verbs, "stop", "memory:stop", "end the owner process")


def _care_verbs(verbs: Parsers) -> None:
    doctor = add_verb(verbs, "doctor", "doctor:doctor", "what is wrong, and what to do about it")
    doctor.add_argument("--fix", action="store_true", help="mend what can safely be mended")
    doctor.set_defaults(lenient=True)
    help = "the owner as a service, started at login"
    service = verbs.add_parser("service", help=help, description=help, allow_abbrev=False)
    actions = service.add_subparsers(title="actions", metavar="ACTION", required=True)
    add_verb(actions, "install", "service:install", "write the service's file and start it")
    add_verb(actions, "remove", "service:remove", "stop the service and remove its file")
    add_verb(actions, "status", "service:status", "whether it is installed and running")
    export = add_verb(verbs, "export", "transfer:export", "write a complete backup into a new folder")
    export.add_argument("--no-tensors", action="store_true", help="smaller; an import then encodes everything anew")
    restore = add_verb(verbs, "import", "transfer:import_", "restore a backup into an empty memory")
    for verb in (export, restore):
        verb.add_argument("folder", type=absolute, metavar="DIR")


def _model_verbs(verbs: Parsers) -> None:
    model = verbs.add_parser("model", help="the models at hand", description="the models at hand", allow_abbrev=False)
    actions = model.add_subparsers(title="actions", metavar="ACTION", required=True)
    add_verb(actions, "list", "model:list_models", "models at hand")
    info = add_verb(actions, "info", "model:info", "what a model is")
    info.add_argument("name", nargs="?", metavar="NAME", help="default: the one in use")
    use = add_verb(actions, "use", "model:use", "use another model from now on")
    use.add_argument("name", metavar="NAME|PATH", type=model_name)
    use.add_argument("--now", action="store_true", help="at once, not only when all of memory is encoded")
    drop = add_verb(actions, "drop", "model:drop", "remove what a model encoded that is not in use")
    drop.add_argument("name", metavar="NAME|PATH", type=model_name)
    pull = add_verb(actions, "pull", "model:pull", "download a model (the only command that uses the network)")
    pull.add_argument("name", metavar="NAME")


def _config_verbs(verbs: Parsers) -> None:
    config = verbs.add_parser("config", help="the settings", description="the settings", allow_abbrev=False)
    actions = config.add_subparsers(title="actions", metavar="ACTION", required=True)
    add_verb(actions, "show", "config:show", "each setting, and where its value came from")
    change = add_verb(actions, "set", "config:set_value", "set one setting in the file")
    change.add_argument("key", metavar="KEY")
    change.add_argument("values", nargs="+", metavar="VALUE", help="several for a list")
    add_verb(actions, "path", "config:path", "where the file is")


def _bench_verbs(verbs: Parsers) -> None:
    from twin_app.bench.verbs import bench_verbs  # a module more, which no quick verb needs

    bench_verbs(verbs)
