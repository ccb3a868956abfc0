"""The form of a question: which kind of answer it asks for, told by its question words.

`number` a figure, date or share; `who` a person, office or place; `define` what a term means or
is made of; `list` measures; `compare` the same topic in several essays, and how many speak of it;
`document` the bulletin itself; `summary` an essay's leads; `fact` a sentence; `help` no question.
"""

import re
from dataclasses import dataclass
from typing import Literal

from rag.answering.names import Named
from rag.types import Kind

MEASURE = (
    r"(?:措施|做法|举措|办法|招数|要求|安排|部署|打算|经验|工作|任务|政策|抓手|建议|动作|规定|思路)"
)
ESSAY = (
    r"(?:地方|县区|县市区|区县|(?:县|区|市|省份?)(?![级域属])|单位|部门|文章|"
    r"篇|地区|城市|报告|人(?![才员民事大力]))"
)
_SPEAKS = r"(?:提|讲|说|谈|写|涉)(?:到|及|了|过|出)"
_MENTIONS = r"(?:提|讲|说|谈|写|涉)(?:到|及|过)"
_HOW_MANY = rf"(?:几|多少)(?:(?:个|篇)?(?!人){ESSAY}|[个篇家]?{ESSAY}.{{0,4}}{_SPEAKS})"
_MANY = r"(?:哪些|什么|哪几|哪[一二三四五六七八九十]+|有何|啥)"
_PARTS = r"分(?:成|哪)?几(?:个|大)?(?:方面|部分|类|点|条|层|块)"
_QUANTITY = (
    r"(?:目标|指标|增速|增长率|规模|总量|产量|总额|产值|增加值|生产总值|GDP|里程|面积|吞吐量|装机)"
)
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    (
        "help",
        r"^\W*(?:你好|您好|嗨|hi|hello|谢谢|多谢|再见|帮助|help|在吗|你是谁|你能做什么|"
        r"你会什么|怎么(?:使)?用)\W*$",
    ),
    (
        "document",
        r"印发|编印|主办|哪(?:一)?期|第几期|抄送|主送|报送(?:给)?(?:谁|哪)|"
        r"发(?:送)?(?:给|到)(?:谁|哪)|发送(?:范围|对象)|由谁编|出刊|"
        r"期[^，。？]{0,3}(?:哪天|何时|什么时候|几月几[日号])|印了?(?:多少|几)份",
    ),
    (
        "compare",
        r"比较|对比|相比|异同|(?:有什么|有何|哪些)(?:不同|区别|差异|差别)|一样(?:吗|不|么)|相同吗|"
        r"各(?:地|县|区|市|省|篇|单位|自)|分别(?:是|怎|如何|采|有)|"
        rf"(?:其他|其它|别的){ESSAY}|"
        rf"哪几(?:个|篇|家)?{ESSAY}|哪些{ESSAY}|"
        rf"{_HOW_MANY}|哪(?:一)?个{ESSAY}[^，。？]{{0,20}}最(?:高|低|多|少|大|小|快|慢)|"
        r"(?:谁|哪里|哪个)(?:没有?|未|不)(?:提|讲|说|谈|写)|(?:还有)?谁(?:也|都)",
    ),
    (
        "who",
        r"谁|哪(?:一)?位|何人|什么人|哪里(?:的|(?:首先|最早|最先)?(?:提|推|搞))|来自哪|"
        r"叫什么(?:名字)?[?？]?$|名字是|(?:什么|哪个)(?:职务|职位|身份|单位)|哪(?:一)?个" + ESSAY,
    ),
    (
        "summary",
        r"(?:讲|说|写|谈)了(?:些)?什么|主要内容|主要观点|中心思想|概括|概述|总结一下|摘要|"
        r"^(?:请|帮我|请帮我|给我)?(?:总结|归纳|梳理)|"
        r"大意|要点|(?:小|各级)标题|提纲|大纲|文章的?(?:框架|结构|脉络)",
    ),
    (
        "list",
        rf"{_MANY}[^，。？]{{0,6}}{MEASURE}|{MEASURE}[^，。？]{{0,3}}(?:有|是|包括){_MANY}|"
        rf"{_PARTS}|(?:有|包括)(?:哪些|哪几[个项条件种类点招]?)[?？]?$|列举|罗列|列出|举例|例子",
    ),
    (
        "define",
        r"什么是|(?<!数字)是什么(?:意思|概念|机制|模式)?[?？]?$|(?:是)?指(?:的是)?(?:什么|哪)|什么意思|含义|"
        r"(?:包括|包含|涵盖|分为)(?:了)?(?:哪|什么|几)|[”」』\"](?:具体)?(?:是|有|指|包括)?哪|"
        r"怎么(?:理解|解释)|如何理解|是(?:指)?哪[两二三四五六七八九十][个项条种点大]?(?:方面)?\W*$",
    ),
    (
        "number",
        r"多少|数字(?=是|为|[?？]?$)|硬指标|(?<!哪)几(?!乎|代|经)|比例|比重|百分之|占比|多大|多长|多高|多久|何时|"
        r"哪(?:一)?(?:天|年|月)|什么时候|时间是|"
        rf"{_QUANTITY}(?:是|定|为|呢)*(?:什么)?[?？]?$",
    ),
    (
        "list",
        rf"怎么|怎样|如何|咋|(?:哪些|什么)(?:方面)?(?:提出|开展|推进)|所有|全部|{MEASURE}[?？]?$",
    ),
)

