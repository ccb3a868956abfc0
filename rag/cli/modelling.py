"""The command that tries the language model: llm test."""

import argparse
import time
from pathlib import Path

from rag.cli.console import Commands, say
from rag.errors import BadInput
from rag.settings import Settings

_QUESTION = "有哪些做法？"


def add(command: Commands) -> None:
    """Add the command of this module."""
    llm = command("llm", _test, "试语言模型 ask the language model one question on the corpus")
    llm.add_argument("action", choices=("test",))
    llm.add_argument("question", nargs="?", help="default: on the first essay's first measure")


def _test(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.llm import configured, sentences
    from rag.pipeline import Assistant

    if not configured(settings):
        raise BadInput(
            "没有设置语言模型 no language model is set: set RAG_LLM_URL and RAG_LLM_MODEL"
        )
    assistant = Assistant.open(Path(settings.index), settings).steady()
    leads = [measure.lead for measure in assistant.records.measures()[:1]]
    asked = f"{leads[0].rstrip('。：')}{_QUESTION}" if leads else _QUESTION
    question = arguments.question or asked
    answer = next(assistant.asking(question))
    if answer.abstained:
        raise BadInput(
            f"这个问题没有答案，请换一个 the corpus does not answer {question!r}: ask another"
        )
    say(f"问题 question: {question}")
    began, first, passed, written = time.perf_counter(), 0.0, 0, 0
    for claim, verdict in sentences(answer, settings):
        first = first or time.perf_counter() - began
        written += 1
        passed += verdict.problem is None
        told = f"隐去 withheld, {verdict.problem}" if verdict.problem else "通过 passed"
        say(f"{told}: {claim.text}")
    took = time.perf_counter() - began
    say(f"首句 first {first:.1f} s，全部 all {took:.1f} s；{written} 句中通过 passed {passed}")
    return 0 if written else 1
