"""A question → what is asked: its kind, the names it holds, the words that carry its topic.

Only the form of the question is read here, never the corpus beyond its names. What each kind is:
`number` a figure, date or share; `who` a person, office or place; `define` what a term means or
is made of; `list` measures; `compare` the same topic in several essays, and how many speak of it;
`document` the bulletin itself; `summary` an essay's leads; `fact` a sentence; `help` no question.
"""

import re
from dataclasses import dataclass

from rag.answering.names import Named
from rag.types import Kind
from rag.words import STOPWORDS, pieces

_MEASURE = (
    r"(?:措施|做法|举措|办法|招数|要求|安排|部署|打算|经验|工作|任务|政策|抓手|建议|动作|规定)"
)
_ESSAYS = (
    r"(?:地方|县区|县市区|区县|县|区|市|省份?|单位|部门|文章|"
    r"篇|地区|城市|报告|人(?![才员民事大力]))"
)
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    (
        "help",
        r"^\W*(?:你好|您好|嗨|hi|hello|谢谢|多谢|再见|帮助|help|在吗|你是谁|你能做什么|"
        r"你会什么|怎么(?:使)?用)\W*$",
    ),
    (
        "document",
        r"印发|编印|主办|哪(?:一)?期|第几期|抄送|主送|报送(?:给)?(?:谁|哪)|"
        r"发(?:送)?(?:给|到)(?:谁|哪)|发送(?:范围|对象)|由谁编|出刊",
    ),
    (
        "compare",
        r"比较|对比|相比|异同|(?:有什么|有何|哪些)(?:不同|区别|差异|差别)|一样吗|相同吗|"
        r"各(?:地|县|区|市|省|篇|单位|自)|分别(?:是|怎|如何|采|有)|"
        rf"(?:哪几|几|多少)(?:个|篇|家)?{_ESSAYS}|哪些{_ESSAYS}|"
        r"(?:谁|哪里|哪个)(?:没有?|未|不)(?:提|讲|说|谈|写)|(?:还有)?谁(?:也|都)",
    ),
    ("who", r"谁|哪(?:一)?位|何人|什么人|哪里的|来自哪|哪(?:一)?个" + _ESSAYS),
    (
        "summary",
        r"(?:讲|说|写|谈)了(?:些)?什么|主要内容|主要观点|中心思想|概括|概述|总结一下|摘要|"
        r"大意|要点",
    ),
    (
        "define",
        r"什么是|是什么(?:意思|概念|机制|模式)?[?？]?$|(?:是)?指(?:的是)?(?:什么|哪)|什么意思|含义|"
        r"(?:包括|包含|涵盖|分为)(?:了)?(?:哪|什么|几)|[”」』\"](?:具体)?(?:是|有|指|包括)?哪|"
        r"怎么(?:理解|解释)|如何理解",
    ),
    (
        "number",
        r"多少|几(?!乎|代|经)|比例|比重|百分之|占比|多大|多长|多高|多久|何时|哪(?:一)?(?:天|年|月)|"
        r"什么时候|时间是|目标(?:是|定|为|呢)?(?:什么)?[?？]?$",
    ),
    (
        "list",
        rf"(?:哪些|什么|哪几[条项个]|有何|啥)[^，。？]{{0,6}}{_MEASURE}|怎么|怎样|如何|咋|"
        rf"(?:哪些|什么)(?:方面)?(?:提出|开展|推进|举措)|所有|全部|{_MEASURE}[?？]?$",
    ),
)
_DATE = re.compile(r"何时|哪(?:一)?(?:天|年|月|日)|什么时候|时间是|日期")
_SHARE = re.compile(r"比例|比重|百分之|占比|份额")
_NEGATED = re.compile(r"(?:没有?|未|不)(?:提|讲|说|谈|写|涉)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:年|(?!\d))")
_ORDINAL = re.compile(r"第([一二三四五六七八九十\d]+)(?:条|项|点|个(?:方面|措施)?)")
_GENERIC = frozenset(
    """
    措施 做法 举措 办法 方法 经验 要求 安排 部署 打算 工作 方面 内容 情况 提出 提到 谈到 讲到 说
    说到 讲 谈 介绍 具体 主要 重点 有关 相关 采取 开展 文章 这些 各地 各 县区 各县 区县 地方
    单位 地区 分别 不同 比较 对比 相比 区别 差异 异同 指 包括 包含 意思 叫 称 是否 有没有 没有
    还有 提 写 出来 出 来 去 做 作 搞 抓 要 会 能 可以 应该 应 需要 想 让 给 使 用 该 按照 按
    什么样 时候 里面 当中 其中 本 本期 这期 一期 起来 办 点 条 项 个 种 篇 位 次 家 名 年 月 日
    天 部门 政策 抓手 建议 任务 所有 全部 今年 一样 相同 问题 机制 目标 计划 上 设 定 定为 到
    是不是 哪 几 呢 啥 咋 方式 达到 实现 打造 推进 部 规定 明确 怎么办 怎么样 为了 目的 原因
    提倡 政府 报告 省 市 县 区 文 段 原文 原话 共 一共 总共 地 者 时 老 新 不 没 未
    """.split()  # noqa: SIM905 (a table of words)
)
# What only asks. It is taken out before words are cut, or jieba joins it to its neighbours.
_ASKING = re.compile(
    rf"(?:哪几|几|多少|哪些|各|哪一?)(?:个|种|条|项|期|篇|家|天|年|月|位|次|点|类|人|万)?{_ESSAYS}?|"
    r"这些(?:文章|材料|报告)?(?:里|中)?|这(?:一)?期|怎么(?:样|办)?|怎样|如何|什么(?:样)?|分别|"
    r"是不是|有没有|^那么?|呢[?？]?$|请问|是谁|谁"
)
_ONE = 0.15  # weight of a generic word beside a topic word of the same rarity


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the topic. `weight` is 0..1, before the rarity of the word is known."""

    text: str
    weight: float
    required: bool = False  # a term in quotation marks or a foreign place: must be there


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    text: str
    kind: Kind
    named: Named
    terms: tuple[Term, ...]
    parts: tuple[tuple[Term, ...], ...] = ()  # 引才、育才、留才: the topics asked side by side
    years: tuple[str, ...] = ()
    dated: bool = False  # the figure asked for is a date
    share: bool = False  # ... is a share
    negated: bool = False  # asks who does not speak of it
    ordinal: int | None = None  # 第三条

    @property
    def topical(self) -> bool:
        """Whether it has a topic beyond names and generic words."""
        return any(term.weight > _ONE for term in self.terms)


def understand(text: str, named: Named) -> Question:
    """Read the form of the question `text`, whose names have been found."""
    kind = _kind(text, named)
    ordinal = _ORDINAL.search(text)
    return Question(
        text=text,
        kind=kind,
        named=named,
        terms=_terms(named.rest, named),
        parts=_parts(named.rest, named) if kind == "list" else (),
        years=tuple(dict.fromkeys(_YEAR.findall(text))),
        dated=bool(_DATE.search(text)),
        share=bool(_SHARE.search(text)),
        negated=bool(_NEGATED.search(text)),
        ordinal=_count(ordinal.group(1)) if ordinal else None,
    )


def _kind(text: str, named: Named) -> Kind:
    found = {kind: re.search(pattern, text, re.IGNORECASE) for kind, pattern in _PATTERNS}
    if found["document"] and len(named.quoted) == 0:
        return "document"
    if len(named.places) + len(named.people) >= 2 and not found["who"]:
        return "compare"
    if named.quoted and found["define"] and not found["compare"]:
        return "define"
    return next((kind for kind, _ in _PATTERNS if kind != "document" and found[kind]), "fact")


def _terms(rest: str, named: Named) -> tuple[Term, ...]:
    """Return the words of `rest` that carry the topic, each once, in order."""
    required = {*named.quoted, *named.foreign}
    plain = rest
    for term in sorted(required, key=len, reverse=True):
        plain = plain.replace(term, " " * len(term))
    found = [Term(term, 1.0, required=True) for term in (*named.quoted, *named.foreign)]
    plain = _ASKING.sub(" ", _YEAR.sub(" ", plain))
    for word, _, _ in pieces(plain):
        word = word.strip()
        if not re.search(r"\w", word) or word in STOPWORDS:
            continue
        if word in _GENERIC:
            found.append(Term(word, _ONE))
        elif len(word) > 1:
            found.append(Term(word, 1.0))
    return tuple({term.text: term for term in reversed(found)}.values())[::-1]


def _parts(rest: str, named: Named) -> tuple[tuple[Term, ...], ...]:
    """Split a topic at 、和与及 where every part has a word of its own."""
    parts = [
        _terms(part, Named(rest=part, quoted=tuple(q for q in named.quoted if q in part)))
        for part in re.split(r"[、和与及]|以及", rest)
    ]
    topical = tuple(part for part in parts if any(term.weight > _ONE for term in part))
    return topical if len(topical) >= 2 else ()


def _count(numeral: str) -> int:
    """Read a numeral up to 99: 三, 十二, 7."""
    if numeral.isdigit():
        return int(numeral)
    digits = "零一二三四五六七八九"
    tens, ten, ones = numeral.rpartition("十")
    value = (digits.find(tens) if tens else 1) * 10 if ten else 0
    return value + (max(digits.find(ones), 0) if ones else 0)
