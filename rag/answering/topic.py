"""Whether words say what is asked about, and which of them are a term."""

import re
from collections.abc import Callable, Container

from rag.answering.form import CONTENT, clauses, plain
from rag.words import STOPWORDS, pieces

_ASKS = re.compile(
    r"什么|哪|谁|几|多少|多[大长高久远]|怎|如何|何|吗|呢|么$|啥|咋|是否|有没有|能不能|为"
)
_POINTS = re.compile(r"[这那该此][个份篇些次项]?")
_SHORT = 4  # characters from which a word that asks says more: 哪几个, 第三 are no topic
_TERM, _TERM_WORDS = 3, 5  # characters at least, words at most of a term
_IS = frozenset("是 指 叫 即 指的是 是指 所谓 的".split())  # what joins a term and what is asked

# What the genre calls its own parts, how it says that something is said or set side by side.
_GENERIC = frozenset(
    (
        "措施 做法 举措 办法 经验 要求 安排 部署 任务 重点 工作 内容 要点 方面 观点 建议 情况 部分 "
        "主要 具体 文章 材料 文件 报告 讲话 通知 全文 全部 所有 哪几 几个 几条 几点 几项 几方面 "
        "分别 提出 提到 讲 说 写 介绍 总结 概括 概述 展开 说明 列 列出 看 讲讲 说说 做 办 搞 采取 "
        "推出 包括 今年 年 月 日 二 三 四 五 六 七 八 九 十 多 条 点 项 个 篇 件 一共 共 总共 关于 "
        "地方 县区 各地 最多 更多 谁 换成 换 那 再 只 没 没有 别的 其他 呢 啥 咋 咋样 怎么样 "
        "对比 比较 相比 对照 区别 不同 差别 差异 异同 一样"
    ).split()
)
# ... and with both what a question is made of that asks where words stand.
_FRAME = (
    STOPWORDS
    | _GENERIC
    | set("过 词 这个 个字 字样 字眼 表述 说法 段落 单位 句话 也 都 还 里 中 里面 地 出 到".split())
)


def asks(text: str) -> bool:
    """Whether words ask, by the closed class of question words."""
    return _ASKS.search(text) is not None


def pairs(text: str) -> set[str]:
    """The pairs of characters that stand beside each other in a text."""
    text = re.sub(r"\W", "", text)
    return {text[at : at + 2] for at in range(len(text) - 1)}


def has_topic(text: str) -> bool:
    """Whether words say what is asked about, beyond form and what the genre is made of."""
    simple = plain(text)
    tokens = [token for clause in clauses(simple) for token in clause]
    words = [simple[t.start : t.end].rstrip("了过着") for t in tokens if t.letter in CONTENT]
    return any(
        len(word) > 1
        and word not in STOPWORDS
        and word not in _GENERIC
        and not (len(word) < _SHORT and (asks(word) or word[0] == "第"))
        and not word.isdigit()
        and not _POINTS.fullmatch(word)
        for word in words
    )


def term(asked: str, is_held: Callable[[str], object]) -> str | None:
    """The term whose meaning is asked for: the longest run of words that some text holds."""
    longest = max(_runs(asked, _IS), key=lambda run: len("".join(run)))[:_TERM_WORDS]
    cuts = [
        "".join(longest[start:end])
        for start in range(len(longest))
        for end in range(start + 1, len(longest) + 1)
    ]
    terms = sorted((cut for cut in cuts if len(cut) >= _TERM), key=len, reverse=True)
    return next((term for term in terms if is_held(term)), None)


def runs(text: str) -> list[str]:
    """The runs of words that say something: no question words, nor what the genre is made of."""
    found = map("".join, _runs(text, _FRAME))
    return [run for run in found if len(run) > 1]


def _runs(text: str, breaks: Container[str]) -> list[list[str]]:
    """The runs of words between those that ask, break or are signs; some are empty."""
    found: list[list[str]] = [[]]
    for word, _, _ in pieces(text):
        if asks(word) or word in breaks or not word.isalnum():
            found.append([])
        else:
            found[-1].append(word)
    return found


def bare_term(asked: str) -> str | None:
    """A request that is no question but a term: 女干部, “六不”问题."""
    words = asked.strip(" 的，。？?")
    return (
        words
        if 2 <= len(words) <= 10 and not asks(words) and not any(map(str.isspace, words))
        else None
    )
