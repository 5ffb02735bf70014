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

RETRIEVALS = ("latent", "words", "both")
Parsers: TypeAlias = "argparse._SubParsersAction[Parser]"


class Parser(argparse.ArgumentParser):
    """With `has_excluded_words`, what begins with one "-" is a word (but for -h): `twin search rent -flat`."""

    has_excluded_words = False

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        if args is not None and self.has_excluded_words:  # argparse takes what begins with a space for a word
            args = [f" {word}" if word[:1] == "-" != word[1:2] and word != "-h" else word for word in args]
        return super().parse_known_args(args, namespace)


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
        parents=[_shared(None)],
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


def _shared(default: object) -> Parser:
    """The options every verb has; with SUPPRESS they leave alone what stood before the verb."""
    shared = Parser(add_help=False, argument_default=default)
    group = shared.add_argument_group("for every command")
    group.add_argument("--home", type=Path, metavar="DIR", help="where this memory lives (or TWIN_HOME)")
    group.add_argument("--json", action="store_true", default=default, help="print JSON")
    group.add_argument("--model", metavar="NAME|PATH", type=_model, help="the model to use")
    group.add_argument("--device", metavar="NAME", help="auto, cpu, mps, cuda or cuda:N")
    return shared


def _verb(verbs: Parsers, name: str, run: str, help: str) -> Parser:
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


def _watch_verb(verbs: Parsers) -> None:
    watch = _verb(verbs, "watch", "watch:watch", "keep files and folders in memory from now on")
    watch.add_argument("paths", nargs="*", type=absolute, metavar="PATH")
    watch.add_argument("--list", action="store_true", help="what is watched, and how each is doing")
    watch.add_argument("--remove", nargs="+", type=absolute, metavar="PATH", help="watch it no more; memory keeps it")
    watch.add_argument("--explain", type=absolute, metavar="PATH", help="whether a path is read, and by which rule")


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
    search.has_excluded_words = True
    search.add_argument("words", nargs="+", metavar="WORDS", help="-WORD leaves out passages with that word")
    search.add_argument("--limit", type=_count, default=20, metavar="N", help="at most this many passages")
    documents = _verb(verbs, "documents", "finding:documents", "list all documents")
    for verb in (search, documents):
        verb.add_argument("--as-of", type=dates.end, metavar="DATE", help="what memory held then (history = keep)")
    show = _verb(verbs, "show", "finding:show", "print a cited passage")
    show.add_argument("ref", metavar="N|DOC", help="a number of the last answer or search, or a document")
    opened = _verb(verbs, "open", "finding:open_source", "open a cited source at its place")
    opened.add_argument("ref", metavar="N|DOC", help="a number of the last answer or search, or a document")


def _conversation_verbs(verbs: Parsers) -> None:
    help = "what was asked and answered before"
    talks = verbs.add_parser("conversations", help=help, description=help, allow_abbrev=False)
    actions = talks.add_subparsers(title="actions", metavar="ACTION", required=True)
    listed = _verb(actions, "list", "conversations:list_all", "conversations, newest first")
    listed.add_argument("words", nargs="*", metavar="WORDS", help="only those that have all these words")
    show = _verb(actions, "show", "conversations:show", "a conversation as Markdown (or --json)")
    rename = _verb(actions, "rename", "conversations:rename", "give a conversation a title")
    delete = _verb(actions, "delete", "conversations:delete", "remove a conversation for good")
    for action in (show, rename, delete):
        action.add_argument("number", type=_count, metavar="NUMBER", help="as `twin conversations list` says")
    rename.add_argument("title", nargs="+", metavar="TITLE")
    delete.add_argument("--yes", action="store_true", help="do not ask")


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


def _care_verbs(verbs: Parsers) -> None:
    doctor = _verb(verbs, "doctor", "doctor:doctor", "what is wrong, and what to do about it")
    doctor.add_argument("--fix", action="store_true", help="mend what can safely be mended")
    doctor.set_defaults(lenient=True)
    help = "the owner as a service, started at login"
    service = verbs.add_parser("service", help=help, description=help, allow_abbrev=False)
    actions = service.add_subparsers(title="actions", metavar="ACTION", required=True)
    _verb(actions, "install", "service:install", "write the service's file and start it")
    _verb(actions, "remove", "service:remove", "stop the service and remove its file")
    _verb(actions, "status", "service:status", "whether it is installed and running")
    export = _verb(verbs, "export", "transfer:export", "write a complete backup into a new folder")
    export.add_argument("--no-tensors", action="store_true", help="smaller; an import then encodes everything anew")
    restore = _verb(verbs, "import", "transfer:import_", "restore a backup into an empty memory")
    for verb in (export, restore):
        verb.add_argument("folder", type=absolute, metavar="DIR")


def _model_verbs(verbs: Parsers) -> None:
    model = verbs.add_parser("model", help="the models at hand", description="the models at hand", allow_abbrev=False)
    actions = model.add_subparsers(title="actions", metavar="ACTION", required=True)
    _verb(actions, "list", "model:list_models", "models at hand")
    info = _verb(actions, "info", "model:info", "what a model is")
    info.add_argument("name", nargs="?", metavar="NAME", help="default: the one in use")
    use = _verb(actions, "use", "model:use", "use another model from now on")
    use.add_argument("name", metavar="NAME|PATH", type=_model)
    use.add_argument("--now", action="store_true", help="at once, not only when all of memory is encoded")
    drop = _verb(actions, "drop", "model:drop", "remove what a model encoded that is not in use")
    drop.add_argument("name", metavar="NAME|PATH", type=_model)
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


