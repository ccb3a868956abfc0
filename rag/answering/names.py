"""The names that a question may hold: places, people, offices, publications, quoted terms.

`Names` is made once from the records. It knows what the corpus is about, and from the national
standard of administrative divisions (GB/T 2260) and the Unicode list of countries what other
places there are, so that a question on county A is never answered with county B's words.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from babel import Locale
from gb2260.data import data as _divisions

from rag.answering.titles import Titles
from rag.once import once
from rag.types import Essay
from rag.words import entries, fold, frequency

_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|"
    "纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|"
    "鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各"
)
_SUFFIX = re.compile(
    rf"(?:(?:(?:{_PEOPLES})族|维吾尔)*自治[区州县旗]|特别行政区|地区|新区|[省市县区旗盟州])$"
)
_ISSUER_PLACE = re.compile(r"(?:中共)?([一-鿿]{2,}?(?:省|市|县|区|旗|州))(?:委|人民政府|政府)")
# A county or city that no standard lists, where nothing but a place can stand: 火星县有哪些措施.
_UNHEARD = re.compile(
    r"^\W*((?!全|本|该|这|那|其|别|另|城|社|园|地|山|辖|郊|市)(?:(?![各哪几多个有])[一-鿿]){2,3}[省市县])(?=有|的|怎|如何|在|对|提|委)"
)
_UNNAMED = {"市辖区", "县", "市", "省直辖县级行政区划"}
_LONGEST = 15  # characters of the longest name in the gazetteer that staff would write out
_RANK = re.compile(r"[省市县区](?!委|政府)")
_ORDINARY = 400  # a bare county name that is more frequent than this in prose is a common word
_TITLE = r"(?:部长|书记|主任|市长|县长|区长|省长|局长|主席|同志)"
_TITLES = re.compile(rf"([一-鿿]{{1,3}})({_TITLE})")
_EXCEPT = re.compile(
    r"(?:除(?:了|开|去)?|不(?:提|算|说|看|管|含|包括|考虑)|撇开|抛开|排除)"
    r"([^，。？]+?)(?:[以之]?外的?|[，,]|(?=还有|其他|其它|别的|哪))"
)
_ISSUE = re.compile(r"第\s*(\d+)\s*期(?:的|里|上|中)?")
_QUOTED = re.compile(r"[“「『\"]([^“”「」『』\"]{1,30})[”」』\"]")


def short_place(name: str) -> str:
    """Return a place without its rank, where two characters or more are left.

    >>> [short_place(n) for n in ("太湖县", "宁夏回族自治区", "忠县")]
    ['太湖', '宁夏', '忠县']
    """
    bare = _SUFFIX.sub("", name)
    return bare if len(bare) >= 2 else name


@once
def _gazetteer() -> dict[str, str]:
    """Every name of a place, with and without its rank → the full name."""
    codes = {name: code for revision in _divisions.values() for code, name in revision.items()}
    known: dict[str, str] = {}
    for name, code in codes.items():
        if len(name) < 2 or name in _UNNAMED:
            continue
        known[name] = name
        bare = short_place(name)
        if int(code) % 100 == 0 or frequency(bare) < _ORDINARY:
            known.setdefault(bare, name)
    for name in Locale("zh").territories.values():
        known.setdefault(str(name), str(name))
    return known


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names."""

    places: tuple[str, ...] = ()  # places of essays, full names, in order of the question
    foreign: tuple[str, ...] = ()  # places of no essay, as the question writes them
    people: tuple[str, ...] = ()  # authors
    strangers: tuple[str, ...] = ()  # people by surname and office who wrote none of the essays
    publications: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()  # numbers of issues: 32 of 第32期
    issuing: tuple[str, ...] = ()  # places by which publications are named, as written: 安庆市
    essays: tuple[str, ...] = ()  # ids of those whose titles it gives
    quoted: tuple[str, ...] = ()  # terms in quotation marks
    excluded: tuple[str, ...] = ()  # places and authors that 除了…外 leaves out
    rest: str = ""  # the question without the names of places and people


