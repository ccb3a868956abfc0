"""The command line `rag`: it parses, calls and prints. Floor 9.

Exit codes: 0 done, 1 a failure, 2 wrong use. Results go to stdout, progress and errors to stderr.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rag.errors import BadInput, RagError
from rag.settings import Settings
from rag.types import Answer, Filters

if TYPE_CHECKING:
    from rag.index import Progress

_FILTERS = ("place", "author", "office", "publication", "issue", "date")


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        arguments = _parser().parse_args(argv)
        settings = Settings.load()
        if arguments.index:
            settings = replace(settings, index=arguments.index)
        sys.exit(arguments.run(arguments, settings) or 0)
    except RagError as error:
        _print(f"rag: {error}", sys.stderr)
        sys.exit(2 if isinstance(error, BadInput) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `rag list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rag", description="Answers that cite their source.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--index", metavar="DIR", help="index folder (RAG_INDEX, default ./index)")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, parents=[common])
        added.set_defaults(run=run)
        return added

    build = command("build", _build, "make a new index generation from a corpus")
    build.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="default: corpus")

    ask = command("ask", _ask, "answer a question, with citations")
    ask.add_argument("question", nargs="?")
    ask.add_argument("--batch", type=Path, metavar="FILE.jsonl", help="one question a line")
    ask.add_argument("--format", choices=("text", "json", "jsonl"), default="text")
    _add_filters(ask)

    search = command("search", _search, "rank passages")
    search.add_argument("query")
    search.add_argument("-k", type=int, default=10, help="how many (default 10)")
    search.add_argument("--format", choices=("text", "json"), default="text")
    _add_filters(search)

    outline = command("outline", _outline, "show what the reader makes of one file")
    outline.add_argument("file", type=Path)
    outline.add_argument("--format", choices=("text", "json"), default="text")

    listing = command("list", _list, "list essays or measures")
    listing.add_argument("what", choices=("essays", "measures"))
    listing.add_argument("--format", choices=("text", "csv", "json", "xlsx"), default="text")
    listing.add_argument("--out", type=Path, metavar="FILE", help="write there, not to stdout")
    _add_filters(listing)

    index = command("index", _index, "look after the generations of the index")
    index.add_argument("action", choices=("list", "verify"))

    evaluate = command("eval", _evaluate, "measure answers or retrieval")
    evaluate.add_argument("gold", nargs="?", type=Path, metavar="GOLD.jsonl")
    evaluate.add_argument("--beir", type=Path, metavar="DIR")
    evaluate.add_argument("--format", choices=("text", "json"), default="text")

    serve = command("serve", _serve, "open the chat; builds the index first where there is none")
    serve.add_argument("--host", help="default 127.0.0.1")
    serve.add_argument("--port", type=int, help="default 7860")

    train = command("train", _train, "train the embedded encoder")
    train.add_argument("--pairs", type=Path, required=True, metavar="FILE.jsonl.gz")
    train.add_argument("--text", type=Path, required=True, metavar="FILE.txt.gz")
    train.add_argument("--out", type=Path, required=True, metavar="DIR")
    train.add_argument("--random", action="store_true", help="random rows times IDF, the baseline")
    return parser


def _add_filters(parser: argparse.ArgumentParser) -> None:
    for name in _FILTERS:
        parser.add_argument(f"--{name}", action="append", default=[], help=f"only this {name}")


def _filters(arguments: argparse.Namespace) -> Filters:
    return Filters(**{name: tuple(getattr(arguments, name)) for name in _FILTERS})


def _print(text: str = "", file: TextIO | None = None) -> None:
    (file or sys.stdout).write(f"{text}\n")


def _dump(value: object) -> None:
    _print(json.dumps(value, ensure_ascii=False, indent=1))


def _build(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.pipeline import build

    paths = arguments.paths or [Path(settings.corpus)]
    with _progress() as progress:
        report = build(paths, Path(settings.index), settings, progress)
    for file in report.files:
        made = f"{file.essays} essays, {file.measures} measures, {file.passages} passages"
        _print(
            f"{file.state:<9}{file.path}  {made if file.state != 'skipped' else ''}"
            f"{'  ' if file.reason else ''}{file.reason}"
        )
    _print(
        f"generation {report.generation}: {report.essays} essays, {report.measures} measures,"
        f" {report.passages} passages in {sum(report.seconds.values()):.1f} s;"
        f" {report.skipped} of {len(report.files)} files skipped"
    )
    return 0


@contextmanager
def _progress() -> "Iterator[Progress]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:<8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, total=total)

        yield report


def _ask(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.contract import answer_json
    from rag.pipeline import Assistant

    if (arguments.question is None) == (arguments.batch is None):
        raise BadInput("give one question, or --batch FILE.jsonl")
    questions = _batch(arguments.batch) if arguments.batch else [{"question": arguments.question}]
    assistant = Assistant.open(Path(settings.index), settings)
    for number, line in enumerate(questions, 1):
        try:
            answer = assistant.ask(line["question"], line.get("history", ()), _filters(arguments))
        except BadInput as error:
            if not arguments.batch:
                raise
            raise BadInput(f"{arguments.batch}, question {number}: {error}") from error
        if arguments.format == "text":
            _print_answer(answer)
        else:
            made = answer_json(answer, line.get("id"))
            compact = arguments.format == "jsonl"
            _print(json.dumps(made, ensure_ascii=False, indent=None if compact else 1))
    return 0


def _batch(path: Path) -> list[dict[str, object]]:
    """Read the questions of a JSON-lines file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {path}: {error}") from error
    questions = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            made = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadInput(f"{path}, line {number} is not JSON: {error.msg}") from error
        history = made.get("history", []) if isinstance(made, dict) else None
        if not (
            isinstance(made, dict)
            and isinstance(made.get("question"), str)
            and isinstance(history, list)
            and all(isinstance(q, str) for q in history)
        ):
            raise BadInput(f'{path}, line {number}: want {{"question": "...", "history": ["..."]}}')
        questions.append(made)
    return questions


