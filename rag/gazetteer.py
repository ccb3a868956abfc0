"""What places there are, and which surnames and posts people have, whatever the corpus holds.

The places of China are those of the national standard of administrative divisions (GB/T 2260, all
its revisions), with what encloses each; other countries are those of the Unicode list.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import rjieba
from babel import Locale
from gb2260.data import data as _divisions

from rag.once import once
from rag.types import Span
from rag.words import Tokenizer, frequency

_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|"
    "纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|"
    "鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各"
)
_SUFFIX = re.compile(
    rf"(?:(?:(?:{_PEOPLES})族|维吾尔)*自治[区州县旗]|特别行政区|地区|新区|[省市县区旗盟州])$"
)
ZONE = re.compile(
    r"(?:经济技术|高新技术产业|经济|高新|综合|工业|产业|自由贸易|自贸)*"
    r"(?:开发|经开|高新|新|园|示范|实验|试验|合作|自贸|保税)区"
)
RANKS = "省市县区州旗盟"
_LOWER = f"{RANKS}镇乡村"
_ORDER = ("省", "市州盟", "县区旗", "镇乡道", "村")  # from the widest to the narrowest
_UNNAMED = {"市辖区", "县", "市", "省直辖县级行政区划", "自治区直辖县级行政区划"}
_OF_RANK = re.compile(f"[{RANKS}](?:委|长|政府)")
_UNIT = re.compile(r".+?(?:[省市区县旗盟镇乡村](?!街道|社区)|自治州|街道|社区|$)")
LONGEST = 15  # characters of the longest name that staff would write out
_ORDINARY = 400  # what is more frequent than this in prose is a common word
_KIND = 100  # ... and what is, as the end of a name, a kind of place: 城市
_PROSE = 1000  # a stem that is more frequent says what a place is like: 示范县
_KIND_OF_AREA = re.compile("[城园社地民辖景院库片厂校矿牧灾山林湖军特老小街县]区")
_LETTER = "[甲乙丙丁戊己庚辛壬癸A-Za-z]"  # in place of a name: 甲县, Y县
# A county that no list has, where nothing but a name can stand: 青山县建成…, 2023年绿水县….
_UNLISTED = re.compile(
    r"(?:^|(?<=[，。、；：！？\s（“《\d年日省市州])|(?<=关于|中共))"
    rf"(?![全本该这那其别另各每我城年月日])({_LETTER}[市县镇乡村]|"
    r"[一-鿿]{2,3}(?:[市县区旗]|(?:经济技术|高新技术产业|经济)开发区))(?![域场长级直属])"
)
_BELOW = re.compile(r"(?<=[市县区旗镇乡])([一-鿿]{2,3}(?:镇|乡|村|街道))(?![域场长级直属民里镇村])")

_SURNAMES = (  # the usual ones, which few words begin with
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁"
    "任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙陶贺顾毛郝龚邵万钱严武戴莫"
    "孔汤储左尚常温康施牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞祝甘包习卓柳骆纪苗涂"
)
_RARE_SURNAMES = (  # more of the Hundred Family Surnames, and others
    "褚卫尤华戚喻柏水窦云奚郎昌凤花酆鲍史费廉岑滕毕邬乐于时傅皮卞元卜平和穆萧湛祁禹狄米贝明臧计伏成谈"
    "茅舒屈项阮蓝闵席季麻强路娄危童梅盛刁凌霍虞支柯昝管经房裘缪干解应宗宣郁单杭洪诸吉钮嵇滑裴荣翁荀羊"
    "惠甄曲家封芮羿靳汲邴糜松井富巫乌巴弓牧隗山谷车宓蓬全郗班仰秋仲伊宫宁仇栾暴斜厉戎祖符景束幸司韶郜"
    "黎蓟薄印宿怀蒲邰从鄂索咸籍赖蔺屠蒙池阴胥能苍双闻莘党贡劳逄姬扶堵冉宰郦雍璩桑桂濮寿通边扈燕冀郏浦"
    "农别晏柴瞿阎充慕连茹宦艾鱼容向古慎戈庾终暨居衡步都满弘匡国文寇广禄阙东殳沃利蔚越夔隆师巩厍晁勾敖"
    "融冷訾辛阚那简饶空毋沙乜养鞠须丰巢蒯相查后荆红游竺权逯盖益桓公仉督帅缑亢况郈有琴商牟佘佴伯赏墨哈"
    "谯笪年爱阳佟代覃鄢涂晁邸佘粟敖冼牟苑嵇亓仝郄谌庹矫"
)
_COMPOUND = frozenset("上官 令狐 公孙 司徒 司马 夏侯 尉迟 慕容 欧阳 皇甫 诸葛".split())
POST = (
    r"(?:副|总)?(?:部长|书记|主任|市长|县长|区长|省长|州长|旗长|镇长|乡长|村长|局长|厅长|处长|科长|所长|站长|"
    r"主席|校长|院长|行长|会长|社长|馆长|秘书长|董事长|总经理|经理|教授|老师|同志|先生|女士)"
)
POLITE = frozenset("教授 老师 同志 先生 女士".split())  # said to anybody, whatever the post


def short_place(name: str) -> str:
    """Return a place without its rank, where two characters or more are left.

    >>> [short_place(n) for n in ("太湖县", "宁夏回族自治区", "忠县")]
    ['太湖', '宁夏', '忠县']
    """
    bare = _SUFFIX.sub("", name)
    return bare if len(bare) >= 2 else name


def place_names(place: str) -> frozenset[str]:
    """Return how `place` may be called, never by what lies around it.

    >>> sorted(place_names("安庆市太湖县"))
    ['太湖', '太湖县', '安庆市太湖县']
    """
    units = _UNIT.findall(re.sub(r"[（(].*?[）)]", "", place)) or [""]
    found = {"".join(units[n:]) for n in range(len(units))}
    return frozenset({place, *found, short_place(units[-1])}) - {""}


def variants(place: str, own: bool = False) -> tuple[str, ...]:
    """Return how a place is written; its bare name only where that is no common word.

    >>> variants("石柱土家族自治县"), variants("安庆经开区", own=True), variants("合作市")
    (('石柱土家族自治县', '石柱县'), ('安庆经开区', '经开区'), ('合作市',))

    Args:
        place: its full name.
        own: whether the corpus is about it, so that more of its bare names are believed.
    """
    found, bare = [place], short_place(place)
    if "自治" in place:
        found.append(bare + place[-1])
    zone = re.search(rf"{ZONE.pattern}$", place)
    if zone and len(zone.group()) > 2:  # more than 新区
        return (place, zone.group()) if own else (place,)
    if not is_ordinary(bare) or is_major(place) or (own and _tags(bare) == ["ns"]):
        found.append(bare)
    return tuple(dict.fromkeys(found))


def _tags(text: str) -> list[str]:
    return [tag for _, tag in rjieba.tag(text)]


def is_surname(text: str) -> bool:
    """Whether `text` is a usual surname."""
    return (len(text) == 1 and text in _SURNAMES) or text in _COMPOUND


def is_name(text: str) -> bool:
    """Whether `text` has the form of a name: two to four Chinese characters, a surname first."""
    if re.fullmatch("[一-鿿]{2,3}", text):
        known = text[0] in _SURNAMES or text[0] in _RARE_SURNAMES
        return known and not (len(text) == 3 and text[-1] in f"{_LOWER}部办局")
    return re.fullmatch("[一-鿿]{4}", text) is not None and text[:2] in _COMPOUND


def is_person(text: str, surname: str) -> bool:
    """Whether `text`, which begins with `surname`, can be a full name."""
    given = text[len(surname) :]
    return (
        re.fullmatch("[一-鿿]{1,2}", given) is not None
        and text[-1] not in _LOWER
        and not (is_ordinary(given) or is_surname(given))
    )


def is_ordinary(text: str) -> bool:
    """Whether `text` is a word that prose uses often."""
    return frequency(text) >= _ORDINARY


@dataclass(frozen=True, slots=True)
class _Divisions:
    """The standard: how names are written, and what encloses each place for certain."""

    written: Mapping[str, str]  # with and without rank → full name
    around: Mapping[str, tuple[str, ...]]  # full name → the places it lies in, the nearest first


@once
def _standard() -> _Divisions:
    revisions = sorted(_divisions, key=lambda year: (year is None, int(str(year or 0)[:4])))
    names = {f"{int(code):06d}": name for y in revisions for code, name in _divisions[y].items()}
    codes = _codes()
    return _Divisions(_written(codes), {n: _enclosing(n, own, names) for n, own in codes.items()})


def _codes() -> dict[str, set[str]]:
    """Each name of the standard, with the codes that it has or had."""
    codes: dict[str, set[str]] = {}
    for revision in _divisions.values():
        for code, name in revision.items():
            if len(name) > 1 and name not in _UNNAMED and not re.fullmatch(".区", name):
                codes.setdefault(name, set()).add(f"{int(code):06d}")
    return codes


def _written(codes: Mapping[str, set[str]]) -> dict[str, str]:
    written = dict(zip(codes, codes, strict=True))
    wide = {name: min((c[2:] > "0000") + (c[4:] > "00") for c in codes[name]) for name in codes}
    for name in sorted(codes, key=wide.__getitem__):
        for variant in variants(name):  # 吉林 is the province before it is the city
            written.setdefault(variant, name)
    bare = [short_place(name) for name in codes if not is_major(name)]
    since = (f"{name}{rank}" for name in bare if name in written for rank in "市区")
    for name in (*filter(is_place_name, since), *_countries()):  # counties have become cities
        written.setdefault(name, name)
    return written


def _countries() -> Iterator[str]:
    for code, country in Locale("zh").territories.items():
        if len(code) == 2 and code.isalpha() and code not in {"CN", "EU", "UN", "EZ", "ZZ", "QO"}:
            yield str(country)


def _enclosing(name: str, codes: set[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The city and the province of a place, where all places of the name lie in them."""
    all_of = [{names.get(code[:n].ljust(6, "0")) for code in codes} for n in (4, 2)]
    sole = [found.pop() for found in all_of if len(found) == 1]
    return tuple(outer for outer in sole if outer and outer not in _UNNAMED | {name})


