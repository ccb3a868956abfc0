"""What a conversation stands on, and what a short question means in it.

The state is what the answered turns leave behind: names, topic, kind, form, the essays of the last
answer and the numbered items on screen. A refused turn changes nothing, and a question's own names
win over the state. A question that leans on others may be read in several ways; which of them is
meant is decided by the evidence that each finds, not by its wording.
"""

import re
from dataclasses import astuple, dataclass, field, replace

from rag.answering.classifier import Kind
from rag.answering.named import Name, Named
from rag.answering.request import Form, Request
from rag.answering.topic import asks, bare_term, has_topic, runs
from rag.answering.tree import ShownItem
from rag.figures import number

# Closed classes: words by which a question points at what was said before.
_TEXTS = r"[篇份期部]|材料|文[件章稿]|报告|讲话|法规|条例|通知|办法|方案"
_THIS = rf"[这该本此]个?(?:文|{_TEXTS})|[全通]篇|全文|整[篇份]|文[中里]"  # text
_POINTS = re.compile(
    rf"{_THIS}|[他她它其](?!他|它|余|实|中)|这|那|该|此(?!外)|上[面述]|前[面述]|以上|刚才|同样"
)
_MEASURES = r"(?:具体)?(?:措施|做法|举措|办法|要求|任务|内容|经验|工作|方面|要点|建议|规定)"
_MORE = re.compile(
    rf"^(?:那|另外)?(?:还有|其[他它]的?|别的)(?:没有)?(?:别的|其[他它]的?|什么|哪些|啥)?"
    rf"(?:{_MEASURES})?(?:没有|没)?$"
)
_AGAINST = re.compile(
    r"(?:[和跟与同]|对比|比)[^，。]{1,12}?(?:比|对比|相比|对照|有什么不同|有何不同|呢)"
)
_COMPARES = re.compile(r"(?:^[和跟与同]\s*)?比一?[比下]看?")  # one word where jieba cuts: no topic
# All places are named, and so none of the conversation.
_EVERYWHERE = re.compile(r"各[地县市区省州乡镇家级]+|(?:所有|全部)的?(?:地方|[县市区省]|单位|材料)")
_SWAP = re.compile(r"^(?:那么?|换成?|改成?|再看看?|再?(?:回到|说回)(?:刚才|前面)?的?)")
_ORDINAL = re.compile(r"第([零一二三四五六七八九十百\d]{1,6})(个?方面|部分|条|个|点|项|章|节)")
_SUMS = re.compile(r"介绍|概[括述]|归纳|[总综小]结|综述|梳理|讲讲|情况")
_NARROW = re.compile(r"^只(?:要|看|列|说)(.+?)(?:的|方面的?|部分)?$")
_YES = re.compile(r"(?:是|对|嗯|没错|好|可以|就是|正是|ok)+(?:的|这个)?$", re.IGNORECASE)
_AGAIN = re.compile(r"呢[？?。\s]*$")
# A time in a question takes the place of the one before it: 今年呢 after 去年….
_WHEN = re.compile(r"(?:[去今明前本上]年|(?:19|20)\d\d年?|[上下]半年|[一二三四]季度)(?:度|的)?")
_ENDING = re.compile(r"(?:[呢吗啊吧?？。，,\s]|(?<![什怎多那])么)+$")
# 这三个, 这些, 两个县, 两份报告 …, but not 三个务必 or 三个区分: what no word points at must be
# places or texts.
_SIDES = rf"(?:[地县市省区者家边]|{_TEXTS})"
_SEVERAL = re.compile(
    rf"(?:这|那|上述|以上)([两俩二三四五几些])(?![年天月周次点项类]|条(?!例))个?{_SIDES}?"
    rf"|([两俩二三四五])个?{_SIDES}(?!分(?!别))|^([两俩])个?(?=分别|都|各)"
)
_PLACES = re.compile(r"[地县市省区]")
_ALL = 5  # 这些: the last
_RETURNS = re.compile(r"^再?(?:回到|说回|回头[说看]?|接着说)(?:刚才|前面|上面)?的?")


