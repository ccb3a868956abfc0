"""A question → what is asked: its kind, the names it holds, the words that carry its topic.

Only the form of the question is read here, never the corpus beyond its names.
"""

import re
from dataclasses import dataclass

from rag.answering.everyday import spoken
from rag.answering.kinds import ESSAY, Figure, counts_parts, figure_of, kind_of
from rag.answering.names import Named
from rag.types import Kind
from rag.words import STOPWORDS, is_noun, pieces

_MENTION = re.compile(r"(?:提|讲|说|谈|写|涉)(?:到|及|了|过|出)")
_STATED = re.compile(r"\d+(?:\.\d+)?(?:%|％|万|亿|个百分点)[元人吨]?(?:以[上内下]|左右)?")
_NEGATED = re.compile(r"(?<=\w)(?:没有?|未|不)(?:提|讲|说|谈|写|涉)")  # not 不提望江县，…
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:年|(?!\d))")
ORDINAL = re.compile(
    r"第([一二三四五六七八九十\d]+)(?:条|项|大?点|(?:个|大)?(?:方面|措施|部分)|个)"
)
# What only asks. It is taken out before words are cut, or jieba joins it to its neighbours.
_ASKING = re.compile(
    r"(?:这|那|前面|以上)?(?:几|[一二两三四五六七八九十]+|\d+)篇(?:文章|材料|报告)(?:里面?|中|当中)?|"
    r"(?:一共|总共|共)(?=有|收录|刊发|几|多少|分)|(?:具体)?数字(?=是|为|[?？]?$)|硬指标|"
    r"(?<!没)[都还]?有(?=哪|什么|几|多少|啥)|"
    r"(?:哪几|几|多少|哪些|各|哪[一二三四五六七八九十]*)(?:大|个|种|条|项|期|篇|家|天|年|月|位|次|点|类|人|万|岁)?"
    rf"{ESSAY}?|(?:其[他它余]|别的|另外的?){ESSAY}|这些(?:文章|材料|报告)?(?:里|中)?|这(?:一)?期|怎么(?:样|办)?|怎样|如何|"
    r"什么(?:样)?|分别|是不是|有没有|^那么?|呢[?？]?$|请问|占?多(?:大|高|长|重|久(?:一次)?)|下一步|下一阶段|接下来|是谁|[由被]?谁|今年要|今年|去年|明年|"
    r"要(?=[建办修开])|(?:突破|超过|达到?|增至|约)了?(?=多少|几)"
)
_GENERIC = frozenset(
    """
    措施 做法 举措 办法 方法 经验 要求 安排 部署 打算 工作 方面 内容 情况 提出 提到 谈到 讲到 说
    说到 讲 谈 介绍 具体 主要 重点 有关 相关 采取 开展 文章 这些 各地 各 县区 各县 区县 地方
    单位 地区 分别 不同 比较 对比 相比 区别 差异 异同 指 包括 包含 意思 叫 称 是否 有没有 没有
    还有 提 写 出来 出 来 去 做 作 搞 抓 要 会 能 可以 应该 应 需要 想 让 给 使 用 该 按照 按
    什么样 时候 里面 当中 其中 本 本期 这期 一期 起来 办 点 条 项 个 种 篇 位 次 家 名 年 月 日
    天 部门 政策 抓手 建议 任务 所有 全部 今年 一样 相同 问题 机制 目标 计划 上 设 定 定为 到
    是不是 哪 几 呢 啥 咋 方式 达到 实现 打造 推进 部 规定 明确 怎么办 怎么样 为了 目的 原因
    提倡 政府 报告 省 市 县 区 文 段 原文 原话 共 一共 总共 地 者 时 老 新 不 没 未 预期 思路
    类型 种类 类别 提了 讲了 说了 做了 搞了 开展了 采取了 推出了 出台了 具体内容 详细 内涵 说法
    看法 观点 表述 提法 论述 涉及 做好 愿意 不愿 肯 希望 打算 准备 有没 存在 比例 比重 占比 份额
    百分比 或者 还是 各自 除了 例子 材料 取得 目前 现在 当前 近年来 近几年 进一步 能否 可否 所说
    解决 处理 其他 其它 别的 另外 其余 名字 姓名 亮点 特点 收录 刊发 刊登 推动 做到
    """.split()
)

