"""The commands that measure and train: eval, train."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from rag.cli.console import Commands, dump, progress, say
from rag.errors import BadInput
from rag.settings import Settings


def add(command: Commands) -> None:
    """Add the commands of this module."""
    evaluate = command("eval", _evaluate, "measure answers or retrieval")
    evaluate.add_argument("gold", nargs="?", type=Path, metavar="GOLD.jsonl")
    evaluate.add_argument("--beir", type=Path, metavar="DIR")
    evaluate.add_argument("--format", choices=("text", "json"), default="text")

    train = command("train", _train, "train the embedded encoder, or the ranker")
    train.add_argument("--pairs", type=Path, required=True, metavar="FILE.jsonl.gz")
    train.add_argument("--text", type=Path, required=True, metavar="FILE.txt.gz")
    train.add_argument("--out", type=Path, required=True, metavar="DIR")
    what = train.add_mutually_exclusive_group()
    what.add_argument("--random", action="store_true", help="random rows times IDF, the baseline")
    what.add_argument(
        "--ranker", action="store_true", help="the weights of the ranker and of terms, no encoder"
    )


def _evaluate(arguments: argparse.Namespace, settings: Settings) -> int:
    if (arguments.gold is None) == (arguments.beir is None):
        raise BadInput("give GOLD.jsonl or --beir DIR")
    if arguments.gold:
        return _evaluate_gold(arguments, settings)
    return _evaluate_retrieval(arguments, settings)


def _evaluate_retrieval(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.encoding import load_encoder
    from rag.evaluation.retrieval import evaluate, table

    encoder = load_encoder(settings)
    with progress() as report_progress:
        rows = evaluate(arguments.beir, encoder, settings, report_progress)
    if arguments.format == "json":
        dump([asdict(row) for row in rows])
    else:
        say(table(rows))
    return 0


def _evaluate_gold(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.evaluation.gold import evaluate, read_gold
    from rag.pipeline import Assistant

    gold = read_gold(arguments.gold)
    local = replace(settings, llm_url="")  # figures must not depend on somebody's endpoint
    report = evaluate(gold, Assistant.open(Path(settings.index), local).ask)
    if arguments.format == "json":
        dump(report.as_json())
        return 0
    for kind, rate in report.by_kind.items():
        say(f"{kind:<14}{rate:7.3f}")
    for name in ("pass_rate", "said", "cited", "precise", "verbatim", "refused", "answered"):
        say(f"{name:<14}{getattr(report, name):7.3f}")
    say(f"seconds       p50 {report.p50:.3f}  p95 {report.p95:.3f}")
    for question in report.failed:
        say(f"failed: {question}")
    return 0


def _train(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.ranker:
        from rag.training.ranker import train_ranker

        train_ranker(arguments.pairs, arguments.text, arguments.out)
        return 0
    from rag.training import train

    train(arguments.pairs, arguments.text, arguments.out, random=arguments.random)
    return 0
