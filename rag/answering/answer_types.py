"""What sort of thing a question asks for, and by what signs a sentence may hold it.

何时 wants a date, 为什么 a cause, 又名什么 a name: each row is how a question asks and how a
sentence answers. The signs are weak; the sentence ranker learns how much they count for.
"""

import re
from typing import NamedTuple

_COUNTED = "个年月日天种次位条座家部岁级名项届万百千号人所枚颗只支层"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏"
    "吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦傅方白邹孟熊秦邱江尹薛"
)

ASKS = re.compile(
    rf"谁|何[人时地处年种名物]|为何|如何|怎么?样?|什么|多少|几(?=[{_COUNTED}])|"
    r"多[大长高远久重深宽厚]|哪(?:里|儿|些|几|[一两二三四]?)|哪?一?位|是否|有没有|吗"
)
"""The words of a question that ask."""


class AnswerType(NamedTuple):
    """How a question asks for it, and by what signs a sentence may hold it."""

    asked: re.Pattern[str]
    held: re.Pattern[str]


def _type(asked: str, held: str) -> AnswerType:
    return AnswerType(re.compile(asked), re.compile(held))


TYPES = (
    _type(r"谁|何人|哪一?位|什么人", rf"·|由[^，。]{{3,}}|者|家|先生|教授|部长|书记|[{_SURNAMES}]"),
    _type(
        r"何时|何年|什么时[候间]|哪一?[年天日月]|时间|几[年月日]",
        r"\d+[年月日]|[一二三四五六七八九十]+年|世纪|年代|时期|\d{4}",
    ),
    _type(
        rf"多少|几(?=[{_COUNTED}])|多[大长高远久重深宽厚]|比例|占比",
        rf"\d|[一二两三四五六七八九十百千万]+[{_COUNTED}]",
    ),
    _type(
        r"哪里|哪儿|何地|何处|什么地方|什么位置|位于|哪一?个?(?:国|省|市|城|县|区|地|州|岛|镇|村)",
        r"位于|地处|坐落|分布|出生|生于|在|[国省市县区州岛镇村洲路街山]",
    ),
    _type(
        r"为什么|为何|原因|因何|为啥|目的|由来",
        r"因|由于|为了|所以|导致|使得|以便|遂|故|从而|目的|旨在|得名",
    ),
    _type(r"称|叫|别名|又名|俗名|名字|名为", r"称|叫|名|[「“《]"),
    _type(r"什么是|是什么[?？]?$|指的?是?什么|定义|是谁[?？]?$|含义|意思", r"是|指|意为|即"),
    _type(r"哪些|哪几|分别|什么样|哪[两二三四]", r"、|和|以及|包括|分为|分别"),
    _type(r"如何|怎么|怎样", r"通过|方式|以|采用|利用|用|使"),
)


def types_of(question: str) -> tuple[AnswerType, ...]:
    """Return the types that `question` asks for; none for most questions of 什么."""
    return tuple(kind for kind in TYPES if kind.asked.search(question))


def holds(types: tuple[AnswerType, ...], sentence: str) -> float:
    """Return the share of `types` that `sentence` may hold; one half where none is asked for.

    >>> holds(types_of("何时动工？"), "1999年动工。"), holds(types_of("何时动工？"), "动工了。")
    (1.0, 0.0)
    """
    if not types:
        return 0.5
    return sum(kind.held.search(sentence) is not None for kind in types) / len(types)
