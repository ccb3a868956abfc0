"""The place an essay speaks for: from its office, its title, its meeting or, last, its text.

There is no list of China's counties here; a place shows by its ending. So a text must leave no
doubt before a place is taken from it.
"""

import re
from collections import Counter

_HAN = "[一-鿿]"
_PROVINCES = (
    "北京市|天津市|上海市|重庆市|河北省|山西省|辽宁省|吉林省|黑龙江省|江苏省|浙江省|安徽省|福建省|江西省|山东省|"
    "河南省|湖北省|湖南省|广东省|海南省|四川省|贵州省|云南省|陕西省|甘肃省|青海省|台湾省|"
    "内蒙古自治区|广西壮族自治区|西藏自治区|宁夏回族自治区|新疆维吾尔自治区"
)
_PROVINCE = re.compile(_PROVINCES)
_ENDING = "自治区|自治州|自治县|自治旗|经开区|开发区|高新区|新区|省|市|县|区|州|盟|旗|镇|乡|街道"
_OF_OFFICE = re.compile(rf"(?:中共|共青团|政协)?(?P<place>{_HAN}{{1,9}}?(?:{_ENDING}))(?={_HAN})")
_OF_MEETING = re.compile(rf"在(?P<place>{_HAN}{{2,12}}?(?:{_ENDING}))第?[一二三四五六七八九十]+届")
_BEFORE_PLACE = re.compile(rf"^(?:\d{{4}}年度?)?(?:中共)?(?:{_PROVINCES})?|关于(?:{_PROVINCES})?")
_LONG_NAMES = "呼和浩特|鄂尔多斯|巴彦淖尔|乌兰察布|齐齐哈尔|乌鲁木齐|克拉玛依"
_OF_TITLE = re.compile(
    rf"(?P<place>(?!全)(?:(?:{_LONG_NAMES}|{_HAN}{{2,3}}?)[市县区旗]|{_HAN}{{2,6}}自治[州县旗]))"
    r"(?=[^场内外里的帜])"
)
_HEADED = re.compile(rf"【(?P<place>(?P<county>{_HAN}{{2,6}}[市县区旗])|{_HAN}{{2,4}})】")
_OF_CLAUSE = re.compile(
    rf"(?:^|[，。、；：！？\s（]|{_PROVINCES})(?P<place>{_HAN}{{2,3}}[市县区旗])"
    r"(?=[^的内外里、各委场域]|$)"
)
_BARE_ZONES = ("经开区", "高新区", "开发区", "新区", "经济开发区", "经济技术开发区")
_NO_OFFICE_PLACE = re.compile(r"[本全我各]?(?:[省市县区州镇乡]|自治区|街道)")
_NO_PLACE = re.compile(  # verbs, prepositions and pronouns before; kinds of place after
    r"的|^[应可须经凡每其有无已全各本我该城都几多在由对和与及从是把将做强深加坚筑抓促聚推围引打服走到为以让使按参落组于]|"
    r"[城都市园社地民辖景]区$|(?:贫困|示范|先进|试点|旅游|文明|[大强小])[县市区]$|全[省市县区旗]$|"
    r"^(?:..|[大小中新老古山水])城市$|[举红国党军锦挂升扛夺插]旗$|"
    r"[辖级]市$|(?:农贸|超|商|菜)市$|自治"
)


def place_of_office(office: str) -> str | None:
    """Return the place that an office belongs to, the innermost where several are named.

    >>> place_of_office("安庆经开区党群工作部部长"), place_of_office("安徽省太湖县委常委")
    ('安庆经开区', '太湖县')
    """
    place, start = "", 0
    while match := _OF_OFFICE.match(office, start):
        place = place + match["place"] if match["place"] in _BARE_ZONES else match["place"]
        start = match.end()
    return None if not place or _NO_OFFICE_PLACE.fullmatch(place) else place


def place_of_meeting(text: str) -> str | None:
    """Return the place whose congress met: 在天津市第十八届人民代表大会…上."""
    match = _OF_MEETING.search(text)
    return match["place"] if match else None


def place_of_title(title: str) -> str | None:
    """Return the place that `title` is about, the innermost where it names several in a row.

    It stands at the beginning, after a year, or after 关于; a province anywhere, if it is the one.

    >>> place_of_title("2023年绿水县组织工作要点"), place_of_title("关于安徽省白石县工作的报告")
    ('绿水县', '白石县')
    """
    if headed := _HEADED.match(title):  # 【四川】出台方案, 【太湖县】抓实培训
        named = [p for p in _PROVINCES.split("|") if p.startswith(headed["place"])]
        return named[0] if len(named) == 1 else headed["county"]
    provinces = set(_PROVINCE.findall(title))
    for start in (match.end() for match in _BEFORE_PLACE.finditer(title)):
        found = None
        while match := _OF_TITLE.match(title, start):
            if _NO_PLACE.search(match["place"]):
                break
            found, start = match["place"], match.end()
        if found:
            return found
    return provinces.pop() if len(provinces) == 1 else None


def place_of_text(text: str) -> str | None:
    """Return the place that a text without byline is about, where it leaves no doubt.

    It must open a clause at least twice, and twice as often as any other place.
    """
    found = Counter(match["place"] for match in _OF_CLAUSE.finditer(text))
    ranked = [(n, place) for place, n in found.most_common() if not _NO_PLACE.search(place)]
    if not ranked or ranked[0][0] < max(2, 2 * (ranked[1][0] if len(ranked) > 1 else 0)):
        return None
    return ranked[0][1]
