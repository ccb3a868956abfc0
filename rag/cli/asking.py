"""The commands that answer or judge: ask, search, verify, llm, serve, mcp."""

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.cli.console import Commands, add_filters, dump, filters, opened, say, write_file
from rag.cli.corpus import build_if_needed
from rag.cli.progress import progress
from rag.errors import BadInput, failing_as
from rag.jsonl import read_jsonl
from rag.messages import both, joined
from rag.render.text import text
from rag.settings import Settings
from rag.types import Answer, Essay, Hit

_QUESTION = "有哪些做法？"
_WHY = {
    "says nothing": both("says nothing"),
    "instruction": both("has words meant for a machine"),
    "question": both("is a question"),
    "address": both("has an address"),
    "not in source": both("is not in a source"),
}
_COUNTED = {
    "usage": both("as the server counts them"),
    "tokenize": both("as its /tokenize counts the text alone"),
    "bound": both("at most: two a character of the text"),
}


def add(command: Commands) -> None:
    """Add the commands of this module."""
    ask = command("ask", _ask, "answer a question, with citations")
    asked = ask.add_mutually_exclusive_group(required=True)
    asked.add_argument("question", nargs="?")
    asked.add_argument("--batch", type=Path, metavar="FILE.jsonl", help="one question a line")
    ask.add_argument("--format", choices=("text", "json", "jsonl"), default="text")
    add_filters(ask)

    search = command("search", _search, "rank passages")
    search.add_argument("query")
    search.add_argument("-k", type=int, default=10, help="how many (default 10)")
    search.add_argument("--format", choices=("text", "json"), default="text")
    add_filters(search)

    told = "核稿 hold a draft against the corpus, sentence by sentence"
    verify = command("verify", _verify, told)
    verify.add_argument("draft", type=Path, metavar="DRAFT.docx|txt|md")
    verify.add_argument("--format", choices=("table", "json", "docx"), default="table")
    verify.add_argument("--out", type=Path, metavar="FILE", help="where the Word file goes")

    llm = command("llm", _try, "试语言模型 ask the language model one question on the corpus")
    llm.add_argument("action", choices=("test",))
    llm.add_argument("question", nargs="?", help="default: on the first essay's first measure")

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
    from rag.contract import answer_json

    batch: Path | None = arguments.batch
    wanted = '{"question": "...", "history": ["..."]}'
    questions = [{"question": arguments.question}]
    if batch:
        questions = list(read_jsonl(batch, _question, wanted))
    assistant = opened(settings)
    for number, row in enumerate(questions, 1):
        try:
            answer = assistant.ask(row["question"], row.get("history", ()), filters(arguments))
        except BadInput as error:
            if not batch:
                raise
            line = "{batch}, question {number}: {error}"
            raise BadInput(line, batch=batch, number=number, error=error) from error
        made = answer_json(answer, row.get("id"))
        if arguments.format == "text":
            _print_answer(answer)
        elif arguments.format == "json":
            dump(made)
        else:
            say(json.dumps(made, ensure_ascii=False))
    return 0


def _question(row: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    history = row.get("history", [])
    if not isinstance(history, list) or not all(
        isinstance(each, str) for each in (row["question"], *history)
    ):
        raise TypeError
    return dict(row)


def _print_answer(answer: Answer) -> None:
    from rag.export import provenance

    if answer.understood:
        say(f"（{answer.understood}）\n")
    say(text(answer.blocks))
    for citation in answer.citations or answer.nearest:
        document, (first, last) = citation.essay.document, citation.paragraph.lines
        mark = f"[{citation.number}]" if answer.citations else "最接近的内容："
        say(f"\n{mark} {document}:{first}-{last}  {provenance(citation)}")
        say(f"    {citation.quote}")


def _search(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.contract import hit_json

    assistant = opened(settings).steady()
    hits = assistant.search(arguments.query, arguments.k, filters(arguments))
    found = [(hit, assistant.records.essay(hit.passage.essay_id)) for hit in hits]
    if arguments.format == "json":
        dump([hit_json(hit, essay) for hit, essay in found])
        return 0
    for hit, essay in found:
        _print_hit(hit, essay)
    return 0


def _print_hit(hit: Hit, essay: Essay) -> None:
    say(
        both(
            "{rank:>3}  {score:.3f}  dense {dense}  sparse {sparse}  {place} {title}",
            rank=hit.rank,
            score=hit.score,
            dense=hit.dense_rank or "-",
            sparse=hit.sparse_rank or "-",
            place=essay.place or "",
            title=essay.title or essay.document,
        )
    )
    say(f"     {hit.passage.text}")


def _verify(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.verify import as_json, as_text, is_word, read_draft, verify, with_comments

    if (arguments.format == "docx") != (arguments.out is not None):
        raise BadInput("--format docx needs --out FILE.docx, and only it does")
    with failing_as(BadInput, "cannot read {path}: {why}", path=arguments.draft):
        data = arguments.draft.read_bytes()
    draft = read_draft(data, settings)
    assistant = opened(settings).steady()
    judged = []
    with progress() as report:
        for sentence in verify(draft, assistant):
            judged.append(sentence)
            report("sentences", len(judged), 0)
    if arguments.format == "json":
        dump(as_json(judged, assistant.generation))
    elif arguments.format == "table":
        say(as_text(judged))
    else:
        write_file(arguments.out, with_comments(data if is_word(data) else draft, judged))
        say(f"{arguments.out}: {len(judged)}", sys.stderr)
    return 0


def _try(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.llm import Exchange, configured, sentences

    if not configured(settings):
        raise BadInput("no language model is set: set RAG_LLM_URL and RAG_LLM_MODEL")
    assistant = opened(settings).steady()
    leads = [measure.lead.rstrip("。：") for measure in assistant.records.measures()[:1]]
    question = arguments.question or "".join((*leads, _QUESTION))
    answer = next(assistant.asking(question))
    if answer.abstained:
        raise BadInput("the corpus does not answer {question!r}: ask another", question=question)
    say(both("question: {question}", question=question))
    began, first, exchange = time.perf_counter(), 0.0, Exchange()
    passed, withheld = 0, Counter[str]()
    for sentence, verdict in sentences(answer, settings, exchange):
        first = first or time.perf_counter() - began
        told = both("passed")
        if verdict.problem:
            withheld[verdict.problem] += 1
            told = both("withheld, {problem}", problem=_WHY[verdict.problem])
        passed += not verdict.problem
        say(both("{told}: {text}", told=told, text=sentence))
    took, count = time.perf_counter() - began, passed + withheld.total()
    line = "first sentence {first:.1f} s, all {took:.1f} s; {passed} of {count} passed"
    say(both(line, first=first, took=took, passed=passed, count=count))
    if withheld:
        each = (both("{problem} {count}", problem=_WHY[w], count=n) for w, n in withheld.items())
        say(both("withheld: {each}", each=joined(each)))
    if exchange.written:
        read, written, by = exchange.tokens(settings)
        line = "tokens: {read} read, {written} written ({by})"
        say(both(line, read=read, written=written, by=_COUNTED[by]))
    return 0 if count else 1


def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    names = ("host", "port", "without_logins")
    given = {name: value for name in names if (value := getattr(arguments, name))}
    settings = replace(settings, **given)
    build_if_needed(settings)
    from ui.app import serve

    serve(Path(settings.index), settings)
    return 0


def _mcp(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.api.mcp import serve

    serve(opened(settings))
    return 0