@dataclass(frozen=True, slots=True)
class Meaning:
    """One way to read a question."""

    text: str  # standing alone
    topic: str  # without names
    names: tuple[Name, ...]
    kind: Kind
    form: Form
    essays: tuple[str, ...] = ()  # the question is about these, of the last answer
    item: ShownItem | None = None  # the item on screen that it points at
    seen: tuple[ShownItem, ...] = ()  # on screen already: more is asked for
    leans: bool = False  # whether it takes something from the state
    joined: str = ""  # with the last question before it: what answers must answer this, too


@dataclass(frozen=True, slots=True)
class State:
    """What the answered turns of a conversation leave behind."""

    topic: str = ""  # the last answered question without its names
    names: tuple[Name, ...] = ()
    essays: tuple[str, ...] = ()  # ids of those that the last answer is of
    kind: Kind = "fact"
    form: Form = field(default_factory=Form)
    limit: tuple[str, ...] = ()  # ids of the essays to which it was limited
    items: tuple[ShownItem, ...] = ()  # on screen, in their order
    recent: tuple[Name, ...] = ()  # names of the last answered turns, the latest last
    read: tuple[Name, ...] = ()  # essays that alone answered the last turns, as titles
    refused: Meaning | None = None  # the last question, where it was not answered
    asked_back: str = ""  # what the last question may have meant, to be said yes to

    @property
    def meaning(self) -> Meaning:
        """The last answered question as it stands alone."""
        values = [name.value for name in self.names if name.value not in self.topic]
        text = " ".join([*values, self.topic]).strip()
        return Meaning(text, self.topic, self.names, self.kind, self.form, self.essays, leans=True)


def meanings(request: Request, named: Named, state: State) -> list[Meaning]:
    """Return the ways to read a question with these names in it, the likeliest first."""
    own = Meaning(request.core, named.rest, named.names, request.kind, request.form)
    refused = state.refused
    if not (state.topic or state.names):
        if not refused or named.names or not request.core:
            return [own]
        return [replace(own, text=f"{refused.text} {request.core}", leans=True), own]
    found = _readings(own, request, named, state)
    here = {name.value for name in state.names}
    moved = refused and any(name.value not in here for name in refused.names)
    if not (refused and moved and found[0].leans) or named.names:
        return found
    then = State(refused.topic, refused.names, (), refused.kind, refused.form)
    return [*_readings(own, request, named, then)[:1], *found]


def _readings(own: Meaning, request: Request, named: Named, state: State) -> list[Meaning]:
    """The ways to read a question by what the answered turns left behind."""
    core = _ENDING.sub("", request.core)
    if last := _last_again(request, core, state):
        return [last]
    mentioned = [name.text for name in named.mentioned]
    topic = " ".join([*mentioned, _SWAP.sub("", _ENDING.sub("", named.rest))])
    topical = has_topic(_COMPARES.sub("", _EVERYWHERE.sub("", _POINTS.sub("", topic))))
    if sides := _gone_back_to(request, named, state):
        asked = replace(own, text=_RETURNS.sub("", own.text), topic=topic, names=(), leans=True)
        return [*(replace(asked, essays=side.essays) for side in sides), own]
    if named.names or _EVERYWHERE.search(core):
        against = _AGAINST.search(request.text) is not None  # 一下 is form, and 对比 with it
        return [_with_names(own, state, topical=topical, against=against)]
    found = ordinals(core)
    if len(found) == 1 and 0 < found[0][0] <= len(state.items):
        return _of_item(own, state.items[found[0][0] - 1], core, state)
    if _WHEN.search(core):
        state = replace(state, topic=_WHEN.sub("", state.topic))
    then = replace(state, form=request.form)
    narrow = _NARROW.match(_ENDING.sub("", request.text))  # 只看 itself is form
    if narrow:
        return [replace(then, topic=f"{narrow.group(1)} {state.topic}").meaning]
    if request.lookup and request.quoted and not _POINTS.search(core):
        return [own]
    several = _SEVERAL.search(_ENDING.sub("", request.text))
    compared = several or (request.kind == "compare" and not topical)
    if compared and max(len(state.recent), len(state.read)) > 1:
        return [_of_several(several, topic, then)]
    sums = request.kind != "summary" or _SUMS.search(request.text) is not None
    bare = not sums and bare_term(core) is not None
    return _leaning(own, topic, then, topical=topical, bare=bare)


def wants_more(text: str) -> bool:
    """Whether a question asks for more of what the last one asked for: 还有吗, 别的措施呢."""
    return _MORE.match(_ENDING.sub("", text)) is not None


