"""Places, dates and bylines as this genre prints them. Nothing is guessed: no match, no fact."""

import re
from collections import Counter
from dataclasses import dataclass

PROVINCES = (
    "北京市 天津市 上海市 重庆市 河北省 山西省 辽宁省 吉林省 黑龙江省 江苏省 浙江省 安徽省 "
    "福建省 江西省 山东省 河南省 湖北省 湖南省 广东省 海南省 四川省 贵州省 云南省 陕西省 甘肃省 "
    "青海省 台湾省 内蒙古自治区 广西壮族自治区 西藏自治区 宁夏回族自治区 新疆维吾尔自治区"
).split()
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘斜厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公仉督岳帅缑亢况郈有琴商牟佘佴伯赏墨哈谯笪年爱阳佟肖付代闫覃"
)
_NO_BYLINE = re.compile(r"[。！？；《\d]|会议上|[：:](?!.*[\u4e00-\u9fff])")
_HAN = "[一-鿿]"
_POST = (
    "书记|部长|主任|局长|处长|科长|县长|市长|省长|区长|镇长|乡长|旗长|州长|盟长|主席|委员|常委|秘书长|"
    "组长|队长|院长|校长|所长|站长|社长|总编辑|会长|理事长|董事长|总经理|行长|厅长|司长|检察长|馆长|"
    "专员|代表|干部|教授|研究员|调研员|政委|社工部|组织部|宣传部|统战部|党委|党组|党工委|工委|"
    "县委|市委|省委|区委|镇委|州委|办公室|研究室|党校|编辑部|通讯员|记者"
)
_NAME = rf"{_HAN}{{2,4}}(?:·{_HAN}{{1,6}}){{0,2}}"
_IS_OFFICE = re.compile(rf"(?:{_POST})[）)]?$")
_NAME_BRACKET = re.compile(rf"(?P<name>{_NAME})(?:\s*[（(]|[，,]\s*)(?P<office>[^（）()]*(?:{_POST}))[）)]?")
_GLUED = re.compile(rf"(?P<office>\S*(?:书记|部长|主任|局长|长|主席|常委))(?P<name>{_HAN}{{2,3}})")
_SIGNED = re.compile(
    rf"[□■○●◎◇◆]?\s*(?:文[/／]|(?:撰稿人?|撰文|执笔|供稿)[：:])\s*(?P<rest>\S.*)"
)
_PRESS = re.compile(
    r"[□■○●◎◇◆]?\s*(?=(?:本报|本刊|全媒体|本网)?\s*(?:全媒体)?(?:见习)?(?:记者|通讯员))(?P<rest>.+)"
)
_PRESS_WORD = re.compile(r"(?:本报|本刊|本网|全媒体|见习|首席)*(?:记者|通讯员|实习生)[：:]?")
_AUTHOR_IS = re.compile(r"(?:本文)?作者(?:单位)?[：:]?\s*(?:系|为|是)?\s*(?P<rest>\S[^）)]*[）)]?)")
_UNIT = re.compile(
    rf"(?:中共)?{_HAN}{{2,18}}(?:组织部|宣传部|统战部|党工委|党委|党组|县委|市委|省委|区委|州委|旗委|"
    r"镇委|办公室|研究室|党校|课题组|调研组|编辑部|人民政府)"
)
_PLACE_END = "自治区|自治州|自治县|自治旗|经开区|开发区|高新区|新区|省|市|县|区|州|盟|旗|镇|乡|街道"
_OFFICE_PLACE = re.compile(rf"(?:中共)?(?P<place>{_HAN}{{1,9}}?(?:{_PLACE_END}))(?={_HAN})")
_ZONES = frozenset("经开区 高新区 开发区 新区 经济开发区 经济技术开发区 高新技术产业开发区".split())
_MEETING_PLACE = re.compile(
    rf"在(?P<place>{_HAN}{{2,12}}?(?:{_PLACE_END}))(?:第)?[一二三四五六七八九十]+届"
)
_NOT_PLACES = frozenset(
    "省 市 县 区 州 镇 乡 本市 本省 本县 本区 全市 全省 全县 全区 我市 我省 我县 我区 自治区 街道".split()
)
_CLAUSE_PLACE = re.compile(
    rf"(?:^|[，。、；：！？\s（]|{'|'.join(PROVINCES)})(?P<place>{_HAN}{{2,3}}(?:市|县|区|旗))(?=[^的内外里、各委场域]|$)"
)
_BAD_PLACE = re.compile(
    r"^[全各本我该城都几多在由对和与及从是把将做强深加坚筑抓促聚推围引打服走到为以让使按参落组于]|[城都市园社地民辖景]区$|(?:贫困|示范|先进|试点|旅游|文明|[大强小]|城)[县市区]$|[辖级]市$|(?:农贸|超|商|菜)市$|自治"
)
_TITLE_PLACE = re.compile(rf"(?:中共)?(?P<place>{_HAN}{{2,4}}?(?:市|县|区|旗))(?=[一-鿿：:])")
_DATELINE = re.compile(r"(?:讯|电|消息)\s?[（(](?P<rest>[^（）()]{2,60})[）)]|[（(](?P<end>(?:本报)?(?:记者|通讯员)[^（）()]{2,40})[）)]$")
_DIGIT = {
    **{c: str(i) for i, c in enumerate("〇一二三四五六七八九")},
    "零": "0",
    "○": "0",
    "Ｏ": "0",
    "O": "0",
}
_DATE = re.compile(
    r"(?P<y>[12]\d{3}|[二一][〇零○ＯO一二三四五六七八九]{3})\s*(?:年|[-/.])\s*"
    r"(?:(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})\s*(?:月(?:份)?|[-/.](?=\s*\d)|$)\s*"
    r"(?:(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})\s*(?:日|号|(?!\d)))?)?"
)


