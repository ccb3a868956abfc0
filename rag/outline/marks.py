"""The written forms that the outline goes by: numbering, sentence ends, what a heading looks like.

Numbering ranks follow the order of GB/T 9704-2012 for official documents, 一、 above （一） above
1. above （1）, with the chapters and articles of regulations above and among them.
"""

import re

ENDINGS = "。！？!?…"
CLOSERS = "”’」』）)】］]》〉"
_DIGITS = "零一二三四五六七八九十百"
_NUMBERINGS = (  # rank, pattern; a lower rank stands above a higher one
    (10, re.compile(rf"第[{_DIGITS}\d]{{1,5}}[编篇部](?:分)?(?=[\s、：]|[^\s分的])")),
    (12, re.compile(rf"第[{_DIGITS}\d]{{1,5}}章")),
    (14, re.compile(rf"第[{_DIGITS}\d]{{1,5}}节")),
    (20, re.compile(rf"[{_DIGITS}]{{1,3}}、")),
    (25, re.compile(rf"第[{_DIGITS}\d]{{1,6}}条(?:之[{_DIGITS}])?(?=[\s　：【]|$)")),
    (30, re.compile(rf"[（(][{_DIGITS}]{{1,3}}[）)]")),
    (40, re.compile(r"\d{1,2}(?:[．、]|\.(?!\d)|\.(?=(?:19|20)\d\d年))")),
    (50, re.compile(r"[（(]\d{1,2}[）)]|\d{1,2}[）)]")),
    (55, re.compile(r"[①-⑳]")),
    (58, re.compile(r"——(?=[^\s—\d二])")),
    (80, re.compile(rf"[{_DIGITS[1:]}]{{1,2}}是(?=[^，。])|(?:首先|其次|再次|最后)，")),
)
CHINESE, ARTICLE, DASH, ITEM = 20, 25, 58, 80
KINDS = (
    "意见|通知|方案|办法|规定|决定|决议|通报|报告|请示|批复|函|纪要|公告|通告|公报|细则|规划|计划|要点|总结|"
    "建议"
)
"""What an official document calls itself at the end of its title."""
_ENDING = re.compile("[。！？；]")
_ADDRESS = re.compile(r"(?:尊敬的)?各位\w{2,6}[，！：,!:]|(?:同志|朋友|同学|代表)们[，！：,!:]")
_FIRST = "第首（(一二三四五六七八九十零0123456789①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳—其再最"


def numbering(text: str) -> tuple[int, int] | None:
    """Return rank and length of the number that `text` begins with.

    >>> numbering("（一）加力扩内需")
    (30, 3)
    """
    if text[:1] in _FIRST:
        for rank, pattern in _NUMBERINGS:
            if match := pattern.match(text):
                return rank, match.end()
    return None


def is_ended(text: str) -> bool:
    """Whether `text` ends as a sentence does, closing quotes and brackets aside."""
    body = text.rstrip(CLOSERS)
    return bool(body) and (body[-1] in ENDINGS or (body == text and body[-1] in "：:"))


def has_ending(text: str) -> bool:
    """Whether a sentence ends anywhere in `text`."""
    return _ENDING.search(text) is not None


def is_address(text: str) -> bool:
    """Whether a paragraph begins by addressing the audience, which closes what stood before."""
    return _ADDRESS.match(text) is not None


def is_heading_like(text: str) -> bool:
    """Whether `text` could stand alone as a heading: short, and no sentence."""
    phrases = text.lstrip("—").split("——")  # a title with its subtitle
    short = all(1 <= len(phrase) <= 45 for phrase in phrases)
    return short and not has_ending(text) and not is_ended(text)
