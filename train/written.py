"""Questions written by hand on training passages, in everyday words and with near misses.

`questions.jsonl` names each passage and not its text: by document and first words where it is one
of the silver corpus, by its lines where it is of `train/text.txt.gz`. A question without a sentence
that answers it sounds as if the passage did.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.sentences import sentence_spans
from train.examples import lines, lines_of, nearest

QUESTIONS = Path(__file__).with_name("questions.jsonl")
_NEAR = 4  # other passages that a question on a passage of no document is asked of

Windowed = dict[str, Any]
"""A passage: its head, its sentences, whether it is the question's own, and which answer."""


def rows(
    data: Path,
    search: Callable[[str], Sequence[Windowed]],
    cut: Callable[[str, str], Windowed | None],
) -> Iterator[dict[str, Any]]:
    """Yield the questions as `train.windows` writes them, each with its own passage first.

    Args:
        data: where `train/text.txt.gz` lies.
        search: the windows that the product finds for a question.
        cut: the window of a document that begins with some words, None if there is none.
    """
    texts = list(lines_of(data / "train/text.txt.gz"))
    asked = list(lines(QUESTIONS))
    own = [_own(row, texts, cut) for row in asked]
    apart = [n for n, row in enumerate(asked) if own[n] and "line" in row]
    passages = {asked[n]["line"]: own[n] for n in apart}
    bodies = ["".join(window["sentences"]) for window in passages.values()]
    close = dict(
        zip(apart, nearest(bodies, [asked[n]["question"] for n in apart], _NEAR), strict=True)
    )
    kept = list(passages.values())
    for n, (row, window) in enumerate(zip(asked, own, strict=True)):
        gold = _gold(row, window["sentences"]) if window else None
        if window is None or gold is None:
            continue
        others = [kept[i] for i in close[n]] if n in close else search(row["question"])
        same = window["sentences"]
        others = [other for other in others if other["sentences"] != same]
        yield {
            "id": f"written-{n}",
            "type": "fact" if gold else "unanswerable",
            "source": "made",
            "style": row["style"],
            "question": row["question"],
            "asked": [row["question"]],
            "answers": row.get("span", []),
            "held": False,
            "documents": [row["document"]] if "document" in row else [],
            "windows": [{**window, "gold": gold}, *({**o, "gold": []} for o in others)],
        }


def _gold(row: dict[str, Any], sentences: Sequence[str]) -> list[int] | None:
    """The sentences that answer; None where the passage is cut otherwise today and lost them."""
    gold: list[int] = row["gold"]
    spans = row.get("span", [])
    holding = [n for n, text in enumerate(sentences) if any(span in text for span in spans)]
    if spans and not set(gold) & set(holding):
        gold = holding or [len(sentences)]
    return gold if all(n < len(sentences) for n in gold) else None


def _own(
    row: dict[str, Any], texts: Sequence[str], cut: Callable[[str, str], Windowed | None]
) -> Windowed | None:
    if "document" in row:
        return cut(row["document"], row["begins"])
    paragraphs = texts[row["line"] : row["line"] + row["lines"]]
    sentences = [text[a:b] for text in paragraphs for a, b in sentence_spans(text)]
    return {"head": "", "sentences": sentences, "own": True}
