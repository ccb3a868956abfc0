"""A request → its core: what is asked, without the form around it.

Two linear models choose (`core.json`, learned by `train/requests.py`): one says which clauses are
asked, one says of each word of a clause whether it is. The core is the run of clauses with the
greatest sum, and in each the run of words with the greatest sum (Bentley, "Programming Pearls",
CACM 1984), so it is found in linear time and is never empty. Features are the words, the letters
of their classes (see form.py), and where they stand.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rag.answering.form import CONTENT, Token, clauses, plain
from rag.words import grams

WEIGHTS = Path(__file__).with_name("core.json")
SCALE = 100  # weights are kept as whole hundredths
_ASKS = re.compile(
    r"[吗么呢]$|什么|哪|谁|几[个项条种类年岁元家名位次篇步天部章]|百分之几|多少|多[大高长久重远]|怎|如何|[何咋啥]"
    r"|是否|是不是|有没有|有无|[能会要该算可]不[能会要该算可]|没有$|对不对|好不好"
)
_PARTICLES = "吧嘛呀啊啦哦呗哈"
_STOPS = "，。？！；：,.?!;:、~～… \n\t\u3000"
_NEVER = 10**6  # what a clause of form alone loses where another has content
_NEAR = 6  # letters of a run of form that are told apart


class Said(NamedTuple):
    """A clause as the models see it: its tokens, their features, and its own."""

    tokens: list[Token]
    features: frozenset[str]
    words: list[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Parts:
    """A request taken apart."""

    core: str  # as the text has it
    around: str  # folded, the core blanked out
    tokens: tuple[Token, ...]  # of the form


def said(text: str) -> list[Said]:
    """Return the clauses of `plain` text with their features."""
    cut = clauses(text)
    codes = ["".join(token.letter for token in clause) for clause in cut]
    spoken = [text[clause[0].start : clause[-1].end] for clause in cut]
    asks = [bool(_ASKS.search(words)) for words in spoken]
    content = [sum(t.end - t.start for t in clause if t.letter in CONTENT) for clause in cut]
    bare = [not held for held in content]
    quoted = ["Q" in code for code in codes]
    most, last = max(content, default=0), len(cut) - 1
    found = []
    for i, clause in enumerate(cut):
        begin, end = clause[0].start, clause[-1].end
        others = f"{sum(asks) > asks[i]}"
        share = round(5 * content[i] / (end - begin))
        names = {
            f"asks {asks[i]} {others}",
            f"quoted {quoted[i]} {sum(quoted) > quoted[i]}",
            f"share {share}",
            f"share {share} {asks[i]} {others}",
            f"at {min(i, 3)}",
            f"left {min(last - i, 3)}",
            f"of {min(last, 3)}",
            f"most {content[i] == most} {asks[i]} {others}",
            f"stop {text[end : end + 1]}",
            f"before {text[max(begin - 1, 0) : begin]}",
            f"content {min(content[i], 8)}",
            f"words {min(sum(letter in CONTENT for letter in codes[i]), 6)}",
            f"of most {4 * content[i] // max(1, most)}",
            f"bare {bare[i]} {sum(bare) > bare[i]}",
            *(f"has {letter}" for letter in codes[i]),
            *(f"letters {gram}" for gram in grams(f"^{codes[i]}$", 4) if len(gram) > 1),
            *grams(f"^{spoken[i]}$", 3),
        }
        if i:
            names |= {f"behind {codes[i - 1][-1]}", f"behind bare {bare[i - 1]}"}
        if i < last:
            names |= {f"ahead {codes[i + 1][0]}", f"ahead bare {bare[i + 1]}"}
        formal = sum(bare) > bare[i]
        words = _words(text, clause, codes[i], asks=asks[i], single=not last, formal=formal)
        found.append(Said(clause, frozenset(names), words))
    return found


def _words(
    text: str, clause: list[Token], code: str, *, asks: bool, single: bool, formal: bool
) -> list[frozenset[str]]:
    """Return the features of each word of a clause."""
    inside = [k for k, letter in enumerate(code) if letter in CONTENT]
    first, last = (inside[0], inside[-1]) if inside else (len(code), -1)
    spelled = ["Q" if t.letter == "Q" else text[t.start : t.end] for t in clause]
    spelled, letters = ["^^", "^", *spelled, "$", "$$"], f"^^{code}$$"
    quoted = "Q" in code
    asking = not set("vwmpukdlo").isdisjoint(code[:first] if inside else "")
    telling = not set("vwmpuksnl").isdisjoint(code[last + 1 :])
    verb = disposal = polite = False
    found = []
    for k, (letter, token) in enumerate(zip(code, clause, strict=True)):
        side = "head" if k < first else "tail" if k > last else "middle"
        here, j = f"{letter} {side}", k + 2
        names = {
            f"word {spelled[j]}",
            f"word before {spelled[j - 1]}",
            f"word after {spelled[j + 1]}",
            f"word second before {spelled[j - 2]}",
            f"words before {spelled[j - 1]} {spelled[j]}",
            f"words after {spelled[j]} {spelled[j + 1]}",
            f"begins {text[token.start]}",
            f"ends {text[token.end - 1]}",
            here,
            f"before {letters[k + 1 : k + 3]} {side}",
            f"after {letters[j : j + 2]} {side}",
            f"around {letters[k + 1 : k + 4]}",
            f"two before {letters[k : k + 3]}",
            f"two after {letters[j : j + 3]}",
            f"asks {asks} {here}",
            f"asks {asks} {side} {quoted}",
            f"from {min(k, 3)} {letter}",
            f"to {min(len(code) - 1 - k, 3)} {letter}",
            f"verb {verb} {here}",
            f"disposal {disposal} {here}",
            f"polite {polite} {here}",
            f"single {single} {here}",
            f"formal {formal} {here}",
            f"asking {asking} {here}",
            f"telling {telling} {here}",
        }
        if side == "head":
            names.add(f"run {code[k : min(first + 1, k + _NEAR)]}")
        elif side == "tail":
            names.add(f"run {code[max(last, k + 1 - _NEAR) : k + 1]}")
            names.add(f"tail {code[last + 1 : last + 1 + _NEAR]}")
        verb, disposal = verb or letter in "vwm", disposal or letter == "b"
        polite = polite or letter in "pg"
        found.append(frozenset(names))
    return found


@dataclass(frozen=True, slots=True)
class Model:
    """A linear model over named features."""

    weights: Mapping[str, int]
    bias: int

    def score(self, names: frozenset[str]) -> int:
        """Return the log-odds in hundredths; features without a weight do not count."""
        return self.bias + sum(self.weights.get(name, 0) for name in names)


@cache
def _models() -> tuple[Model, Model]:
    """The model of clauses and the model of words that ship."""
    kept = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Model(**kept["clause"]), Model(**kept["word"])


def best_run(scores: Sequence[float]) -> tuple[int, int]:
    """Return the half-open run with the greatest sum; at least one long.

    >>> best_run([-1, 2, -1, 3, -5, 1])
    (1, 4)
    """
    best, found, total, start = float("-inf"), (0, 1), 0.0, 0
    for at, score in enumerate(scores):
        if total <= 0:
            total, start = 0.0, at
        total += score
        if total > best:
            best, found = total, (start, at + 1)
    return found


def part(text: str, models: tuple[Model, Model] | None = None) -> Parts:
    """Take a request apart into its core and the form around it, by the models that ship."""
    folded = plain(text)
    parts = said(folded)
    if not parts:
        return Parts("", folded, ())
    of_clause, of_word = models or _models()
    formal = [all(token.letter not in CONTENT for token in each.tokens) for each in parts]
    if all(formal):
        formal = [False] * len(parts)
    first, last = best_run(
        [of_clause.score(p.features) - form * _NEVER for p, form in zip(parts, formal, strict=True)]
    )
    spans: list[tuple[int, int]] = []
    for at, each in enumerate(parts[first:last], first):
        if formal[at]:
            continue
        start, end = best_run([of_word.score(names) for names in each.words])
        stop = each.tokens[end - 1].end
        if end == len(each.tokens) and at + 1 < last:  # the sign behind the clause stays
            stop = parts[at + 1].tokens[0].start
        spans.append((each.tokens[start].start, stop))
    return _parted(text, folded, spans, [t for each in parts for t in each.tokens])


def _parted(
    text: str, folded: str, spans: Sequence[tuple[int, int]], tokens: Sequence[Token]
) -> Parts:
    core = "".join(text[start:end] for start, end in spans).strip(_STOPS)
    trimmed = core.rstrip(_PARTICLES + _STOPS)
    around, taken = list(folded), set[int]()
    for start, end in spans:
        around[start:end] = " " * (end - start)
        taken.update(range(start, end))
    left = tuple(token for token in tokens if token.start not in taken)
    return Parts(trimmed or core, "".join(around), left)