_CONTENTS = re.compile(
    r"(?:有|收录|刊发|刊登)(?:了)?(?:(?:几|多少|哪几?些?)篇(?:文章|材料)?|哪些(?:文章|材料))(?=[?？，,]|$)"
)
_ON_A_TOPIC = re.compile(r"关于|有关|涉及|方面|上有|[提讲说谈]")
_ASKS = re.compile(
    r"[吗呢么?？]|什么|哪|谁|几|多|怎|如何|何|为啥|咋|啥|是否|是不是|有没有|有无|能不能|会不会"
)
_GOAL = re.compile(r"目标|预期|计划|打算|今年要|要(?:新增|达到|控制|稳定|提高|实现)|预计|力争|安排")
_FIGURE = re.compile(
    rf"多少|数字(?=是|为|[?？]?$)|硬指标|(?<!哪)几(?!乎|代|经)|(?:{_QUANTITY}|比例|标准|金额|预算)"
    r"(?:是|定|为|呢|的|分别|一样|相同|多少|如何|怎么样|吗|有什么|不同)*\W*$"
)
_UNIT = re.compile(
    r"(?:多少|几)(?:万|亿)?(人次|个百分点|平方公里|平方米|立方米|分钟|小时|公里|个月|人|家|岁|名|种|项|期|篇|"
    r"年|月|日|天|元|起|例|份|公顷|周年|批次|吨|亩|件|条|次|户|所|座|台|辆|村|倍|届|批|场|米|克|级|位|处|套|张|度|斤|头|只|羽|株)"
)
_COUNTED_THING = re.compile(r"(?:多少|几)个(?!月|百分点|人|方面|问题)([一-鿿]{2})")
_THING = re.compile(r"多少(?!个|百分)([一-鿿]{2})")
# Classifiers that texts exchange for one another: 多少件实事 is answered by 30项.
_ALIKE = ("人名位", "件项条个", "所座处个家")


@dataclass(frozen=True, slots=True)
class Figure:
    """The figure asked for."""

    kind: Literal["amount", "date", "share"] = "amount"
    unit: str | None = None  # 岁 in 多少岁, as a pattern
    goal: bool = False  # what is aimed at, not what was reached
    thing: str | None = None  # 党员 in 多少党员, as a pattern; texts may say it otherwise


def kind_of(text: str, named: Named) -> Kind:
    """Return the kind of the question `text`."""
    found = [kind for kind, pattern in _PATTERNS if re.search(pattern, text, re.IGNORECASE)]
    contents = "编者按" in text or (_CONTENTS.search(text) and not _ON_A_TOPIC.search(text))
    if ("document" in found and not named.quoted) or contents:
        return "document"
    if max(len(named.places), len(named.people)) >= 2 and "who" not in found:
        return "compare"
    if named.quoted and "define" in found and not {"compare", "who"} & set(found):
        return "define"
    asks: Kind = (
        "fact" if _ASKS.search(text) else "list"
    )  # a bare topic asks for all there is on it
    return next((kind for kind in found if kind != "document"), asks)


def counts_parts(text: str, kind: Kind) -> bool:
    """Whether 多少 and 几 ask how many essays or parts there are, not for a figure in them."""
    return bool(re.search(_HOW_MANY if kind == "compare" else _PARTS, text))


def counts_speakers(text: str) -> bool:
    """Whether it is asked which essays speak of the topic, not what each says."""
    return bool(
        re.search(rf"{_HOW_MANY}|哪几(?:个|篇|家)?{ESSAY}|哪些{ESSAY}|谁|{_MENTIONS}", text)
    )


def figure_of(text: str) -> Figure | None:
    """Return what figure the question asks for, None if it asks for none."""
    goal = bool(_GOAL.search(text))
    if re.search(r"何时|哪(?:一)?(?:天|年|月|日)|什么时候|时间是|日期", text):
        return Figure("date", None, goal)
    if re.search(r"比例|比重|百分之|占比|份额", text):
        return Figure("share", None, goal)
    if not _FIGURE.search(text):
        return None
    if re.search(r"多少钱|几块钱|几元", text):
        return Figure("amount", "元", goal)
    unit = _UNIT.search(text)
    if counted := _COUNTED_THING.search(text):
        return Figure("amount", _beside(counted.group(1)), goal)
    if unit is None:
        thing = _THING.search(text)
        return Figure("amount", None, goal, _beside(thing.group(1)) if thing else None)
    alike = next((f"[{group}]" for group in _ALIKE if unit.group(1) in group), unit.group(1))
    return Figure("amount", alike, goal)


def _beside(noun: str) -> str:
    """Return the pattern of what follows a number that counts `noun`, or of the noun before it."""
    noun = re.escape(noun)
    return rf"个?[^，。；\d]{{0,6}}{noun}|{noun}[^，。；\d]{{0,6}}\d"
