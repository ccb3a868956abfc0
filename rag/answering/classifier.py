"""The kind of a request and the thing wanted: one multinomial logistic regression for each.

Features are character 1-3-grams of the core, 1-2-grams of the form around it, and the closed
classes of question words. Two sets of weights stand in `classifier.json`, learned by
`train/requests.py`: for words alone, and for words and the question's vector, where an encoder is.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rag.answering.core import Parts
from rag.words import fold, grams

CLASSIFIER = Path(__file__).with_name("classifier.json")
Kind = Literal[
    "number", "who", "fact", "define", "list", "compare",
    "census", "summary", "write", "document", "meta", "smalltalk",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
SCALE = 100  # weights are kept as whole hundredths

# Question words and other words of grammar, by what they ask for.
_CUES = {
    "many": r"哪些|哪几|那些|有何|有什么|什么样的|都有|都是",
    "count": r"多少|几[个项条种类年岁元家名位次篇步天期级封份步部章节亩户倍]",
    "share": r"比例|占比|比重|百分|份额|[率额]$|占.{0,6}多",
    "long": r"多久|多长|几年|任期|期限|几天|多长时间",
    "size": r"多[大高重远少]|产值|总额|总量|规模|金额|奖金|补[助贴]",
    "who": r"谁|哪位|何人|什么人|哪个(?:部门|单位|科室|机构)|作者|牵头|负责人",
    "where": r"哪里|哪儿|哪个[县市省区村镇地社]|什么地方|哪条街|何处",
    "which": r"哪(?:一)?[个家篇份期]",
    "when": r"何时|什么时候|哪[年天月]|哪一[年天月]|时间",
    "why": r"为什么|为何|原因|为啥|缘由|点解|根源|根子|怎么会",
    "how": r"怎么|怎样|如何|咋|怎麼",
    "whether": r"[吗么嘛不没]$|是否|是不是|有没有|有无|[能会要该算可]不[能会要该算可]|没有$|对不对",
    "what": r"什么[是叫]|是什么|啥[是叫]|啥意思|什么意思|含义|定义|指的?是|怎么理解|解释|叫什么",
    "differ": r"区别|不同|差别|差异|比较|对比|对照|异同|一样|差在|关系|哪个更|以哪个|还是",
    "measures": r"措施|做法|举措|办法|经验|机制|路径|招|要求|内容|条件|情形|流程|环节",
    "census": r"哪些?(?:地方|[县市省区村镇]|单位)|几篇|[提写用]到|[说提]过|出现|涉及|含有",
    "texts": r"文章|材料|文集|文件里|搜|检索|标题",
    "document": r"《|第[一二三四五六七八九十百\d]+[条章节部篇]|这[篇本份]|那篇|作者|一文|一章",
    "summary": r"情况|成效|亮点|概括|概述|总结|综述|梳理|介绍|说说|讲讲|讲了|中心思想|主要内容",
    "meta": r"你|系统|回答|聊天|上传|资料库|联网|导出|登录",
    "idle": r"你好|您好|谢谢|再见|好的|辛苦|愉快|快乐|哈哈|OK|ok|心态|早上好|晚安|拜",
    "writing": r"写|拟|起草|稿|帮我做|想个|来一?[段篇首]",
    "and": r"[和与跟同、].{1,12}(?:的|各|怎|哪|有|在)",
}  # fmt: skip
_ASKING = frozenset("many count who where which when why how whether what differ".split())
_MOST = 200  # characters that are read
_QUESTIONS = {name: re.compile(pattern) for name, pattern in _CUES.items()}


@dataclass(frozen=True, slots=True)
class Guess:
    """How likely each kind and each wanted thing is; the probabilities of each sum to 1."""

    kinds: Mapping[str, float]
    wanted: Mapping[str, float]

    @property
    def kind(self) -> Kind:
        """The likeliest kind."""
        return max(KINDS, key=self.kinds.__getitem__)

    @property
    def thing(self) -> str:
        """The likeliest wanted thing."""
        return max(self.wanted, key=self.wanted.__getitem__)


def features(parts: Parts) -> frozenset[str]:
    """Return the names of the features of a request that has been taken apart."""
    asked, around = (re.sub(r"[^\w《“]", "", fold(each)) for each in (parts.core, parts.around))
    found = set(grams(f"^{asked[:_MOST]}$", 3)) | {"-" + gram for gram in grams(around[:_MOST], 2)}
    cues = {name: at.start() for name, each in _QUESTIONS.items() if (at := each.search(asked))}
    found |= {f"<{name}>" for name in cues} | {f"<{a} & {b}>" for a, b in combinations(cues, 2)}
    found |= {f"<-{name}>" for name, each in _QUESTIONS.items() if each.search(around)}
    if cues:
        first, last = min(cues, key=cues.__getitem__), max(cues, key=cues.__getitem__)
        found |= {f"<first {first}>", f"<last {last}>"}
    asks = not _ASKING.isdisjoint(cues)
    letters = {token.letter for token in parts.tokens}
    held = {letter: letter in letters for letter in "dolikm"}
    verb = not letters.isdisjoint("vwm")
    found |= {f"<has {letter}>" for letter in letters}
    found |= {
        f"<end {asked[-2:]}>",
        f"<length {min(len(asked) // 4, 6)}>",
        f"<around {min(len(around) // 4, 4)}>",
        f"<asks {asks}>",
        f"<asks {asks} form {bool(letters)}>",
        f"<genre {held['d']} verb {verb}>",
        f"<asks {asks} genre {held['d']} verb {verb}>",
        f"<asks {asks} sum {held['m']} length {held['l']} detail {held['k']}>",
        f"<asks {asks} measures {'measures' in cues} layout {held['o']} items {held['i']}>",
    }
    return frozenset(found)


class Classifier:
    """Weights of one set, ready to be summed."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        self._labels: tuple[list[str], list[str]] = weights["kinds"], weights["wanted"]
        self._rows: dict[str, list[int]] = weights["features"]
        self._bias = np.array(weights["bias"], np.float64)
        self._vector = np.array(weights["vector"], np.float64)
        self.dimensions = len(self._vector)
        """Of a question's vector; 0 where none counts."""

    def guess(self, names: frozenset[str], vector: NDArray[np.floating] | None = None) -> Guess:
        """Return the probabilities for the features `names` and the question's vector, if any."""
        rows = [self._rows[name] for name in sorted(names) if name in self._rows]
        total = self._bias + np.sum(rows, axis=0) if rows else self._bias
        if vector is not None:
            total = total + vector @ self._vector
        scores = np.split(total, [len(self._labels[0])])
        kinds, wanted = (
            dict(zip(labels, _softmax(own / SCALE), strict=True))
            for labels, own in zip(self._labels, scores, strict=True)
        )
        return Guess(kinds, wanted)


def _softmax(scores: NDArray[np.float64]) -> list[float]:
    power = np.exp(scores - scores.max())
    return [float(each) for each in power / power.sum()]


@cache
def _trained() -> tuple[Classifier, Classifier]:
    sets = json.loads(CLASSIFIER.read_text(encoding="utf-8"))
    return Classifier(sets["words"]), Classifier(sets["words and meaning"])


def classify(parts: Parts, vector: NDArray[np.floating] | None = None) -> Guess:
    """Return what a request asks for; `vector` is its encoded text.

    A vector of other dimensions than the weights were learned with does not count.
    """
    by_words, by_meaning = _trained()
    if vector is not None and len(vector) == by_meaning.dimensions:
        return by_meaning.guess(features(parts), vector)
    return by_words.guess(features(parts))
