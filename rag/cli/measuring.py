"""The command that measures: eval."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from rag.cli.console import Commands, dump, say
from rag.cli.progress import progress
from rag.errors import BadInput
from rag.settings import Settings


def add(command: Commands) -> None:
    """Add the commands of this module."""
    evaluate = command("eval", _evaluate, "measure answers or retrieval")
    evaluate.add_argument("gold", nargs="?", type=Path, metavar="GOLD.jsonl")
    evaluate.add_argument("--beir", type=Path, metavar="DIR", help="retrieval from a collection")
    evaluate.add_argument(
        "--answers", type=Path, metavar="FILE.jsonl", help="answers from the collection of --beir"
    )
    evaluate.add_argument(
        "--requests", type=Path, metavar="FILE.jsonl", help="how requests are read, against labels"
    )
    evaluate.add_argument(
        "--support", type=Path, metavar="FILE.jsonl", help="which sentences the check lets pass"
    )
    evaluate.add_argument("--format", choices=("text", "json", "jsonl"), default="text")


def _evaluate(arguments: argparse.Namespace, settings: Settings) -> int:
    given = [arguments.gold, arguments.beir, arguments.requests, arguments.support]
    if sum(each is not None for each in given) != 1:
        raise BadInput(
            "give one of GOLD.jsonl, --beir DIR, --requests FILE.jsonl and --support FILE.jsonl"
        )
    if (arguments.format == "jsonl") != bool(arguments.support and arguments.format != "text"):
        raise BadInput("--support prints text or jsonl, the others text or json")
    if arguments.support:
        return _evaluate_support(arguments)
    if arguments.requests:
        return _evaluate_requests(arguments, settings)
    if arguments.gold:
        return _evaluate_gold(arguments, settings)
    if arguments.answers:
        return _evaluate_answers(arguments, settings)
    return _evaluate_retrieval(arguments, settings)


def _evaluate_support(arguments: argparse.Namespace) -> int:
    import json

    from rag.evaluation.support import evaluate, table

    if arguments.format == "text":
        say(table(list(evaluate(arguments.support))))
        return 0
    for each in evaluate(arguments.support):
        told = {"id": each.id, "passed": each.passed, "reason": each.reason}
        say(json.dumps(told, ensure_ascii=False))
    return 0


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


def _evaluate_answers(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.encoding import load_encoder
    from rag.evaluation.answers import evaluate, read_known
    from rag.evaluation.beir import Beir

    known, collection = read_known(arguments.answers), Beir.load(arguments.beir)
    local = replace(settings, llm_url="")
    with progress() as report_progress:
        report = evaluate(known, collection, load_encoder(settings), local, report_progress)
    if arguments.format == "json":
        dump(report.as_json())
        return 0
    for kind, (count, held) in report.by_kind.items():
        say(f"{kind:<14}{held:7.3f}  of {count}")
    _say_figures(report, "held", "held_any", "right", "answered", "refused")
    _say_figures(report, "auroc", "refused_at_kept")
    say(f"seconds       p50 {report.p50:.3f}  p95 {report.p95:.3f}")
    return 0


def _say_figures(report: object, *names: str) -> None:
    for name in names:
        say(f"{name:<16}{getattr(report, name):6.3f}")


def _evaluate_requests(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.encoding import load_encoder
    from rag.evaluation.requests import evaluate

    report = evaluate(arguments.requests, load_encoder(settings))
    if arguments.format == "json":
        dump(asdict(report))
    else:
        _say_figures(report, *asdict(report))
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
    _say_figures(report, "pass_rate", "said", "cited", "precise", "verbatim")
    _say_figures(report, "refused", "answered", "auroc", "refused_at_kept")
    say(f"seconds       p50 {report.p50:.3f}  p95 {report.p95:.3f}")
    for question in report.failed:
        say(f"failed: {question}")
    return 0