@dataclass(frozen=True, slots=True)
class Byline:
    """Who signs an essay. At least one field is set."""

    author: str | None = None
    office: str | None = None


def is_name(text: str) -> bool:
    """Whether `text` is a Chinese name of two to four characters with a known family name."""
    return (
        bool(re.fullmatch(rf"{_HAN}{{2,3}}", text))
        and text[0] in _SURNAMES
        or (
            len(text) == 4
            and text[:2] in {"欧阳", "司马", "上官", "诸葛", "尉迟", "皇甫", "慕容", "司徒", "夏侯"}
        )
    )


def byline(text: str) -> Byline | None:
    """Return who signs, if all of `text` is a byline.

    >>> byline("太湖县委常委、组织部部长 左小斌")
    Byline(author='左小斌', office='太湖县委常委、组织部部长')
    """
    text = text.strip()
    if not 2 <= len(text) <= 70 or _NO_BYLINE.search(text):
        return None
    inner = text[1:-1].strip() if text[0] in "（(" and text[-1] in "）)" else text
    if match := _AUTHOR_IS.fullmatch(inner):
        return _signed_rest(match.group("rest"))
    if match := _PRESS.fullmatch(inner):
        return _names_only(_PRESS_WORD.sub(" ", match.group("rest")))
    if match := _SIGNED.fullmatch(inner):
        return byline(match.group("rest")) or _names_only(match.group("rest"))
    for pattern in (_NAME_BRACKET, _GLUED):
        if (match := pattern.fullmatch(inner)) and is_name(match["name"]):
            return Byline(match["name"], match["office"])
    if signed := _spaced(inner):
        return signed
    if _UNIT.fullmatch(inner):
        return Byline(office=inner)
    return _names_only(inner.lstrip("□■○●◎◇◆ "))


def _spaced(text: str) -> Byline | None:
    """Read offices and names that spaces part, in either order: 县委书记 张三 县长 李四."""
    offices: list[str] = []
    names: list[str] = []
    for token in text.split():
        name, _, office = token.partition("、")
        if is_name(name) and _IS_OFFICE.search(office):
            names.append(name)
            offices.append(office)
        elif _IS_OFFICE.search(token):
            offices.append(token)
        else:
            names += token.split("、")
    foreign = all(re.fullmatch(_NAME, name) for name in names) and _IS_OFFICE.search(text[:40])
    if not offices or not names or not all(is_name(name) or foreign for name in names):
        return None
    return Byline("、".join(names), " ".join(offices)) if len(names) <= 6 else None


