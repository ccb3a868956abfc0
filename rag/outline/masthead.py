"""What the lines before the running text state: publication, issue, date, issuer, title, byline.

Each line is read for what its own form shows; of the lines that show nothing, one is the title.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.figures import begins_with_day, date_in, is_date, issue_in, without_date
from rag.outline.bylines import Byline, byline
from rag.outline.join import OutlineBlock
from rag.outline.marks import (
    KINDS,
    POST,
    fields_of,
    holds_sentence,
    is_heading_like,
    is_organ,
    numbering,
)
from rag.outline.places import place_of_office, place_of_title
from rag.types import Role

_NOTE = re.compile(
    r"[【\[［（(]?(?:编者按|编者的话|编前语|编前话|按语|本刊按)[】\]］）)：:]?|按[：:]"
)
_PRINTED = re.compile(
    r"\S{2,12}?(?:日报|晚报|时报|早报|晨报|新闻|周刊|客户端|杂志|网|先锋|党建|(?<![公通])报)$"
)
_MEETING = re.compile(r"[—―（(]*\s*\S{4,16}日在\S*届\S*会议上[）)]?\s*(?P<rest>.*)")
_ISSUED = re.compile(r"(?:主办|编印|编|印发|印)?\s*$")  # behind who issues
_BEFORE_ISSUE = re.compile(
    r"[（(\[【_\-\s]*(?:[12]\d{3}年)?(?:总)?第\s*[\d一二三四五六七八九十]+\s*期.*"
)
_NUMBERED = re.compile(
    r"(?P<office>(?!根据|按照|依据)(?:[一-鿿][一-鿿 ]{0,11}?)?) ?"
    r"[〔\[［（(【] ?(?P<year>(?:19|20)\d{2}) ?[〕\]］）)】] ?第? ?(?P<number>\d{1,4}) ?号"
    r"(?!文|精神)"
)
_ENDS_NUMBERED = re.compile(r"[〔\[［]\d{4}[〕\]］] ?第? ?\d{1,4} ?号$")
_ORDINAL = re.compile(  # 第21次, 2024年第3号（总第26号）
    r"[（(〔]?(?:\d{4}年)?第?\s*[\d一二三四五六七八九十]+\s*[次号](?:会议)?[）)〕]?(?:[（(]总第?[^）)]+[）)])?"
)
_ORDER = re.compile(r"(?P<name>(?:中华人民共和国)?[一-鿿]{2,16}令)第 ?(?P<number>\d{1,4}) ?号")
_LETTERHEAD = re.compile(r"(?P<name>[一-鿿]{4,30})文件(?:\s.*)?")
_KIND = re.compile(
    rf"(?:^关于|[省市县区乡镇委府厅局办部室院会校]关于).{{2,60}}的?(?:{KINDS})(?:[（(].{{1,12}}[）)])?$"
    rf"|^(?:会议)?(?:{KINDS}|公示|证明|倡议书|简报)$"
)
_ENDS_WITH_KIND = re.compile(
    rf"(?P<kind>{KINDS}|条例|章程|制度|讲话|公示)(?:[（(].{{1,12}}[）)])?$"
)
_CAPTION = re.compile(
    r"^[上下左右]?图为|摄[）)]?$|记者\s?\S{2,4}$|^\S{2,20}(?<!工)作\S{0,12}报告。?$"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stated about an essay or a bulletin."""

    title: str | None = None
    author: str | None = None
    office: str | None = None
    place: str | None = None
    publication: str | None = None
    issue: str | None = None
    date: str | None = None
    issuer: str | None = None
    document_number: str | None = None

    def signed(self, by: Byline) -> "Facts":
        """Return these facts with a byline's."""
        office = by.office or self.office
        place = self.place or (place_of_office(office) if office else None)
        return replace(self, author=by.author or self.author, office=office, place=place)

    def dated(self, text: str) -> "Facts":
        """Return these facts with the date in `text`, if it is the first or says it exacter."""
        date = date_in(text)
        return replace(self, date=date) if date and date.startswith(self.date or "") else self


