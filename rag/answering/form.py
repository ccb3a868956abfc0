"""Words of form: the tokens that a request's form is made of, and the form that they tell.

The closed classes stand in `form.txt`: greetings, request verbs, nouns of layout and genre, haste,
occasion … A counted measure (三条, 300字) is a token, too. Every token is a letter; what is left is
content, `x`, or what is quoted, `Q`, of which nothing is form. Which tokens are form and which are
topic (列表公示制度, 三条红线) is not told here; see core.py.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from rag.figures import number
from rag.words import pieces

_FILE = Path(__file__).with_name("form.txt")
_SIMPLER = str.maketrans(
    "請煩幫個條點項說講寫給問題單謝對這樣圖總結報導發領長縣廣關於圍繞針內議場為現後週間時簡詳細擬編製畫檢舉標註據過聽會開訊評論員課"
    "辭書賀記齊萬數幾兩專業組織辦從們處門類來將復與應該緊讓歸納匯彙儘別還順參備嗎麼麽吶體證誰沒無夠權響確闡釋繪談勞駕懇綱覽欄連貫稱",
    "请烦帮个条点项说讲写给问题单谢对这样图总结报导发领长县广关于围绕针内议场为现后周间时简详细拟编制画检举标注据过听会开讯评论员课"
    "辞书贺记齐万数几两专业组织办从们处门类来将复与应该紧让归纳汇汇尽别还顺参备吗么么呢体证谁没无够权响确阐释绘谈劳驾恳纲览栏连贯称",
)
_MASK = "\ue000"
_TITLE = re.compile(r"《[^《》]{1,80}》")
_QUOTED = re.compile(
    r"“([^“”]{1,60})”|「([^「」]{1,60})」|『([^『』]{1,60})』|‘([^‘’]{1,60})’|\"([^\"]{1,60})\""
)
_NUMERAL = r"(?:[0-9]{1,6}|[零一二三四五六七八九十百千万两]{1,7})"
_MEASURE = (
    r"(?:个(?:方面|角度|版本)|部分|方面|角度|句话|分钟|小时|"
    r"[条点个项句段份张篇页版则例行列封首级栏])"
)
_COUNTED = re.compile(
    rf"(?P<length>字数{_NUMERAL}|{_NUMERAL}[来多]?个?字)"
    rf"|(?P<count>(?:前|题量){_NUMERAL}|(?<!第){_NUMERAL}{_MEASURE})"
    rf"|(?P<scheme>[按以照用]{_MASK}{{1,60}}的?(?:结构|框架|顺序|思路|体例|方式|展开))"
)
_LETTERS = {"length": "l", "count": "i", "scheme": "o"}
_BREAK = re.compile(r"[,。?!;:…~\s\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")
_LONGEST_WORD = 8  # of the segmenter that may be two words of the classes

CONTENT = frozenset("xQ")
"""The letters of tokens that are no form."""
Layout = Literal["table", "points", "prose", "outline"]


@dataclass(frozen=True, slots=True)
class Form:
    """The form in which an answer is wanted; None where nothing is said."""

    layout: Layout | None = None
    items: int | None = None
    length: int | None = None  # in characters
    short: bool = False


class Token(NamedTuple):
    """A word of a class, a counted measure, or a word of content."""

    letter: str  # "x" content, "Q" quoted, else the class
    start: int
    end: int


@cache
def _classes() -> dict[str, str]:
    """Every word of the closed classes → the letter of its class."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    table = (line.split(" : ") for line in lines if line and line[0] != "#")
    return {word: name[0] for name, words in table for word in words.split()}


@cache
def _longest() -> int:
    return max(map(len, _classes()))


def plain(text: str) -> str:
    """Fold widths, case and traditional characters one for one, so that offsets stay.

    What is quoted becomes a run of one sign that no word holds.
    """
    folded = "".join(
        one if len(one := unicodedata.normalize("NFKC", sign).lower()) == 1 else sign
        for sign in text
    ).translate(_SIMPLER)
    for pattern in (_TITLE, _QUOTED):
        folded = pattern.sub(lambda found: _MASK * len(found.group()), folded)
    return folded


def quotations(text: str) -> tuple[str, ...]:
    """Return what stands in quotation marks in `text`, titles left out."""
    found = _QUOTED.findall(_TITLE.sub(" ", text))
    return tuple(dict.fromkeys(next(filter(None, groups)).strip() for groups in found))


def clauses(text: str) -> list[list[Token]]:
    """Cut `plain` text into clauses at stops and white space, and each into tokens."""
    edges, words = _edges(text)
    counted = {found.start(): found for found in _COUNTED.finditer(text)}
    cut: list[list[Token]] = [[]]
    at = 0
    while at < len(text):
        if _BREAK.match(text, at):
            cut.append([])
            at += 1
            continue
        end, match = _class_word(text, at, edges), counted.get(at)
        if match and match.end() >= end:
            end = match.end()
            cut[-1].append(Token(_LETTERS[match.lastgroup or ""], at, end))
        elif end:
            cut[-1].append(Token(_classes()[text[at:end]], at, end))
        else:
            end = at + 1
            _add_content(cut[-1], "Q" if text[at] == _MASK else "x", at, words)
        at = end
    return [clause for clause in cut if clause]