def _signed_rest(rest: str) -> Byline | None:
    """Read what follows 作者: a name, an office, or both: 张三，单位：县委党校."""
    name, _, office = re.sub(r"[，,；;]?\s*(?:单位|职务)?[：:系]", "\n", rest, count=1).partition("\n")
    if office and is_name(name.strip()):
        return Byline(name.strip(), office.strip())
    return byline(rest) or (Byline(office=rest) if _IS_OFFICE.search(rest) else None)


def _names_only(text: str) -> Byline | None:
    names = [name for name in re.split(r"[\s、，]+", text.strip()) if name]
    if names and len(names) <= 8 and all(is_name(name) or "·" in name for name in names):
        return Byline(author="、".join(names))
    return None


def place_of_office(office: str) -> str | None:
    """Return the place that an office belongs to, the innermost where several are named.

    >>> place_of_office("安庆经开区党群工作部部长"), place_of_office("安徽省太湖县委常委")
    ('安庆经开区', '太湖县')
    """
    place, start = "", 0
    while match := _OFFICE_PLACE.match(office, start):
        place = place + match["place"] if match["place"] in _ZONES else match["place"]
        start = match.end()
    return None if not place or place in _NOT_PLACES else place


def place_of_meeting(text: str) -> str | None:
    """Return the place whose congress met: 在天津市第十八届人民代表大会…上."""
    match = _MEETING_PLACE.search(text)
    return match["place"] if match else None


def place_of_title(title: str) -> str | None:
    """Return the one province that `title` names in full, or the place that it begins with."""
    found = [province for province in PROVINCES if province in title]
    if found:
        return found[0] if len(found) == 1 else None
    match = _TITLE_PLACE.match(title)
    return match["place"] if match and not _BAD_PLACE.search(match["place"]) else None


def dateline(text: str) -> Byline | None:
    """Return who signs in the dateline of a news item or in brackets at its end.

    >>> dateline("本报讯（全媒体记者 王丹瑶）5日，")
    Byline(author='王丹瑶', office=None)
    """
    match = _DATELINE.search(text[:160]) or _DATELINE.search(text[-60:])
    if match is None:
        return None
    names = re.sub(r"(?:摄影)?报道$|文/图$", "", match["rest"] or match["end"])
    return _names_only(_PRESS_WORD.sub(" ", names))


def place_of_text(text: str) -> str | None:
    """Return the place that a text without byline is about, where it leaves no doubt.

    It must open a clause at least twice, and twice as often as any other place.
    """
    found = Counter(match["place"] for match in _CLAUSE_PLACE.finditer(text))
    ranked = [(n, place) for place, n in found.most_common() if not _BAD_PLACE.search(place)]
    if not ranked or ranked[0][0] < max(2, 2 * (ranked[1][0] if len(ranked) > 1 else 0)):
        return None
    return ranked[0][1]


def date_in(text: str) -> str | None:
    """Return the first date in `text` in ISO 8601, as exact as it is stated.

    >>> date_in("二〇二二年十月"), date_in("2022年10月25日")
    ('2022-10', '2022-10-25')
    """
    for match in _DATE.finditer(text):
        year = "".join(_DIGIT.get(char, char) for char in match["y"])
        month, day = _number(match["m"]), _number(match["d"])
        if month is None:
            return year
        if 1 <= month <= 12 and (day is None or 1 <= day <= 31):
            return f"{year}-{month:02}" + (f"-{day:02}" if day else "")
    return None


def without_date(text: str) -> str:
    """Return `text` less the dates in it.

    >>> without_date("安徽日报2022年11月3日")
    '安徽日报'
    """
    return _DATE.sub("", text).strip()


def _number(text: str | None) -> int | None:
    """Read 1–99 in Arabic or Chinese digits: 二十五 → 25."""
    if not text:
        return None
    if text.isdigit() and text.isascii():
        return int(text)
    tens, _, ones = text.rpartition("十")
    value = int(_DIGIT.get(ones, "0"))
    return value + (int(_DIGIT.get(tens, "1")) * 10 if "十" in text else 0)


def issue_in(text: str) -> str | None:
    """Return the number of an issue: 第 32 期 → "32", 第三十二期 → "32"."""
    match = re.search(r"第\s*(\d{1,4}|[一二三四五六七八九十]{1,3})\s*期", text)
    if match is None or re.search(r"第.{1,4}期(?:限|间|工|建|项|培|学)", text):
        return None
    return str(_number(match.group(1)))
