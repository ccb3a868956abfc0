"""An answer as the history keeps it, read whichever version of the program wrote it."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from rag.blocks import Inline, Mark, ParagraphBlock, Text
from rag.types import Answer, Kind

ANSWERS: TypeAdapter[Answer] = TypeAdapter(Answer)
_MARK = re.compile(r"(?<!\\)\[(\d+)\]")


def kept_answer(kept: str) -> Answer:
    """Return a kept answer; an older one has a Markdown text alone, shown line by line.

    Of one that another version of the program wrote, what this one does not know is left out.
    """
    try:
        answer = ANSWERS.validate_json(kept)
    except ValidationError:
        answer = _of_another_version(json.loads(kept))
    if answer.blocks:
        return answer
    lines = filter(None, map(str.strip, answer.text.replace("**", "").splitlines()))
    return replace(answer, blocks=tuple(ParagraphBlock(tuple(_inlines(line))) for line in lines))


def _of_another_version(kept: dict[str, Any]) -> Answer:
    """Return an answer without its kind or, where that is not enough, its text alone."""
    known = {**kept, "kind": get_args(Kind)[0]}
    with suppress(ValidationError):
        return ANSWERS.validate_python(known)
    question, text = (str(kept.get(name) or "") for name in ("question", "text"))
    return Answer(question, known["kind"], text, (), abstained=False, reason=None)


def _inlines(line: str) -> Iterator[Inline]:
    for part, piece in enumerate(_MARK.split(line)):  # text and number in turn
        if part % 2:
            yield Mark(int(piece))
        elif piece:
            yield Text(re.sub(r"\\(.)", r"\1", piece))
