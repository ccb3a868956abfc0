"""A question on two things, as one question on each: 种菜和种花，待遇差在哪 → 种菜…, 种花….

A sentence answers for one side alone, so a reader that is asked about both finds neither. What is
joined ends, on either side of the conjunction, where a clause or what is asked of both begins.
"""

import re

import rjieba

_JOINS = frozenset("和 与 跟 同 及 以及 、 还是".split())
_ASKED_OF_BOTH = re.compile(
    r"[，,。；;：:？?！!\s]|在|对|各|分别|有[什何没无哪]|哪|什么|怎|如何|多少|谁|差|比|相|不同|不一样|区别|异同"
)
_GAP = " ，,"  # between a side and the conjunction
_LEAST = 2  # characters of a side


def sides(question: str) -> tuple[str, ...]:
    """Return the question on each of two things that are joined in it; () where none are.

    >>> sides("种菜和种花，在企业所得税上待遇差在哪？")
    ('种菜，在企业所得税上待遇差在哪？', '种花，在企业所得税上待遇差在哪？')
    >>> sides("和谐社区怎么建")
    ()
    """
    at = 0
    for word, _ in rjieba.tag(question):
        end = at + len(word)
        if word in _JOINS:
            one, other = question[:at].rstrip(_GAP), question[end:].lstrip(_GAP)
            first = max((m.end() for m in _ASKED_OF_BOTH.finditer(one)), default=0)
            after = _ASKED_OF_BOTH.search(other, _LEAST)
            last = after.start() if after else len(other)
            if len(one) - first >= _LEAST and last >= _LEAST:
                return one + other[last:], one[:first] + other
        at = end
    return ()