# How staff ask for it: 请帮我查一下…, …列出来. 请 is no request in 请进来, nor 谈 in 谈心.
_LOOK_UP = r"(?:[查找搜看说讲谈聊列问](?:一?[查找搜看说讲谈聊问]|一?下|出|到)|查询|检索|搜索)"
_REQUEST = re.compile(
    rf"^(?:\W|请(?!进来|假|示|战)|麻烦|劳驾|能否|能不能|可否|可以|[帮给替为](?:我们?|忙)|(?:我们?)?(?:想|想要|要)"
    rf"(?:知道|了解|问|看|查|找)|告诉(?:我们?)?|{_LOOK_UP}|列举|罗列|整理|梳理|归纳|总结|汇总|概括|介绍|一下)+"
    rf"|(?:都|全部|逐一|一一|详细|[按逐分][条点项])?(?:{_LOOK_UP}|[列讲说找写](?:出来|一下)|(?:整理|梳理|归纳|总结|介绍)(?:一下|出来)"
    r"|(?:汇总|整理|梳理|归纳|[做列写])成(?:一[张份个])?(?:表格?|清单|列表|材料|报告))来?\W*$"
)

# ... and how they ask to have it written: what they get is what can be cited.
_WRITING = re.compile(
    r"^(?:\W|请|麻烦|能否|能不能|可以|[帮给替为]我们?)*(?:写|起草|撰写|草拟|准备|生成)(?:出|好)?(?:一?[份篇个])?(?:关于|有关)?"
)
_WRITTEN = re.compile(
    r"(?:方面|情况)?的?(?:工作)?(?:总结|小结|综述|汇报|简报|发言稿|讲话稿|(?:调研|情况|工作)?报告|(?:汇报|经验|交流|典型)?材料)\W*$"
)

