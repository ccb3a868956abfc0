"""Questions on what a term means, made by program: where it is explained, where it is only used.

Laws and news explain some terms (本条例所称中水，是指…; “四大怀药”（…）) and use the same and many
others without a word of explanation. A reader that has seen both does not take a sentence that only
uses a term for one that says what it means.
"""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.sentences import sentence_spans
from train.examples import lines_of

_HAN = "[\u4e00-\u9fff]"
_EXPLAINED = re.compile(
    rf"所称的?“?({_HAN}{{2,10}}?)”?[，,]?(?:是指|系指|指的是|，指|，包括)"
    rf"|“({_HAN}{{2,8}})”(?:[，,]?(?:即|就是|是指|指的是|也就是|分别是)|[（(](?=[^（）()]{{6,}}[）)]))"
)
_USED = re.compile(
    rf"“((?:[一二三四五六七八九十]{_HAN}{{1,4}}|{_HAN}{{3,7}}))”(?![，,：:（(—即是指])"
)
_ASKS = ("{}是什么", "什么是{}", "{}指什么", "{}是什么意思", "啥叫{}", "{}怎么理解", "{}具体指哪些")
_NUMBERED = ("{0}是哪{1}个", "{0}指哪{1}个", "{0}包括哪{1}项", "{0}分别是什么", "{0}的内容是什么")
_NEAR = 40  # paragraphs around an explanation in which its document uses the term
_ROOM, _PARAGRAPHS = 400, 6  # characters and paragraphs of a window at most


def rows(data: Path, most: int) -> Iterator[dict[str, Any]]:
    """Yield questions as `train.windows` writes them, about as many of either kind."""
    texts = list(lines_of(data / "train/text.txt.gz"))
    found = [(n, m) for n, text in enumerate(texts) if (m := _EXPLAINED.search(text))]
    used = [(n, m) for n, text in enumerate(texts) if (m := _USED.search(text))]
    for n, match in random.sample(found, min(most // 2, len(found))):
        term = match.group(1) or match.group(2)
        sentences = _window(texts, n)
        gold = [i for i, s in enumerate(sentences) if match.group() in s]
        others = [
            k
            for k in range(max(0, n - _NEAR), min(len(texts), n + _NEAR))
            if term in texts[k]
            and not _EXPLAINED.search(texts[k])
            and not n - _PARAGRAPHS < k <= n + 2
        ]
        windows = [_made(sentences, gold), *(_made(_window(texts, k), []) for k in others[:4])]
        yield _row(f"term-{n}", _asked(term), windows)
    for n, match in random.sample(used, min(most // 2, len(used))):
        windows = [_made(_window(texts, n), [])]
        yield _row(f"used-{n}", _asked(match.group(1)), windows)


def _asked(term: str) -> str:
    quoted = f"“{term}”" if random.random() < 0.5 else term
    if term[0] in "一二三四五六七八九十" and random.random() < 0.6:
        return random.choice(_NUMBERED).format(quoted, term[0])
    return random.choice(_ASKS).format(quoted)


def _window(texts: Sequence[str], at: int) -> list[str]:
    """The sentences of a paragraph and of those behind it, as far as there is room."""
    sentences, room = [], _ROOM
    for text in texts[at : at + _PARAGRAPHS]:
        for start, end in sentence_spans(text):
            if room <= 0:
                return sentences
            sentences.append(text[start:end])
            room -= end - start
    return sentences


def _made(sentences: list[str], gold: list[int]) -> dict[str, Any]:
    return {"head": "", "sentences": sentences, "own": True, "gold": gold}


def _row(name: str, question: str, windows: list[dict[str, Any]]) -> dict[str, Any]:
    answered = any(window["gold"] for window in windows)
    return {
        "id": name,
        "type": "define" if answered else "unanswerable",
        "source": "made",
        "style": "plain",
        "question": question,
        "asked": [question],
        "answers": [],
        "held": False,
        "documents": [],
        "windows": windows,
    }