def _print_answer(answer: Answer) -> None:
    if answer.understood:
        _print(f"（{answer.understood}）\n")
    _print(answer.text)
    for citation in answer.citations or answer.nearest:
        essay, (first, last) = citation.essay, citation.paragraph.lines
        facts = [
            essay.author,
            essay.office,
            essay.title and f"《{essay.title}》",
            essay.publication and f"{essay.publication}第{essay.issue}期",
            essay.date,
        ]
        mark = f"[{citation.number}]" if answer.citations else "最接近的内容："
        stated = "，".join(filter(None, facts))
        _print(f"\n{mark} {essay.document}:{first}-{last}  {stated}".rstrip())
        _print(f"    {citation.quote}")


def _search(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.contract import hit_json
    from rag.pipeline import Assistant

    assistant = Assistant.open(Path(settings.index), settings)
    hits = assistant.search(arguments.query, arguments.k, _filters(arguments))
    records = assistant.records
    if arguments.format == "json":
        _dump([hit_json(hit, records.essay(hit.passage.essay_id)) for hit in hits])
        return 0
    for hit in hits:
        essay = records.essay(hit.passage.essay_id)
        _print(
            f"{hit.rank:>3}  {hit.score:.3f}  dense {hit.dense_rank or '-'}  sparse"
            f" {hit.sparse_rank or '-'}  {essay.place or ''} {essay.title or essay.document}"
        )
        _print(f"     {hit.passage.text}")
    return 0


def _outline(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.outline import as_json, as_text, outline
    from rag.reading import read

    made = outline(read(arguments.file, arguments.file.name))
    if arguments.format == "json":
        _dump(as_json(made))
    else:
        _print(as_text(made))
    return 0


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.pipeline import Assistant
    from rag.tables import essay_table, measure_table, write_table

    records = Assistant.open(Path(settings.index), settings).records
    make = essay_table if arguments.what == "essays" else measure_table
    write_table(make(records, _filters(arguments)), arguments.format, arguments.out)
    return 0


def _index(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.index import list_generations, verify

    damaged = 0
    for name, manifest, current in list_generations(Path(settings.index)):
        if arguments.action == "verify":
            bad = verify(Path(settings.index), name)
            damaged += bool(bad)
            state = f"damaged: {', '.join(bad)}; run `rag build`" if bad else "whole"
        elif manifest:
            counts = ", ".join(f"{count} {what}" for what, count in manifest.counts.items())
            state = f"{manifest.created}  {counts}  encoder {manifest.encoder}"
        else:
            state = "damaged: run `rag build`"
        _print(f"{'*' if current else ' '} {name}  {state}")
    return 1 if damaged else 0


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
    with _progress() as progress:
        rows = evaluate(arguments.beir, encoder, settings, progress)
    if arguments.format == "json":
        _dump([asdict(row) for row in rows])
    else:
        _print(table(rows))
    return 0


def _evaluate_gold(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.evaluation.gold import evaluate, read_gold
    from rag.pipeline import Assistant

    gold = read_gold(arguments.gold)
    local = replace(settings, llm_url="")  # figures must not depend on somebody's endpoint
    report = evaluate(gold, Assistant.open(Path(settings.index), local).ask)
    if arguments.format == "json":
        _dump(report.as_json())
        return 0
    for kind, rate in report.by_kind.items():
        _print(f"{kind:<14}{rate:7.3f}")
    for name in ("pass_rate", "said", "cited", "precise", "verbatim", "refused", "answered"):
        _print(f"{name:<14}{getattr(report, name):7.3f}")
    _print(f"seconds       p50 {report.p50:.3f}  p95 {report.p95:.3f}")
    for question in report.failed:
        _print(f"failed: {question}")
    return 0


def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.index.layout import Layout

    given = {name: value for name in ("host", "port") if (value := getattr(arguments, name))}
    settings = replace(settings, **given)
    try:
        Layout(Path(settings.index)).current_id()
    except RagError:
        _build(argparse.Namespace(paths=[]), settings)
    from ui.app import serve

    serve(Path(settings.index), settings)
    return 0


def _train(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.training import train

    train(arguments.pairs, arguments.text, arguments.out, random=arguments.random)
    return 0


if __name__ == "__main__":
    main()