def is_major(place: str) -> bool:
    """Whether a place is a province, or a city that counties belong to."""
    return place[-1] in "省州盟" or place.endswith(("自治区", "地区")) or place in _capitals()


@once
def _capitals() -> frozenset[str]:
    return frozenset(
        name for year in _divisions.values() for code, name in year.items() if int(code) % 100 == 0
    )


def full_place(written: str) -> str | None:
    """Return the full name of a place of the standard or a country, as it is written, if any."""
    return _standard().written.get(written)


def places_around(place: str) -> tuple[str, ...]:
    """Return the places in which `place` lies for certain, the nearest first.

    >>> places_around("太湖县"), places_around("鼓楼区")
    (('安庆市', '安徽省'), ())
    """
    return _standard().around.get(place, ())


def lies_in(inner: str, outer: str) -> bool:
    """Whether `outer`, written before `inner`, can only say where that lies: 安徽省, 太湖县."""
    if known := places_around(inner):
        return outer in known
    bare = [place.replace("自治区", "省") for place in (outer, inner)]
    rank = [n for place in bare for n, last in enumerate(_ORDER) if place[-1] in last]
    return len(rank) == 2 and rank[0] < rank[1] and not outer.endswith(("县", "区"))


@once
def tokenizer() -> Tokenizer:
    """Return one that keeps the places of the standard whole."""
    return Tokenizer(unlisted_words())


