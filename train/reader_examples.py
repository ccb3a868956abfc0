"""What the reader learns from: questions with a window that answers, or with one that does not."""

import random
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jieba import posseg

from rag.sentences import sentence_spans
from train.coder import Coded, Coder
from train.examples import bare, lines, nearest

NO_ANSWER = 0.35  # share of public questions that are asked of another passage
FOLLOWS = 0.35  # share of questions that stand behind another one
TWISTED = 0.3  # share of silver questions in which a name, year or noun is exchanged
SEVERAL = frozenset(("list", "compare", "write"))  # other documents may answer these, too:
JUDGED = frozenset(("unanswerable", "judged"))  # all windows without an answer are known
TIMES = {"judged": 12, "silver": 3, "made": 1}  # how often a question of a source is taken
NEAREST = 8  # so many of their nearest windows are not taken for "no answer"
YEAR = re.compile(r"20[012]\d(?=年)")
QUOTED = re.compile(r"“([^”]{2,12})”")
PLACE = re.compile(r"[\u4e00-\u9fff]{2,3}(?:自治[县州区]|[省市县区镇乡村])")
POINTS = ("", "", "", "那", "他们", "这个")  # what a question that follows begins with


class Public:
    """Questions on encyclopedia passages."""

    def __init__(self, coder: Coder, data: Path) -> None:
        self._coder = coder
        self._rows = list(lines(data / "train/reader.jsonl.gz"))
        self._passages = sorted({row["passage"] for row in self._rows})
        self._near = nearest(self._passages, [row["question"] for row in self._rows], 6)
        self._cut: dict[str, list[str]] = {}
        self._same: dict[str, list[dict[str, Any]]] = {}
        for row in self._rows:
            self._same.setdefault(row["passage"], []).append(row)

    def one(self) -> Coded | None:
        """A question with its passage, or with one that does not answer."""
        number = random.randrange(len(self._rows))
        row = self._rows[number]
        question, answers = row["question"], row["answers"]
        if random.random() < FOLLOWS:
            before = random.choice(self._same[row["passage"]])
            if not set(before["answers"]) & set(answers):
                question = f"{before['question']} {question}"
        if random.random() < NO_ANSWER:
            near = [self._passages[i] for i in self._near[number]]
            near = [text for text in near if text != row["passage"]]
            close = near and random.random() < 0.8
            text = random.choice(near if close else self._passages)
            if not any(answer in text for answer in answers):
                return self._coder.coded(question, "", self._sentences(text), [])
        sentences = self._sentences(row["passage"])
        gold = [
            i
            for i, s in enumerate(sentences)
            if any(bare(e) in bare(s) or bare(s) in bare(e) for e in row.get("evidence", ()))
        ]
        gold = gold or [i for i, s in enumerate(sentences) if any(a in s for a in answers)]
        rest = [s for s in sentences if not any(a in s for a in answers)]
        if not gold or (len(rest) > 3 and random.random() < 0.12):
            return self._coder.coded(question, "", rest, [])
        return self._coder.coded(question, "", sentences, gold, answers)

    def _sentences(self, text: str) -> list[str]:
        if text not in self._cut:
            self._cut[text] = [text[a:b] for a, b in sentence_spans(text)]
        return self._cut[text]


class Silver:
    """Questions of the genre with the windows of the product's search."""

    def __init__(self, coder: Coder, path: Path) -> None:
        self._coder = coder
        rows = [row for row in lines(path) if not row["held"]]
        self._rows = [row for row in rows for _ in range(TIMES[row["source"]])]
        texts = [row["question"] for row in self._rows]
        self._others = {
            form: sorted({found for text in texts for found in form.findall(text)})
            for form in (YEAR, QUOTED, PLACE)
        }
        self._nouns = sorted({noun for text in texts for noun in nouns(text)})
        self._same: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            self._same.setdefault(_home(row), []).append(row)

    def one(self) -> Coded | None:
        """A question with a window that answers, or with a near one that does not."""
        row = random.choice(self._rows)
        question = random.choice(row["asked"])
        if random.random() < 0.25:
            question = row["question"]
        right = [w for w in row["windows"] if w["gold"]]
        before = random.choice(self._same[_home(row)]) if random.random() < FOLLOWS else row
        if before["question"] != row["question"]:
            question = _following(before, row["question"], right)
            passed = [w for w in before["windows"] if w["gold"]]
            if passed and random.random() < 0.25:
                window = random.choice(passed)
                known = next((w for w in right if w["sentences"] == window["sentences"]), None)
                if known is None and (row["answers"] or row["type"] in JUDGED):
                    return self._coder.coded(question, window["head"], window["sentences"], [])
        if right and random.random() < 0.6:
            window = random.choice(right)
            if random.random() < TWISTED and (other := self._twisted(question, window)):
                return self._coder.coded(other, window["head"], window["sentences"], [])
            return self._coder.coded(
                question, window["head"], window["sentences"], window["gold"], row["answers"]
            )
        single = bool(row["answers"]) or row["type"] in JUDGED
        wrong = [w for w in row["windows"] if not w["gold"] and (single or not w["own"])]
        if row["type"] in SEVERAL:
            wrong = wrong[NEAREST:]
        if not wrong:
            return None
        window = wrong[min(int(random.expovariate(0.15)), len(wrong) - 1)]
        return self._coder.coded(question, window["head"], window["sentences"], [])

    def _twisted(self, question: str, window: dict[str, Any]) -> str | None:
        """The question with a year, name, place or noun exchanged for one the window has not."""
        text = window["head"] + "".join(window["sentences"])
        if random.random() < 0.5:
            told = [noun for noun in nouns(question) if noun in text]
            other = random.choice(self._nouns)
            if not told or other in text:
                return None
            return question.replace(random.choice(told), other)
        found = [(form, m) for form in (YEAR, QUOTED, PLACE) for m in form.finditer(question)]
        if not found:
            return None
        form, match = random.choice(found)
        group = 1 if form is QUOTED else 0
        other = random.choice(self._others[form])
        if form is YEAR:
            other = str(int(match.group()) + random.choice([-2, -1, 1, 2]))
        if other in text or other == match.group(group):
            return None
        return question[: match.start(group)] + other + question[match.end(group) :]


def _home(row: dict[str, Any]) -> str:
    """What the questions have in common that may stand in one conversation."""
    return row["documents"][0] if row["documents"] else "".join(row["windows"][0]["sentences"])


def _following(before: dict[str, Any], question: str, windows: Sequence[dict[str, Any]]) -> str:
    """A question behind another one, as the product joins them: the place stands first, once."""
    place = windows[0]["head"].split(" ")[0] if windows and windows[0]["head"] else ""
    short, earlier = question, before["question"]
    for name in filter(None, (place, place.rstrip("省市县区镇乡村"))):
        if len(name) > 1:
            short, earlier = short.replace(name, ""), earlier.replace(name, "")
    return f"{place} {earlier} {random.choice(POINTS)}{short}".strip()


@cache
def nouns(text: str) -> tuple[str, ...]:
    """The nouns of two characters and more in a question."""
    return tuple(w for w, tag in posseg.cut(text) if len(w) > 1 and tag[0] == "n")