# Undoing is no small change to a topic: 取消专窗 is not answered by 设立专窗.
_UNDOING = re.compile(r"取消|废除|废止|撤销|停止|停办|叫停|暂停|关闭|解散|不再")
# What is joined to a topic's word and only says what sort of thing is asked for: 考核办法.
_MEASURES = re.compile(r"(?<=[一-鿿]{2})(?:办法|措施|做法|举措|方法|机制|政策)$")
# Characters that make one word with the word before them, which jieba cuts off: 防火 + 期.
_SUFFIXES = frozenset("期率度额金费税奖证券卡网站点群圈链岗员制法型类室厅局办队团组")
# ... and with the word behind them: 大 + 数据.
_PREFIXES = frozenset("大小微云超泛零智非")


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the topic. A required one must stand in what answers."""

    text: str
    required: bool = False  # in quotation marks, a figure, or a place that no essay is from
    official: tuple[str, ...] = ()  # what documents write for an everyday expression

    def __hash__(self) -> int:
        """Terms are looked up far more often than two of one text meet."""
        return hash(self.text)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    text: str
    kind: Kind
    named: Named
    terms: tuple[Term, ...]  # the words of the topic, generic ones left out
    generic: tuple[str, ...]  # 重点, 工作: words that only say what sort of thing is asked for
    parts: tuple[tuple[Term, ...], ...] = ()  # 引才、育才、留才: the topics asked side by side
    years: tuple[str, ...] = ()
    figure: Figure | None = None
    negated: bool = False  # asks who does not speak of it
    ordinal: int | None = None  # 第三条
    phrase: str = ""  # pattern of the words that must stand together, where who says it is asked


def understand(text: str, named: Named) -> Question:
    """Read the form of the question `text`, whose names have been found."""
    kind = kind_of(text, named)
    ordinal = ORDINAL.search(text)
    terms, generic = _terms(named.rest, named)
    return Question(
        text=text,
        kind=kind,
        named=named,
        terms=terms,
        generic=generic,
        parts=_parts(named.rest, named) if kind in {"list", "compare"} else (),
        years=tuple(dict.fromkeys(_YEAR.findall(text))),
        figure=None if counts_parts(text, kind) else figure_of(text),
        negated=bool(_NEGATED.search(named.rest)),
        ordinal=_count(ordinal.group(1)) if ordinal else None,
        phrase=_phrase(named.rest, terms) if kind == "who" or _MENTION.search(text) else "",
    )


def _phrase(rest: str, terms: tuple[Term, ...]) -> str:
    """Return the longest run of terms that the question writes as one: 国际消费中心城市.

    In a text up to two characters may stand between them: 老年助餐 is also 老年人助餐.
    """
    runs: list[list[str]] = []
    end = -1
    places = sorted((rest.find(term.text), term.text) for term in terms)
    for start, term in places:
        if start < 0:
            continue
        if start == end:
            runs[-1].append(term)
        else:
            runs.append([term])
        end = start + len(term)
    longest = max(runs, key=len, default=[])
    return ".{0,2}".join(map(re.escape, longest)) if len(longest) > 1 else ""


def _terms(rest: str, named: Named) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """Return the words of `rest` that carry the topic and the generic ones, each once."""
    if _WRITING.match(rest):
        rest = _WRITTEN.sub("", _WRITING.sub("", rest))
    plain = rest = _REQUEST.sub(" ", rest)
    exact = [*named.quoted, *named.foreign, *_STATED.findall(rest), *_UNDOING.findall(rest)]
    for term in sorted(exact, key=len, reverse=True):
        plain = plain.replace(term, " " * len(term))
    found = [Term(term, required=True) for term in exact]
    generic = []
    plain = _YEAR.sub(" ", plain)
    plain = _ASKING.sub(" ", plain)
    for word, official in spoken(plain):
        found.append(Term(word, official=official))
        plain = plain.replace(word, " " * len(word), 1)
    for word in (_MEASURES.sub("", whole).removesuffix("了") for whole in _whole(plain)):
        if not re.search(r"\w", word) or word in STOPWORDS:
            continue
        if word in _GENERIC:
            generic.append(word)
        elif len(word) > 1:
            found.append(Term(word))
    once = {term.text: term for term in reversed(found)}
    return tuple(once.values())[::-1], tuple(dict.fromkeys(generic))


def _whole(text: str) -> list[str]:
    """Return the words of `text`, a prefix or suffix joined to the word that it belongs to."""
    found: list[str] = []
    for piece, _, _ in pieces(text):
        word = piece.strip()
        before = found[-1] if found else ""
        if before in _PREFIXES and len(word) > 1:
            found[-1] += word
            continue
        joins = word in _SUFFIXES or (len(word) == 1 and word not in _GENERIC and is_noun(word))
        joins = joins and len(before) > 1 and before not in _GENERIC | STOPWORDS
        if joins and not re.search(r"\W", before):
            found[-1] += word
        else:
            found.append(word)
    return found


def _parts(rest: str, named: Named) -> tuple[tuple[Term, ...], ...]:
    """Split a topic at 、和与及 where every part has a word of its own."""
    parts = [
        _terms(part, Named(rest=part, quoted=tuple(q for q in named.quoted if q in part)))[0]
        for part in re.split(r"[、和与及]|以及", rest)
    ]
    topical = tuple(part for part in parts if part)
    return topical if len(topical) >= 2 else ()


def _count(numeral: str) -> int:
    """Read a numeral up to 99: 三, 十二, 7."""
    if numeral.isdigit():
        return int(numeral)
    digits = "零一二三四五六七八九"
    tens, ten, ones = numeral.rpartition("十")
    value = (digits.find(tens) if tens else 1) * 10 if ten else 0
    return value + (max(digits.find(ones), 0) if ones else 0)