def number_in(text: str) -> str | None:
    """Return the number that an office gave its document, as printed less spaces.

    >>> number_in("皖发 [2022] 5 号"), number_in("根据国发〔2020〕1号文件精神")
    ('皖发〔2022〕5号', None)
    """
    if match := _NUMBERED.match(text):
        return f"{match['office'].replace(' ', '')}〔{match['year']}〕{match['number']}号"
    match = _ORDER.search(text)
    return f"{match['name']}第{match['number']}号" if match else None


def publication_in(text: str) -> str | None:
    """Return the name of a publication that stands before its issue: 安庆组工信息第32期."""
    named = _BEFORE_ISSUE.sub("", text)
    return named if len(named) > 2 and re.search("[一-鿿]", named) else None


def read_masthead(front: Sequence[OutlineBlock]) -> tuple[Facts, list[Role]]:
    """Read a bulletin's masthead and editor's note, and return the roles of their lines.

    `front` is what stands before the first byline. The masthead ends in it where text begins, or
    with the line before if that is the title of an essay without byline.
    """
    facts = Facts()
    roles: list[Role] = []
    heading = None
    in_note = False
    for i, block in enumerate(front):
        in_note = is_note(block.text) or (in_note and not can_be_title(block))
        if in_note:
            roles.append("note")
            continue
        if is_running(block.text) or _begins_text(front[i : i + 3]):
            break
        roles.append("masthead")
        read = _read_line(facts, block.text) or _read_issuer(facts, block.text)
        if read is None:
            heading = block.text
        elif read.issue and not facts.issue:  # the publication stands before it
            facts = replace(read, publication=publication_in(block.text) or heading)
        else:
            facts = read
    return facts, roles


def _begins_text(blocks: Sequence[OutlineBlock]) -> bool:
    """Whether a block is the title, without byline, of the text that begins after it.

    An editor's note of one paragraph may stand between them.
    """
    block, *after = blocks
    if not can_be_title(block) or byline(block.text):
        return False
    if after and is_note(after[0].text) and holds_sentence(after[0].text):
        del after[0]
        if _read_line(Facts(), block.text) or _read_issuer(Facts(), block.text):
            return False
    return bool(after) and is_running(after[0].text) and not is_note(after[0].text)


def read_parts(blocks: Sequence[OutlineBlock]) -> Facts:
    """Read the lines of a document's head and foot, in order, for what they state."""
    facts = Facts()
    for block in blocks:
        if (read := _read_line(facts, block.text)) is not None:
            facts = read
        elif signed := byline(block.text):
            facts = facts.signed(signed)
    return facts


def title_weight(block: OutlineBlock) -> int:
    """Of several lines the longest is the title, but for names of sites and captions."""
    text = block.text
    return 0 if _CAPTION.search(text) or text.endswith(("网", "要闻", "客户端")) else len(text)


def is_fact(text: str) -> bool:
    """Whether a line states a fact about its document and nothing else."""
    if fields := fields_of(text):
        return any(kind not in ("meeting", "contact") for kind, _ in fields)
    return _read_line(Facts(), text) is not None


def is_caption(text: str) -> bool:
    """Whether a line says whose picture stands beside it: ….本报记者 李明 摄."""
    return _CAPTION.search(text) is not None and byline(text) is None


def _read_fields(facts: Facts, text: str) -> Facts | None:
    """Return `facts` with those of a line or row of labels: 发文机关：…；成文日期：…."""
    fields = fields_of(text)
    for kind, value in fields:
        if kind == "date" and (date := date_in(value)):
            facts = replace(facts, date=date)
        elif kind in ("day", "publication") and date_in(value):
            facts = facts if facts.date else facts.dated(value)
        elif kind == "publication" and (printed := _PRINTED.match(_source(value))):
            facts = replace(facts, publication=facts.publication or printed.group())
        elif kind == "document_number" and (number := number_in(value)):
            facts = replace(facts, document_number=number)
        elif kind == "author" and value not in ("", "佚名"):
            facts = facts.signed(byline(value) or Byline(value))
        elif kind in ("issuer", "title") and value:
            facts = replace(facts, **{kind: value})
    return facts if fields else None


def _source(value: str) -> str:
    """Return what a source begins with, up to a space or all that stands in 《》."""
    return value[1:].partition("》")[0] if value[:1] == "《" else value.split(" ")[0]