def goes_on(text: str) -> bool:
    """Whether a text asks the last question of another thing: 老师呢."""
    return _AGAIN.search(text) is not None


def returns(text: str) -> bool:
    """Whether a text goes back to what was spoken of before: 回到北京."""
    return _RETURNS.match(text) is not None


def affirms(text: str) -> bool:
    """Whether a text says yes."""
    return _YES.match(_ENDING.sub("", text)) is not None


def _gone_back_to(request: Request, named: Named, state: State) -> list[Name]:
    """The essays read before that a question goes back to; those of a place, if it names one."""
    of_names = {essay for name in named.names for essay in name.essays}
    sides = state.read if returns(request.text) else ()
    return [side for side in sides if not of_names or not of_names.isdisjoint(side.essays)]


def _last_again(request: Request, core: str, state: State) -> Meaning | None:
    """The last question again, if a question asks for no more: in another form, or for the rest."""
    more = wants_more(core or request.text)
    counts = state.kind == "census" and request.wanted == "count" and not has_topic(core)
    if core and not more and not counts:  # 一共几篇 is said where they are named
        return None
    both = zip(astuple(request.form), astuple(state.form), strict=True)
    form = Form(*(asked or before for asked, before in both))
    last = replace(state, form=form, essays=state.limit).meaning
    return replace(last, seen=state.items if more else ())


def _of_item(own: Meaning, item: ShownItem, core: str, state: State) -> list[Meaning]:
    """A question on an item on screen; one that has a topic may stand alone."""
    meant = replace(own, topic=state.topic, names=state.names, item=item, leans=True)
    meant = replace(meant, essays=(item.essay_id,))
    asks_more = has_topic(without_ordinal(core))
    return [meant, own] if asks_more else [replace(meant, kind=state.kind)]


def _of_several(several: re.Match[str] | None, topic: str, then: State) -> Meaning:
    """The places named last, as many as are meant, side by side."""
    written = next(filter(None, several.groups())) if several else "两"
    many = number(written.replace("俩", "两")) or _ALL
    names, read = then.recent[-many:], then.read[-many:]
    if several and not _PLACES.search(several.group()) and len(read) > 1:
        names = read if written == "些" or len(read) == many else names
    asked = _COMPARES.sub("", _SEVERAL.sub("", topic))
    asked = topic if runs(asked) else then.topic
    return replace(then, topic=asked, names=names, kind="compare", essays=()).meaning


def _leaning(own: Meaning, topic: str, then: State, *, topical: bool, bare: bool) -> list[Meaning]:
    """What asks without a name: of what the conversation is about or, with a topic, alone."""
    core = _ENDING.sub("", own.text)
    again = _AGAIN.search(own.text) is not None and not asks(core)
    kind = then.kind if again or bare else own.kind  # 后备的呢, 总投资 ask what was asked before
    joined, numbered = f"{then.meaning.text} {core}", bool(ordinals(core))
    if topical or asks(core) or numbered:
        asked = replace(then, topic=topic, kind=kind).meaning
        about = topic if topical or numbered else then.topic
        leaning = replace(asked, topic=about, joined=joined)
    else:
        leaning = replace(replace(then, kind=kind).meaning, text=joined)
    stays = again or not topical or re.match(_THIS, core)
    return [leaning] if stays else [leaning, own]


def _with_names(own: Meaning, state: State, *, topical: bool, against: bool) -> Meaning:
    """A question with names of its own: they win; a topic that it lacks is the last one."""
    topic = _COMPARES.sub("", own.topic) if topical else state.topic
    if against and topic and state.names and len(own.names) == 1:
        names = (*state.names, *own.names)
        then = replace(state, topic=topic, names=names, kind="compare", form=own.form, essays=())
        return then.meaning
    if topical or not state.topic:
        return own
    return replace(state, names=own.names, essays=()).meaning


def ordinals(text: str) -> list[tuple[int, str]]:
    """The numbers and units of the part that is asked for, the outermost first.

    >>> ordinals("第二部分第十二条讲什么")
    [(2, '部分'), (12, '条')]
    """
    found = _ORDINAL.findall(text)
    return [(number(written) or 0, unit.removeprefix("个")) for written, unit in found]


def without_ordinal(core: str) -> str:
    """What a question says beside the number of an item."""
    return _ORDINAL.sub("", core)
