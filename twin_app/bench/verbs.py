"""The benchmarks as verbs, with their options. Imports the standard library only."""

from __future__ import annotations

import argparse

from twin_app.arguments import RETRIEVALS, Parsers, absolute, add_verb, count, named, size, sizes, ways


def bench_verbs(verbs: Parsers) -> None:
    bench = verbs.add_parser("bench", help="the benchmarks", description="the benchmarks", allow_abbrev=False)
    actions = bench.add_subparsers(title="benchmarks", metavar="BENCHMARK", required=True)
    scale = add_verb(actions, "scale", "bench:scale", "quality and speed against the size of memory")
    scale.add_argument("--sizes", type=sizes, default=sizes("16K,128K,1M"), metavar="16K,128K,...,100M")
    scale.add_argument("--out", type=absolute, metavar="DIR", help="where memories, table and picture go")
    scale.add_argument("--resume", action="store_true", help="go on with what --out holds")
    scale.add_argument("--text", nargs="+", type=absolute, metavar="FILE", help="text or units, .txt or .jsonl[.xz]")
    scale.add_argument(
        "--encode", type=size, default=size("10M"), metavar="SIZE", help="larger memories are derived from this one"
    )
    scale.add_argument("--questions", type=count, default=40, metavar="N", help="of each size, the same ones")
    qa = _about_units(actions, "qa", "retrieval, answers and refusals on sets of questions, beside BM25 and MiniLM")
    qa.add_argument("--answers", type=ways, default=("both",), metavar="latent,words,both", help="which answer")
    qa.add_argument("--identity", action="store_true", help="also: does the model by itself write the right ID")
    niah = add_verb(
        actions, "niah", "bench:niah", "needles in a haystack: RULER's eight tasks, beside BM25 and MiniLM (up to 128K)"
    )
    niah.add_argument("--sizes", type=sizes, default=sizes("16K,128K,1M"), metavar="16K,128K,...")
    niah.add_argument("--tasks", type=lambda text: text.split(","), metavar="single_1,...", help="default: all eight")
    niah.add_argument("--trials", type=count, default=10, metavar="N", help="of each task and size, at rising depth")
    niah.add_argument("--text", type=absolute, metavar="FILE", help="prose, .txt or .jsonl[.xz]; default: generated")
    _common(niah, ("latent", "both"))
    several = _about_units(actions, "interleave", "what further hops find, on questions that need several documents")
    refuse = _about_units(
        actions,
        "refuse",
        "whether what memory cannot answer is refused, beside the best scores of BM25 and MiniLM",
        ("both",),
    )
    for verb in (qa, niah, several, refuse):
        verb.add_argument("--no-baselines", action="store_true", help="Twin alone")
    ablate = _about_units(actions, "ablate", "what each part is worth, by leaving it out")
    ablate.add_argument(
        "--checkpoint", action="append", default=[], type=named, metavar="NAME=DIR", help="one more row"
    )
    soak = add_verb(actions, "soak", "bench:soak", "whether questions and changes leave memory flat")
    soak.add_argument("--questions", type=count, default=2000, metavar="N")
    soak.add_argument("--changes", type=count, default=2000, metavar="N", help="documents added, edited and removed")


def _about_units(
    actions: Parsers, name: str, help: str, retrievals: tuple[str, ...] = RETRIEVALS
) -> argparse.ArgumentParser:
    """A benchmark of questions about closed memories (twin_app.bench.options reads these)."""
    verb = add_verb(actions, name, f"bench:{name}", help)
    verb.add_argument("--units", nargs="+", type=absolute, metavar="FILE", help=".jsonl[.xz]; default: generated lives")
    verb.add_argument("--pool", action="store_true", help="the units of a set are one memory")
    verb.add_argument("--limit", type=count, metavar="N", help="questions of each set, drawn at random")
    _common(verb, retrievals)
    return verb


def _common(verb: argparse.ArgumentParser, retrievals: tuple[str, ...]) -> None:
    verb.add_argument("--retrieval", type=ways, default=retrievals, metavar="latent,words,both")
    verb.add_argument("--seed", type=count, default=1, metavar="N")
    verb.add_argument("--out", type=absolute, metavar="DIR", help="where tables, rows and pictures go")
    verb.add_argument("--cache", type=absolute, metavar="DIR", help="keeps memories and embeddings for the next run")