class Names:
    """Finds in a question what the corpus is known by."""

    def __init__(self, essays: Iterable[Essay]) -> None:
        self._essays = tuple(essays)
        self._places: dict[str, set[str]] = {}  # variant → full names
        self._people: dict[str, str] = {}  # variant → author
        self._publications: dict[str, str] = {}
        self._titles = Titles(self._essays)
        for essay in self._essays:
            self._add(essay)
        self._issues = any(essay.issue for essay in self._essays)
        self._surnames: dict[str, list[str]] = {}
        for author in self._people.values():
            self._surnames.setdefault(author[0], []).append(author)
        self._standing = tuple(
            _Variants(names) for names in (self._places, self._people, self._publications)
        )

    def _add(self, essay: Essay) -> None:
        if essay.place:
            for variant in _variants(essay.place):
                self._places.setdefault(variant, set()).add(essay.place)
        for author in (essay.author or "").split("、"):
            if author:
                self._people[author] = author
        if essay.publication:
            self._publications[essay.publication] = essay.publication
        if essay.issuer and (found := _ISSUER_PLACE.search(essay.issuer)):
            for variant in _variants(found.group(1)):
                self._publications.setdefault(variant, essay.publication or essay.issuer)

    def find(self, question: str) -> Named:
        """Return the names in `question`, longest first where they overlap."""
        if apart := _EXCEPT.search(question):
            others = self._find(apart.group(1))
            if excluded := others.places + others.people:
                rest = _blank(question, apart.start(), len(apart.group()))
                return replace(self._find(rest), excluded=excluded)
        return self._find(question)

    def _find(self, question: str) -> Named:
        essays, rest = self._titles.find(question)
        places: list[tuple[int, str]] = []
        kept = [match.span() for match in _QUOTED.finditer(question)]
        in_places, in_people, in_publications = self._standing
        for variant in in_places.found(rest):
            for match in re.finditer(re.escape(variant) + r"(?!长)", rest):  # 上海 in 上海市长
                if any(a <= match.start() < b for a, b in kept):  # “新疆棉花” is one name
                    continue
                places += [(match.start(), full) for full in sorted(self._places[variant])]
                rest = _blank(rest, match.start(), len(variant))
        people: list[str] = []
        for variant in in_people.found(rest):
            if variant in rest:
                people.append(self._people[variant])
                rest = re.sub(f"{re.escape(variant)}{_TITLE}?", _spaces, rest)
        publications: list[str] = []
        issuing: list[str] = []
        for variant in in_publications.found(rest):
            if variant in rest:
                publications.append(self._publications[variant])
                issuing += [variant] if variant != self._publications[variant] else []
                rest = rest.replace(variant, " " * len(variant))
        issues = tuple(_ISSUE.findall(rest)) if self._issues else ()
        if issues:
            rest = _ISSUE.sub(_spaces, rest)
        strangers, rest = self._titled(rest, people)
        outside = _QUOTED.sub(_spaces, rest)
        foreign = _foreign(outside) or _UNHEARD.findall(outside)
        return Named(
            places=tuple(dict.fromkeys(full for _, full in sorted(places))),
            foreign=tuple(foreign),
            people=tuple(dict.fromkeys(people)),
            strangers=strangers,
            publications=tuple(dict.fromkeys(publications)),
            issues=issues,
            issuing=tuple(issuing),
            essays=essays,
            quoted=tuple(_QUOTED.findall(question)),
            rest=re.sub(r"\s+", " ", rest).strip(),
        )

    def _titled(self, rest: str, people: list[str]) -> tuple[tuple[str, ...], str]:
        """Resolve 储部长 to the author of that surname; add to `people`, return strangers."""
        strangers = []
        for found in _TITLES.finditer(rest):
            surname = found.group(1)[-1]
            if not _is_surname(surname, rest, found.start(2) - 1):
                continue
            if authors := self._surnames.get(surname):
                people += authors
                rest = _blank(rest, found.start(2) - 1, 1 + len(found.group(2)))
            else:
                strangers.append(rest[found.start(2) - 1 : found.end()])
        return tuple(strangers), rest


class _Variants:
    """Written names, tens of thousands of them, looked up by what a question holds."""

    def __init__(self, names: Iterable[str]) -> None:
        longest_first = sorted(names, key=len, reverse=True)
        self._place = {name: place for place, name in enumerate(longest_first)}
        self._lengths = sorted(set(map(len, longest_first)))

    def found(self, text: str) -> list[str]:
        """Return the names that stand in `text`, the longest first."""
        held = {text[at : at + n] for n in self._lengths for at in range(len(text) - n + 1)}
        return sorted(held & self._place.keys(), key=self._place.__getitem__)


_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁"
    "任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙陶贺顾毛郝龚邵万钱严武戴莫"
    "孔汤储左尚常温康施牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞祝甘包"
)


def _is_surname(character: str, text: str, at: int) -> bool:
    """Whether `text[at]` is a surname before a title: nothing Chinese may stand before it."""
    return character in _SURNAMES and (at == 0 or not "一" <= text[at - 1] <= "鿿")


def is_person(text: str) -> bool:
    """Whether `text` can be a person's name: a usual surname and one or two characters."""
    return 2 <= len(text) <= 3 and text[0] in _SURNAMES


def _variants(place: str) -> set[str]:
    """Return the names that staff use for a place: 安庆经开区 is also 经开区."""
    found = {place, short_place(place)}
    zone = re.search(r"(?:经济技术|高新技术产业)?(?:经开|高新|开发|示范|新|园)区$", place)
    if zone and len(zone.group()) >= 3 and zone.group() != place:
        found.add(zone.group())
    return found


def _foreign(rest: str) -> tuple[str, ...]:
    """Return the places in `rest`, from which the corpus's own have been taken out."""
    found = []
    for name, at in entries(rest, _gazetteer(), _LONGEST):
        ranked = _RANK.match(rest, at + len(name))
        found.append(name + (ranked.group() if ranked else ""))
    return tuple(dict.fromkeys(found))


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _blank(text: str, at: int, length: int) -> str:
    return text[:at] + " " * length + text[at + length :]


def same_office(asked: str, held: str) -> bool:
    """Whether the office `held` is the one `asked` for: 组织部部长 and 组织部长 are one."""

    def plain(text: str) -> str:
        return fold(text).replace("部部长", "部长").replace(" ", "")

    return plain(asked) in plain(held)
