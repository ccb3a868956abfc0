"""The commands that answer: ask, search, serve."""

import argparse
import json
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rag.cli.console import Commands, add_filters, dump, filters, say
from rag.cli.corpus import build_and_report
from rag.errors import BadInput, EncoderFailed, IndexMissing, IndexOutdated, RagError
from rag.render.text import text
from rag.settings import Settings
from rag.types import Answer

_LOOK = 0.2  # seconds between two looks whether a build has brought an index that serves


def add(command: Commands) -> None:
    """Add the commands of this module."""
    ask = command("ask", _ask, "answer a question, with citations")
    ask.add_argument("question", nargs="?")
    ask.add_argument("--batch", type=Path, metavar="FILE.jsonl", help="one question a line")
    ask.add_argument("--format", choices=("text", "json", "jsonl"), default="text")
    add_filters(ask)

    search = command("search", _search, "rank passages")
    search.add_argument("query")
    search.add_argument("-k", type=int, default=10, help="how many (default 10)")
    search.add_argument("--format", choices=("text", "json"), default="text")
    add_filters(search)

    told = "open the chat; builds the index first where there is none, or one of an older format"
    serve = command("serve", _serve, told)
    serve.add_argument("--host", help="default 127.0.0.1")
    serve.add_argument("--port", type=int, help="default 7860")
    serve.add_argument(
        "--without-logins",
        action="store_true",
        default=None,
        help="serve beyond this machine though there are no accounts",
    )

    command("mcp", _mcp, "serve ask, search and list_measures to programs that speak MCP")


def _ask(arguments: argparse.Namespace, settings: Settings) -> int:
    if (arguments.question is None) == (arguments.batch is None):
        raise BadInput("give one question, or --batch FILE.jsonl")
    questions = _batch(arguments.batch) if arguments.batch else [{"question": arguments.question}]
    from rag.contract import answer_json
    from rag.pipeline import Assistant

    assistant = Assistant.open(Path(settings.index), settings)
    for number, line in enumerate(questions, 1):
        try:
            answer = assistant.ask(line["question"], line.get("history", ()), filters(arguments))
        except BadInput as error:
            if not arguments.batch:
                raise
            raise BadInput(f"{arguments.batch}, question {number}: {error}") from error
        if arguments.format == "text":
            _print_answer(answer)
        else:
            made = answer_json(answer, line.get("id"))
            compact = arguments.format == "jsonl"
            say(json.dumps(made, ensure_ascii=False, indent=None if compact else 1))
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
        say(f"（{answer.understood}）\n")
    say(text(answer.blocks))
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
        say(f"\n{mark} {essay.document}:{first}-{last}  {stated}".rstrip())
        say(f"    {citation.quote}")


def _search(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.contract import hit_json
    from rag.pipeline import Assistant

    assistant = Assistant.open(Path(settings.index), settings).steady()
    hits = assistant.search(arguments.query, arguments.k, filters(arguments))
    records = assistant.records
    if arguments.format == "json":
        dump([hit_json(hit, records.essay(hit.passage.essay_id)) for hit in hits])
        return 0
    for hit in hits:
        essay = records.essay(hit.passage.essay_id)
        say(
            f"{hit.rank:>3}  {hit.score:.3f}  dense {hit.dense_rank or '-'}  sparse"
            f" {hit.sparse_rank or '-'}  {essay.place or ''} {essay.title or essay.document}"
        )
        say(f"     {hit.passage.text}")
    return 0


def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    names = ("host", "port", "without_logins")
    given = {name: value for name in names if (value := getattr(arguments, name))}
    settings = replace(settings, **given)
    _build_if_needed(settings)
    from ui.app import serve

    serve(Path(settings.index), settings)
    return 0


def _build_if_needed(settings: Settings) -> None:
    """Build where there is no index, or one of an older format whose corpus is at hand.

    Returns as soon as there is one that serves, by words at least; the build goes on beside it.
    """
    corpus = Path(settings.corpus)
    try:
        if _serves(settings):
            return
    except IndexOutdated:
        if not corpus.exists():
            raise
        say(
            f"rag: {settings.index} is of another format: it is built again from {corpus}",
            sys.stderr,
        )
    except RagError:  # who opens it says what is wrong, or takes an older generation
        return
    _build_beside(settings, corpus)


def _build_beside(settings: Settings, corpus: Path) -> None:
    """Build in a thread; return when an index serves, and raise what kept it from that.

    Where there is no corpus yet its folder is made: whoever administers fills it.
    """
    try:
        corpus.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot make the corpus folder {corpus}: {error.strerror}") from error
    problems, opened = list[Exception](), threading.Event()

    def build() -> None:
        try:
            build_and_report([corpus], settings)
        except Exception as error:
            if opened.is_set() or isinstance(error, EncoderFailed):  # it serves all the same
                say(f"rag: {error}", sys.stderr)
            else:
                problems.append(error)

    building = threading.Thread(target=build, name="build", daemon=True)
    building.start()
    while building.is_alive():
        building.join(_LOOK)
        with suppress(RagError):
            if _serves(settings):
                opened.set()
                return
    if problems:
        raise problems[0]


def _serves(settings: Settings) -> bool:
    """Whether there is an index of this format.

    Raises:
        IndexOutdated: it is of another one.
        RagError: it cannot be read.
    """
    from rag.index import Manifest, open_store

    try:
        store = open_store(Path(settings.index), settings)
        Manifest.load(store.folder(store.current()))
    except IndexMissing:
        return False
    return True


def _mcp(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.mcp_server import serve
    from rag.pipeline import Assistant

    serve(Assistant.open(Path(settings.index), settings))
    return 0
