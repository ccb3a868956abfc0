"""What turns a word: 不得 before it denies it, 探索 makes it no more than a plan."""

import re

_DENIED = re.compile(
    r"没有|并非|禁止|严禁|杜绝|防止|避免|防范|取消|停止|拒绝|反对|免于|免除|[不未没无勿莫]|非(?!常|公|遗|物质)"
)
_RESERVED = re.compile(
    r"力争|争取|计划|预计|预期|探索|试点|试行|鼓励|可以|原则上|研究|谋划|(?<![模虚])拟(?![定订人合])"
)
_NO_DENIAL = re.compile(
    r"不断|不仅|不但|不同|不光|不管|不论|不久|不惜|不遗余力|不忘|不懈|不移|不动摇|不渝|不已|无论|未来|"
    r"无数|无缝|不少|前所未有|义无反顾|无私|无悔"
)
_END = re.compile(r"[，：；。！？,;!?的者]|\d[\d.,]*[%‰]?|百分之[零一二三四五六七八九十百点]+")
_REACH = 12  # characters over which 不 or 探索 bears on a word behind it


def turns(text: str, word: str, start: int, end: int) -> set[str]:
    """Return how `word` is turned where it stands in `text[start:end]`.

    >>> turns("不得提拔，探索轮岗", "提拔", 0, 9), turns("不得提拔，探索轮岗", "轮岗", 0, 9)
    ({'denied'}, {'reserved'})
    """
    found = re.compile(re.escape(word)).finditer(text, start, end)
    return {turn_at(text, match.start()) for match in found}


def turn_at(text: str, at: int) -> str:
    """Return how the word at `text[at]` is turned by what stands before it in its clause.

    Either "denied", "reserved" (planned, tried, allowed) or "" (plainly said).
    """
    before = text[max(0, at - _REACH) : at]
    near = _NO_DENIAL.sub("", _END.split(before)[-1])
    if len(_DENIED.findall(near)) % 2:
        return "denied"
    return "reserved" if _RESERVED.search(near) else ""