def _read_line(facts: Facts, text: str) -> Facts | None:
    """Return `facts` with what one masthead line states, or None if it is no such line."""
    if (read := _read_fields(facts, text)) is not None:
        return read
    if match := _MEETING.match(text):  # when and where a report was given: 2026年…日在…会议上
        facts = replace(facts, date=date_in(text), place=place_of_title(text))
        signed = byline(match["rest"])
        return facts.signed(signed) if signed else facts
    short = text if len(text) <= 60 else ""
    if begins_with_day(short) and (source := short.find("来源")) > 0:
        return _read_fields(facts.dated(text), text[source:]) or facts
    if number := number_in(short):
        return replace(facts, document_number=facts.document_number or number).dated(text)
    if _ORDINAL.fullmatch(short):
        return facts
    if _ENDS_NUMBERED.search(short):
        number = number_in(short.split()[-1])
        return replace(facts, document_number=facts.document_number or number)
    if (match := _LETTERHEAD.fullmatch(text)) and is_organ(match["name"]) and not facts.issuer:
        return replace(facts, issuer=match["name"])
    return _read_print(facts, text)


def _read_print(facts: Facts, text: str) -> Facts | None:
    """Return `facts` with what a line says of the paper or issue a text was printed in."""
    if len(text) <= 45 and (issue := issue_in(text)) and not says_kind(text):
        return replace(facts, issue=issue).dated(text)
    if is_date(text):
        return facts.dated(text)
    name = without_date(text)
    if name != text and _PRINTED.fullmatch(name):
        return replace(facts, publication=name).dated(text)
    return None


def _read_issuer(facts: Facts, text: str) -> Facts | None:
    name = _ISSUED.sub("", without_date(text))
    return replace(facts, issuer=name).dated(text) if is_organ(name) else None


def is_note(text: str) -> bool:
    """Whether an editor's note begins here."""
    return _NOTE.match(text) is not None


def is_running(text: str) -> bool:
    """Whether `text` is of the body, not of what stands before it."""
    known = fields_of(text) or _CAPTION.search(text)
    return not known and (numbering(text) is not None or holds_sentence(text))


def is_subtitle(text: str) -> bool:
    """Whether a line has the form of a subtitle: ——以太湖县为例."""
    return text.startswith("——") and len(text) <= 45 and not _MEETING.match(text)


def is_form(text: str) -> bool:
    """Whether a line is one of a form or of a list of posts: 姓名：李明　性别：男, 组长：李明."""
    return text.count("：") > 1 or re.match(POST, text) is not None


def can_be_title(block: OutlineBlock) -> bool:
    """Whether a block has the form of a title."""
    text = block.text
    if block.kind != "text" or (issue_in(text) and not says_kind(text)) or is_form(text):
        return False
    if begins_with_day(text) or _MEETING.match(text):
        return False
    if block.heading:
        return True
    called = re.sub("[！？]", "，", text).rstrip("，")  # 我们来了！
    plain = is_heading_like(called) and (len(text) >= 4 or says_kind(text)) and not numbering(text)
    return plain and not (fields_of(text) or is_date(text))


def says_kind(text: str) -> bool:
    """Whether a line says what kind of document it heads: 关于加强人才工作的意见."""
    return len(text) <= 80 and _KIND.search(text) is not None


def document_type(text: str) -> str | None:
    """Return what a document is by the end of its title: 绩效考核办法 is 办法."""
    match = _ENDS_WITH_KIND.search(text) if len(text) <= 80 else None
    return match["kind"] if match else None


def repeats(text: str, title: str) -> bool:
    """Whether a line only says the title again, marks aside."""
    return re.sub(r"\W", "", text) in re.sub(r"\W", "", title)


def clean_title(text: str) -> str:
    """Return a title without what a line break left in it.

    A space that parts two phrases stays; one after a word that ends no phrase was a line end.

    >>> clean_title("锚定中心任务 建设堪当重任的 高素质干部队伍")
    '锚定中心任务 建设堪当重任的高素质干部队伍'
    """
    return re.sub(r"(?<=[的和与及、，]) (?=[一-鿿])", "", text.strip("*# "))