def unlisted_words() -> tuple[str, ...]:
    """Return the names of the standard that are in no dictionary."""
    return tuple(sorted(n for n in set(_standard().written.values()) if not frequency(n)))


def spans(
    text: str,
    pieces: Iterable[tuple[str, int, int]],
    is_known: Callable[[str], object],
    longest: int = LONGEST,
) -> Iterator[tuple[int, int]]:
    """Find known names in `text`, longest first from the left, where words begin and end.

    大同 is none in 大同小异, 上海市 none in 上海市长, and 太湖 none in 太湖市.
    """
    bounds = [(start, end) for _, start, end in pieces]
    taken = 0
    for first, (start, _) in enumerate(bounds):
        ends = [end for _, end in bounds[first : first + longest] if 1 < end - start <= longest]
        for end in reversed(ends) if start >= taken else ():
            if is_known(text[start:end]) and not _is_other(text, start, end, bounds):
                yield start, end
                taken = end
                break


def _is_other(text: str, start: int, end: int, bounds: Container[Span]) -> bool:
    """Whether a rank after a bare name makes it the name of something else: 青山|县委 of 青山区."""
    if text[end - 1] in RANKS or text[end : end + 1] not in tuple(_LOWER):
        return False
    if (end, end + 1) in bounds:
        return True
    full = full_place(text[start:end])
    return full not in (None, text[start : end + 1]) and _OF_RANK.match(text, end) is not None


