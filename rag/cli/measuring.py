"""The command that measures: eval."""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.cli.console import Commands, dump, say
from rag.cli.progress import progress
from rag.errors import BadInput
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.evaluation.gold import Report
    from rag.evaluation.requests import Read
    from rag.evaluation.themes import Given


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
        "--silver", type=Path, metavar="DIR", help="answers on a folder of documents and questions"
    )
    evaluate.add_argument("--part", choices=("train", "test"), default="test", help="of --silver")
    evaluate.add_argument(
        "--paired",
        type=Path,
        nargs=2,
        metavar="RUN.json",
        help="compare two reports (--format json)",
    )
    evaluate.add_argument(
        "--support", type=Path, metavar="FILE.jsonl", help="which sentences the check lets pass"
    )
    evaluate.add_argument(
        "--themes", type=Path, metavar="FILE.jsonl", help="what measures are about, against labels"
    )
    evaluate.add_argument("--format", choices=("text", "json", "jsonl"), default="text")


def _evaluate(arguments: argparse.Namespace, settings: Settings) -> int:
    asked = ("gold", "beir", "requests", "silver", "paired", "support", "themes")
    if sum(getattr(arguments, name) is not None for name in asked) != 1:
        raise BadInput(f"give one of GOLD.jsonl, {', '.join(f'--{name}' for name in asked[1:])}")
    if (arguments.format == "jsonl") != bool(arguments.support and arguments.format != "text"):
        raise BadInput("--support prints text or jsonl, the others text or json")
    if arguments.support:
        return _evaluate_support(arguments)
    if arguments.themes:
        return _evaluate_themes(arguments)
    if arguments.paired:
        return _compare_runs(arguments)
    if arguments.silver:
        return _evaluate_silver(arguments, settings)
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

    return _say_shares(evaluate(arguments.requests, load_encoder(settings)), arguments.format)


def _evaluate_themes(arguments: argparse.Namespace) -> int:
    from rag.evaluation.themes import evaluate

    return _say_shares(evaluate(arguments.themes), arguments.format)


def _say_shares(report: "Read | Given", form: str) -> int:
    if form == "json":
        dump(asdict(report))
    else:
        _say_figures(report, *asdict(report))
    return 0


def _evaluate_gold(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.evaluation.gold import evaluate, read_gold
    from rag.pipeline import Assistant

    gold = read_gold(arguments.gold)
    local = replace(settings, llm_url="")  # figures must not depend on somebody's endpoint
    _say_report(evaluate(gold, Assistant.open(Path(settings.index), local).ask), arguments.format)
    return 0


def _evaluate_silver(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.evaluation.gold import evaluate, read_gold
    from rag.pipeline import Assistant, build

    data: Path = arguments.silver
    names = (f"{arguments.part}.jsonl", f"talk_{arguments.part}.jsonl")
    gold = [each for name in names for each in read_gold(data / "silver" / name)]
    corpus = [data / "silver" / "docs", data / "genre", data / "reports"]
    with TemporaryDirectory() as room:
        local = replace(settings, llm_url="", store="folder")
        build(corpus, Path(room), local)
        _say_report(evaluate(gold, Assistant.open(Path(room), local).ask), arguments.format)
    return 0


def _say_report(report: "Report", form: str) -> None:
    if form == "json":
        dump(report.as_json())
        return
    for kind, counts in report.outcomes.items():
        told = "  ".join(f"{name} {count}" for name, count in counts.items() if count)
        say(f"{kind:<14}{report.by_kind[kind]:7.3f}  {told}")
    _say_figures(report, "pass_rate", "said", "cited", "precise", "recalled", "verbatim")
    _say_figures(report, "refused", "answered", "nearest", "auroc", "refused_at_kept")
    say(f"outside the scope {report.outside}  says what it may not {report.forbidden}")
    for said, are, count in report.calibration:
        say(f"likely {said:5.3f}  are right {are:5.3f}  of {count}")
    say(f"seconds       p50 {report.p50:.3f}  p95 {report.p95:.3f}")
    for question in report.failed:
        say(f"failed: {question}")


def _compare_runs(arguments: argparse.Namespace) -> int:
    from rag.evaluation.gold import paired

    runs = [_passed(path) for path in arguments.paired]
    made = paired(*runs)
    if arguments.format == "json":
        dump(asdict(made))
        return 0
    say(f"both {made.both}  neither {made.neither}  chance {made.chance:.3f}")
    for path, names in zip(arguments.paired, (made.first, made.second), strict=True):
        say(f"{path} alone {len(names)}: {' '.join(names)}")
    return 0


def _passed(path: Path) -> dict[str, bool]:
    try:
        passed = json.loads(path.read_text(encoding="utf-8"))["passed"]
        return {str(name): bool(value) for name, value in passed.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            f"{path} is no report: make it with rag eval ... --format json >FILE"
        ) from error
