"""Bylines: the offices and names that sign an essay.

A name needs a known family name, unless an office leaves no doubt that a name follows.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.gazetteer import is_name
from rag.outline.places import place_of_office

_HAN = "[一-鿿]"
_NAME = re.compile(rf"{_HAN}{{2,4}}(?:·{_HAN}{{1,6}}){{0,2}}")
_POST = (
    "书记|部长|主任|[省市县区镇乡旗州盟局处科厅司院校所站社会队组行]长|秘书长|理事长|董事长|检察长|"
    "主席|委员|常委|总编辑|总经理|专员|代表|干部|教授|研究员|调研员|政委|"
    "组织部|宣传部|统战部|社工部|[省市县区州镇]委|党组|工委|办公室|研究室|党校|编辑部"
)
_IS_OFFICE = re.compile(rf"(?:{_POST})[）)]?$")
_POST_LENGTH = 8  # characters that a post, a bracket and a line end have at most
_BEGINS_WITH_VERB = re.compile(
    r"[选当抓做建推促助强让用把以为聚突坚深创打发提落压配锻激培谈论致给请]"
)
_NAME_OFFICE = re.compile(
    rf"(?P<name>{_HAN}{{2,4}})(?:\s*[（(]|[，,]\s*)(?P<office>[^（）()]*(?:{_POST}))[）)]?"
)
_GLUED = re.compile(
    rf"(?P<office>\S*(?:书记|部长|主任|[省市县区局处厅院校所站会队行]长|主席|常委|秘书长))(?P<name>{_HAN}{{2,3}})"
)
_UNIT = re.compile(
    rf"(?:中共)?{_HAN}{{2,18}}(?:组织部|宣传部|统战部|党工委|党委|党组|[省市县区州旗镇]委|"
    r"办公室|研究室|党校|课题组|调研组|编辑部|人民政府)"
)
_BULLETS = "□■○●◎◇◆ "
_AUTHOR = re.compile(r"(?:本文)?作者(?:单位)?[：:]?\s*[系为是]?\s*(?P<rest>\S.*)")
_BY = re.compile(
    r"(?:文[/／]|(?:撰稿人?|撰文|执笔|供稿)[：:])\s*(?P<rest>\S.*)|(?P<before>\S.*?)\s*(?:供稿|撰稿|撰文|执笔)"
)
_PRESS = re.compile(r"(?:本报|本刊|本网|全媒体|见习|首席)*(?:记者|通讯员|实习生)[：:]?")
_NO_BYLINE = re.compile(r"[。！？；《\d]|会议上|年[_\s]*月[_\s]*日$")
_DATELINE = re.compile(
    r"(?:讯|电|消息)\s?[（(](?P<rest>[^（）()]{2,60})[）)]|"
    r"[（(](?P<end>(?:本报)?(?:记者|通讯员)[^（）()]{2,40})[）)]$"
)
_LONGEST = 70  # characters of a byline
_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Byline:
    """Who signs an essay. At least one field is set."""

    author: str | None = None  # several are joined by "、"
    office: str | None = None
    reporter: str | None = None  # who reported it: no author, several joined as above


@lru_cache(maxsize=4096)  # each heading is asked about several times
def byline(text: str) -> Byline | None:
    """Return who signs, if all of `text` is a byline.

    >>> byline("太湖县委常委、组织部部长 左小斌")
    Byline(author='左小斌', office='太湖县委常委、组织部部长', reporter=None)
    >>> byline("坚持党管人才 厚植发展沃土") is None
    True
    """
    text = text.strip()
    if not 2 <= len(text) <= _LONGEST or _NO_BYLINE.search(text):
        return None
    if text[0] in "（(" and text[-1] in "）)":
        text = text[1:-1].strip()
    text = text.lstrip(_BULLETS)
    if match := _AUTHOR.fullmatch(text):
        return _of_author(match["rest"])
    if match := _BY.fullmatch(text):
        return byline(match["rest"] or match["before"])
    if _PRESS.search(text):
        return _reported(text)
    for pattern in (_NAME_OFFICE, _GLUED):
        if (match := pattern.fullmatch(text)) and is_name(match["name"]):
            return Byline(match["name"], match["office"])
    if _UNIT.fullmatch(text):
        return Byline(office=text)
    return _spaced(text) or _of_names(text)


def dateline(text: str) -> Byline | None:
    """Return who signs in the dateline of a news item, or in brackets at its end.

    >>> dateline("本报讯（全媒体记者 王丹瑶）5日，")
    Byline(author=None, office=None, reporter='王丹瑶')
    """
    match = _DATELINE.search(text[:160]) or _DATELINE.search(text[-60:])
    if match is None:
        return None
    names = re.sub(r"(?:摄影)?报道$|文/图$", "", match["rest"] or match["end"])
    return _reported(names)


def _reported(text: str) -> Byline | None:
    """Read the names of reporters and correspondents, 记者 李明 通讯员 王小五, or names alone."""
    found = _of_names(_PRESS.sub(" ", text))
    return Byline(reporter=found.author) if found else None


def _spaced(text: str) -> Byline | None:
    """Read offices and names that spaces part, in either order: 县委书记 张三 县长 李四."""
    offices: list[str] = []
    names: list[str] = []
    for token in text.split():
        if is_office(token):
            offices.append(token)
        else:
            names += token.split("、")
    if not offices or not 0 < len(names) <= _MOST_NAMES:
        return None
    if not (all(map(is_name, names)) or all(map(_is_other_name, names))):
        return None
    return Byline("、".join(names), " ".join(offices))


def is_office(text: str) -> bool:
    """Whether `text` is an office, and no phrase that ends with one: 选优书记."""
    if not _IS_OFFICE.search(text, max(0, len(text) - _POST_LENGTH)):
        return False
    return not _BEGINS_WITH_VERB.match(text) or place_of_office(text) is not None


def _is_other_name(text: str) -> bool:
    """Whether `text` can be a name of another people: 嘎玛泽登, 艾尔肯·吐尼亚孜."""
    return bool(_NAME.fullmatch(text)) and ("·" in text or len(text) == 4)


def _of_author(rest: str) -> Byline | None:
    """Read what follows 作者: a name, an office, or both: 张三，单位：县委党校."""
    parted = re.sub(r"[，,；;]?\s*(?:单位|职务)?[：:系]", "\n", rest, count=1)
    name, _, office = parted.partition("\n")
    if office and is_name(name.strip()):
        return Byline(name.strip(), office.strip())
    return byline(rest) or (Byline(office=rest) if _IS_OFFICE.search(rest) else None)


def _of_names(text: str) -> Byline | None:
    """Read a list of nothing but names."""
    names = [name for name in re.split(r"[\s、，]+", text) if name]
    if 0 < len(names) <= _MOST_NAMES and all(is_name(name) or "·" in name for name in names):
        return Byline("、".join(names))
    return None