def read_places(text: str, *, running: bool = False) -> list[str]:
    """Return the full names of the places in a title, an office or a paragraph, in order.

    In running text what may be a word as well is a place only behind one (济宁市任城区, but not
    富民兴村), and so is what the dictionary takes for a person and is never written out: 惠民利民.

    >>> read_places("浙江温州苍南县：夜学新风"), read_places("2023年绿水县组织工作要点")
    (['浙江省', '温州市', '苍南县'], ['绿水县'])
    """
    found: list[tuple[int, str]] = []
    written = _standard().written
    rest, last = text, -1
    for start, end in spans(text, _parted(text), written.__contains__):
        name = written[text[start:end]]
        if running and start != last and _may_be_a_word(text[start:end], name, text):
            continue
        last = end
        if zone := ZONE.match(text, end):
            name, last = text[start : zone.end()], zone.end()
        found.append((start, name))
        rest = rest[:start] + "，" * (last - start) + rest[last:]
    below = filter(_names_a_place, _BELOW.finditer(text))
    found += [(match.start(1), match.group(1)) for match in chain(unlisted(rest), below)]
    return list(dict.fromkeys(name for _, name in sorted(found)))


def _may_be_a_word(bare: str, name: str, text: str) -> bool:
    return is_vague(bare, name) or (needs_rank(bare, name) and name not in text)


def _parted(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the words of `text`, a place before what it governs apart: 吉林省|政府."""
    for word, start, end in tokenizer().pieces(text):
        ends = (n for n in range(len(word) - 1, 1, -1) if word[n - 1] in RANKS)
        cut = next((n for n in ends if word[:n] in _standard().written), 0)
        if cut:
            yield word[:cut], start, start + cut
        yield word[cut:], start + cut, end


def unlisted(text: str) -> Iterator[re.Match[str]]:
    """Find counties that no list has, each the first group of its match."""
    return filter(_names_a_place, _UNLISTED.finditer(text))


def _names_a_place(match: re.Match[str]) -> bool:
    return is_place_name(match.group(1))


def is_place_name(text: str) -> bool:
    """Whether a name that no list has can be one.

    >>> [is_place_name(name) for name in ("青山县", "乙县", "贫困县", "大城市", "工业园区")]
    [True, True, False, False, False]
    """
    stem, kind = text[:-1], text[-2:]
    if re.fullmatch(_LETTER, stem):
        return True
    if end := re.search(f"(?:街道|{ZONE.pattern})$", text[2:]):
        stem, kind = text[: 2 + end.start()], ""
    return (
        not _KIND_OF_AREA.search(kind)
        and frequency(kind) < _KIND
        and frequency(stem) < _PROSE
        and all(tag.startswith("n") for tag in _tags(stem))
    )


def is_vague(written: str, place: str) -> bool:
    """Whether a name can mean something else, too: 老城区, 富民 of 富民县."""
    if written == place:
        return len(place) == 3 and place[-1] == "区" and is_ordinary(place[-2:])
    named = all(tag.startswith(("ns", "nr", "nz")) for tag in _tags(written))
    return not (is_major(place) or named or not frequency(written))


def needs_rank(written: str, place: str) -> bool:
    """Whether a name is a place only where texts write it out, too: 惠民 of 惠民县."""
    as_person = any(tag.startswith("nr") for tag in _tags(written))
    return written != place and as_person and not is_major(place)


def body_of(office: str, places: Container[str]) -> str:
    """Return the body that an office is in, without place and post.

    >>> body_of("安庆经开区党群工作部部长", {"安庆经开区"})
    '党群工作部'
    """
    body = re.sub(rf"^中共|{POST}$", "", office)
    end = next((n for n in range(len(body), 1, -1) if body[:n] in places), 0)
    return re.sub(r"^委(?!员)", "", body[end:])