def _bench_verbs(verbs: Parsers) -> None:
    bench = verbs.add_parser("bench", help="the benchmarks", description="the benchmarks", allow_abbrev=False)
    actions = bench.add_subparsers(title="benchmarks", metavar="BENCHMARK", required=True)
    scale = _verb(actions, "scale", "bench:scale", "quality and speed against the size of memory")
    scale.add_argument("--sizes", type=_sizes, default=_sizes("16K,128K,1M"), metavar="16K,128K,...,100M")
    scale.add_argument("--out", type=absolute, metavar="DIR", help="where memories, table and picture go")
    scale.add_argument("--resume", action="store_true", help="go on with what --out holds")
    scale.add_argument("--text", nargs="+", type=absolute, metavar="FILE", help="text or units, .txt or .jsonl[.xz]")
    scale.add_argument(
        "--encode", type=_size, default=_size("10M"), metavar="SIZE", help="larger memories are derived from this one"
    )
    scale.add_argument("--questions", type=_count, default=40, metavar="N", help="of each size, the same ones")
    qa = _units_verb(actions, "qa", "retrieval, answers and refusals on sets of questions, beside BM25 and MiniLM")
    qa.add_argument("--answers", type=_retrievals, default=("both",), metavar="latent,words,both", help="which answer")
    qa.add_argument("--identity", action="store_true", help="also: does the model by itself write the right ID")
    qa.add_argument("--no-baselines", action="store_true", help="Twin alone")
    niah = _verb(actions, "niah", "bench:niah", "needles in a haystack: RULER's eight tasks")
    niah.add_argument("--sizes", type=_sizes, default=_sizes("16K,128K,1M"), metavar="16K,128K,...")
    niah.add_argument("--tasks", type=lambda text: text.split(","), metavar="single_1,...", help="default: all eight")
    niah.add_argument("--trials", type=_count, default=10, metavar="N", help="of each task and size, at rising depth")
    niah.add_argument("--text", type=absolute, metavar="FILE", help="prose, .txt or .jsonl[.xz]; default: generated")
    _common(niah, ("latent", "both"))
    _units_verb(actions, "interleave", "what further hops find, on questions that need several documents")
    _units_verb(actions, "refuse", "whether what memory cannot answer is refused", ("both",))
    ablate = _units_verb(actions, "ablate", "what each part is worth, by leaving it out")
    ablate.add_argument(
        "--checkpoint", action="append", default=[], type=_named, metavar="NAME=DIR", help="one more row"
    )
    soak = _verb(actions, "soak", "bench:soak", "whether questions and changes leave memory flat")
    soak.add_argument("--questions", type=_count, default=2000, metavar="N")
    soak.add_argument("--changes", type=_count, default=2000, metavar="N", help="documents added, edited and removed")


def _units_verb(
    actions: Parsers, name: str, help: str, retrievals: tuple[str, ...] = RETRIEVALS
) -> argparse.ArgumentParser:
    """A benchmark of questions about closed memories (twin_app.bench.options reads these)."""
    verb = _verb(actions, name, f"bench:{name}", help)
    verb.add_argument("--units", nargs="+", type=absolute, metavar="FILE", help=".jsonl[.xz]; default: generated lives")
    verb.add_argument("--pool", action="store_true", help="the units of a set are one memory")
    verb.add_argument("--limit", type=_count, metavar="N", help="questions of each set, drawn at random")
    _common(verb, retrievals)
    return verb


def _common(verb: argparse.ArgumentParser, retrievals: tuple[str, ...]) -> None:
    verb.add_argument("--retrieval", type=_retrievals, default=retrievals, metavar="latent,words,both")
    verb.add_argument("--seed", type=_count, default=1, metavar="N")
    verb.add_argument("--out", type=absolute, metavar="DIR", help="where tables, rows and pictures go")
    verb.add_argument("--cache", type=absolute, metavar="DIR", help="keeps memories and embeddings for the next run")


def absolute(text: str) -> Path:
    """Absolute, links left as they are: the owner has another working folder."""
    if not text:
        raise argparse.ArgumentTypeError("an empty path")
    return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100


def _model(text: str) -> str:
    """A name as it is; a folder that is there as an absolute path."""
    return str(absolute(text)) if Path(text).expanduser().is_dir() else text


def _sizes(text: str) -> list[int]:
    return sorted({_size(part) for part in text.split(",")})


def _size(text: str) -> int:
    """Tokens: 16K is 16384 as in the paper, 1M is 1000000."""
    number, unit = text[:-1], text[-1:].upper()
    if unit not in ("K", "M") or not number.isascii() or not number.isdigit() or int(number) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write sizes like 16K, 128K, 1M")
    return int(number) * (1024 if unit == "K" else 1_000_000)


def _named(text: str) -> tuple[str, str]:
    """NAME=DIR of a checkpoint."""
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=DIR")
    return name, str(absolute(folder))


def _retrievals(text: str) -> tuple[str, ...]:
    """Some of RETRIEVALS, or "none"."""
    chosen = tuple(text.split(",")) if text != "none" else ()
    if set(chosen) - set(RETRIEVALS):
        raise argparse.ArgumentTypeError(f"{text!r}: write some of {','.join(RETRIEVALS)}, or none")
    return chosen


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count: write 1 or more")
    return int(text)