def _class_word(text: str, at: int, edges: set[int]) -> int:
    """Return where the longest word of a class ends that begins at `at`; 0 if none does."""
    for end in range(min(len(text), at + _longest()), at, -1):
        touched = (at in edges) + (end in edges)  # 请 is no word in 请客
        whole = end - at > 2 or touched >= 3 - (end - at)
        if whole and text[at:end] in _classes():
            return end
    return 0


def _add_content(clause: list[Token], letter: str, at: int, words: set[int]) -> None:
    """Add a character of content: to the word before, where that goes on."""
    last = clause[-1] if clause else None
    if last and last.letter == letter and (letter == "Q" or at not in words):
        clause[-1] = last._replace(end=at + 1)
    else:
        clause.append(Token(letter, at, at + 1))


def _edges(text: str) -> tuple[set[int], set[int]]:
    """Return where words of a class may begin or end, and where words of content do.

    A word that is made of two of the classes (请用, 列个) may be cut between.
    """
    known, words = _classes(), {0}
    inner: set[int] = set()
    for word, start, end in pieces(text):
        words.add(end)
        if len(word) <= _LONGEST_WORD:
            cuts = range(1, len(word))
            inner |= {start + n for n in cuts if word[:n] in known and word[n:] in known}
    return words | inner, words


_UNWANTED = re.compile(r"(?:别|不要|不用|不必|不想要|无需)(?!忘)[^,。?!;:]{0,6}")
_PROSE = re.compile(
    r"(?:别|不要|不用|不)(?:再?[分列][点条行段]|列|表格|用表|[用加]序号)|连贯|[成整]一?段(?!落?小)|段话|"
    r"自然段|叙述|[一两]段(?:[^,。?!;:]{0,2}文字|就|够|$)|[分顿]号隔开|正常说话"
)
_TABLE = re.compile(
    r"(?<!代)表(?![述达现扬彰态示明演])|excel|[两三四]栏|[两三四]列(?!出)|对照|矩阵"
)
_OUTLINE = re.compile(
    rf"提纲|大纲|框架|架子|结构|思维导图|层次|先总后分|先[^,。?!;:]{{1,4}}再|[按以照用]{_MASK}"
)
_POINTS = re.compile(
    r"[分逐按要][条点项]|逐一|[二两三四五六七八九十几0-9](?:[条项]|点(?!前|钟))|每条|一条一?条|角度|个方面|"
    r"列(?:出|举|示|明|一列|一下|下|个|前|几)|列[^表入为]{0,4}$|罗列|清单|单子|名单|要点|条目|"
    r"一[行条例](?:一|列)|分开列|一二三|[序编]号"
)
_LAYOUTS: dict[Layout, re.Pattern[str]] = {
    "table": _TABLE, "outline": _OUTLINE, "points": _POINTS,
}  # fmt: skip
_SHORT = re.compile(
    r"简[单短要明洁略练复答述]|扼要|精[简炼]|[压浓]缩|缩[短成到]|凝练|压[成到]|提要|太长|短|[一两三]句|准话|痛快话|[一两三]行|"
    r"一页纸|一张纸|一两段|只[要用给列]|光要|字少|少点|不用|不需要|不要正文|文字不要|就[行好](?=\W|$)|"
    r"挑重点|说重点|大概|不展开|速答"
)
_LONG = re.compile(
    r"详[细尽述]|深入|完整|全面|[全细透]一?[点些]|越[多细全详]|展开[讲说谈]|具体[点些]|有细节"
)
_UNCOUNTED = "段行字张份钟时页列栏级"


def form_of(around: str, tokens: Iterable[Token]) -> Form:
    """Read the form from `around`, the text with its core blanked out, and the tokens in it."""
    said = [(token.letter, around[token.start : token.end]) for token in tokens]
    counts = [number(word) for letter, word in said if letter == "i" and word[-1] not in _UNCOUNTED]
    lengths = [number(word) for letter, word in said if letter == "l"]
    return Form(
        _layout(around),
        next((count for count in counts if count and count > 1), None),
        next((length for length in lengths if length and length > 1), None),
        _SHORT.search(around) is not None and not _LONG.search(around),
    )


def _layout(around: str) -> Layout | None:
    if _PROSE.search(around):
        return "prose"
    wanted = _UNWANTED.sub(" ", around)
    return next((layout for layout, pattern in _LAYOUTS.items() if pattern.search(wanted)), None)


def has_content(text: str) -> bool:
    """Whether a text has a word that is no form."""
    return any(token.letter in CONTENT for clause in clauses(plain(text)) for token in clause)
