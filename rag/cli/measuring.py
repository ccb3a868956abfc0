"""The command that measures: eval."""

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rag.cli.console import Commands, dump, opened, say
from rag.cli.progress import progress
from rag.errors import BadInput, failing_as
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.evaluation.gold import Report

Measured = tuple[Any, str]
"""What was measured, for JSON and as text."""


def add(command: Commands) -> None:
    """Add the command of this module."""
    evaluate = command("eval", _evaluate, "measure answers or retrieval")
    way = evaluate.add_mutually_exclusive_group(required=True)
    way.add_argument("gold", nargs="?", type=Path, metavar="GOLD.jsonl")
    for name, metavar, told in (
        ("--beir", "DIR", "retrieval from a collection"),
        ("--requests", "FILE.jsonl", "how requests are read, against labels"),
        ("--silver", "DIR", "answers on a folder of documents and questions"),
        ("--support", "FILE.jsonl", "which sentences the check lets pass"),
        ("--themes", "FILE.jsonl", "what measures are about, against labels"),
    ):
        way.add_argument(name, type=Path, metavar=metavar, help=told)
    compare = "compare two reports (--format json)"
    way.add_argument("--paired", type=Path, nargs=2, metavar="RUN.json", help=compare)
    evaluate.add_argument(
        "--answers", type=Path, metavar="FILE.jsonl", help="answers from the collection of --beir"
    )
    evaluate.add_argument("--part", choices=("train", "test"), default="test", help="of --silver")
    evaluate.add_argument("--format", choices=("text", "json", "jsonl"), default="text")


def _evaluate(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.format == ("json" if arguments.support else "jsonl"):
        raise BadInput("--support prints text or jsonl, the others text or json")
    local = replace(settings, llm_url="")  # figures must not depend on somebody's endpoint
    ways = {
        "support": _support, "paired": _paired, "silver": _silver, "requests": _labelled,
        "gold": _gold, "themes": _labelled, "answers": _answers, "beir": _retrieval,
    }  # fmt: skip
    measure = next(ways[name] for name in ways if getattr(arguments, name))
    made, text = measure(arguments, local)
    if arguments.format == "text":
        say(text)
    elif arguments.format == "json":
        dump(made)
    else:
        for each in made:
            say(json.dumps(each, ensure_ascii=False))
    return 0


def _support(arguments: argparse.Namespace, settings: Settings) -> Measured:
    from rag.evaluation.support import evaluate, table

    checked = list(evaluate(arguments.support))
    told = [{"id": c.id, "passed": c.passed, "reason": c.reason} for c in checked]
    return told, table(checked)


def _retrieval(arguments: argparse.Namespace, settings: Settings) -> Measured:
    from rag.encoding import load_encoder
    from rag.evaluation.retrieval import evaluate, table

    with progress() as report:
        rows = evaluate(arguments.beir, load_encoder(settings), settings, report)
    return list(map(asdict, rows)), table(rows)


def _answers(arguments: argparse.Namespace, settings: Settings) -> Measured:
    from rag.encoding import load_encoder
    from rag.evaluation.answers import evaluate, read_known
    from rag.evaluation.beir import Beir

    known, collection = read_known(arguments.answers), Beir.load(arguments.beir)
    with progress() as report:
        return _measured(evaluate(known, collection, load_encoder(settings), settings, report))


def _labelled(arguments: argparse.Namespace, settings: Settings) -> Measured:
    from rag.encoding import load_encoder
    from rag.evaluation import requests, themes

    measure = requests if arguments.requests else themes
    shares = measure.evaluate(arguments.requests or arguments.themes, load_encoder(settings))
    return shares, "\n".join(_figures(shares, shares))


def _gold(arguments: argparse.Namespace, settings: Settings) -> Measured:
    from rag.evaluation.gold import evaluate, read_gold

    return _measured(evaluate(read_gold(arguments.gold), opened(settings).ask))


def _silver(arguments: argparse.Namespace, settings: Settings) -> Measured:
    from rag.evaluation.gold import evaluate, read_gold
    from rag.pipeline import build

    data: Path = arguments.silver
    names = (f"{arguments.part}.jsonl", f"talk_{arguments.part}.jsonl")
    gold = [each for name in names for each in read_gold(data / "silver" / name)]
    corpus = [data / "silver" / "docs", data / "genre", data / "reports"]
    with TemporaryDirectory() as room:
        local = replace(settings, store="folder", index=room)
        build(corpus, Path(room), local)
        return _measured(evaluate(gold, opened(local).ask))


def _measured(report: "Report") -> Measured:
    made, lines = asdict(report), []
    for kind, counts in report.outcomes.items():
        told = "  ".join(f"{name} {count}" for name, count in counts.items() if count)
        lines.append(f"{kind:<14}{report.by_kind[kind]:7.3f}  {told}")
    lines += _figures(made, ("pass_rate", "said", "cited", "precise", "recalled", "verbatim"))
    lines += _figures(made, ("refused", "answered", "nearest", "auroc", "refused_at_kept"))
    lines.append(f"outside the scope {report.outside}  says what it may not {report.forbidden}")
    for said, are, count in report.calibration:
        lines.append(f"likely {said:5.3f}  are right {are:5.3f}  of {count}")
    lines.append(f"seconds       p50 {report.p50:.3f}  p95 {report.p95:.3f}")
    lines += [f"failed: {question}" for question in report.failed]
    return made, "\n".join(lines)


def _figures(made: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    return [f"{name:<16}{made[name]:6.3f}" for name in names]


def _paired(arguments: argparse.Namespace, settings: Settings) -> Measured:
    from rag.evaluation.gold import paired

    made = paired(*map(_passed, arguments.paired))
    lines = [f"both {made.both}  neither {made.neither}  chance {made.chance:.3f}"]
    for path, names in zip(arguments.paired, (made.first, made.second), strict=True):
        lines.append(f"{path} alone {len(names)}: {' '.join(names)}")
    return asdict(made), "\n".join(lines)


def _passed(path: Path) -> dict[str, bool]:
    told = "{path} is no report: make it with rag eval ... --format json >FILE"
    with failing_as(BadInput, told, ValueError, KeyError, TypeError, AttributeError, path=path):
        passed = json.loads(path.read_text(encoding="utf-8"))["passed"]
        return {str(name): bool(value) for name, value in passed.items()}
