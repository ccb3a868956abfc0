"""What a conversation stands on, and what a short question means in it.

The state is what the answered turns leave behind: names, topic, kind, form, the essays of the last
answer and the numbered items on screen. A refused turn changes nothing, and a question's own names
win over the state. A question that leans on others may be read in several ways; which of them is
meant is decided by the evidence that each finds, not by its wording.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from rag.answering.classifier import Kind
from rag.answering.named import Name, Named
from rag.answering.request import Form, Request
from rag.answering.tree import Sentence
from rag.figures import number

# Closed classes: words by which a question points at what was said before.
_POINTS = re.compile(
    r"[他她它其](?!他|它|余|实|中)|这|那|该|此(?!外)|上[面述]|前[面述]|以上|刚才|同样"
)
_MORE = re.compile(
    r"^(?:那|另外)?(?:还有|其[他它]的?|别的)(?:没有)?(?:别的|其[他它]的?|什么)?(?:没有|没)?$"
)
_AGAINST = re.compile(
    r"(?:[和跟与同]|对比|比)[^，。]{1,12}?(?:比|对比|相比|对照|有什么不同|有何不同|呢)"
)
_SWAP = re.compile(r"^(?:那么?|换成?|改成?|再看看?|回到|说回)")
_ORDINAL = re.compile(r"第([零一二三四五六七八九十百\d]{1,6})(个?方面|部分|条|个|点|项|章|节)")
_ASKS = re.compile(
    r"什么|哪|谁|几|多少|多[大长高久远]|怎|如何|何|吗|呢|么$|啥|咋|是否|有没有|能不能|为"
)
_NARROW = re.compile(r"^只(?:要|看|列|说)(.+?)(?:的|方面的?|部分)?$")
_AGAIN = re.compile(r"呢[？?。\s]*$")
_ENDING = re.compile(r"(?:[呢吗啊吧?？。，,\s]|(?<![什怎多那])么)+$")
# 这三个, 这些, 两地 …, but not 三个务必: what has no pointing word before it names places.
_SEVERAL = re.compile(
    r"(?:这|那|上述|以上)([两俩二三四五几些])(?:个|者|家|地|篇|份)?|^([两俩二三四五])[者家地县市省区]"
)
_COUNT = {"两": 2, "俩": 2, "二": 2, "三": 3, "四": 4, "五": 5}


@dataclass(frozen=True, slots=True)
class ShownItem:
    """What one numbered item on screen stands for, so that 第三条 can be unfolded."""

    essay_id: str
    node: int | None  # number of its measure
    paragraph_id: str
    start: int
    end: int

    def holds(self, sentence: Sentence) -> bool:
        """Whether a sentence was on screen with it."""
        own = sentence.paragraph.paragraph_id == self.paragraph_id
        return own and self.start <= sentence.start < self.end


@dataclass(frozen=True, slots=True)
class State:
    """What the answered turns of a conversation leave behind."""

    topic: str = ""  # the last answered question without its names
    names: tuple[Name, ...] = ()
    essays: tuple[str, ...] = ()  # ids of those that the last answer is of
    kind: Kind = "fact"
    form: Form = field(default_factory=Form)
    limit: tuple[str, ...] | None = None  # ids of the essays to which it was limited
    items: tuple[ShownItem, ...] = ()  # on screen, in their order
    recent: tuple[Name, ...] = ()  # names of the last answered turns, the latest last

    @property
    def text(self) -> str:
        """The last answered question as it stands alone."""
        return " ".join([*(name.value for name in self.names), self.topic]).strip()


@dataclass(frozen=True, slots=True)
class Meaning:
    """One way to read a question."""

    text: str  # standing alone
    topic: str  # without names
    names: tuple[Name, ...]
    kind: Kind
    form: Form
    essays: tuple[str, ...] | None = None  # the question is about these, of the last answer
    item: ShownItem | None = None  # the item on screen that it points at
    seen: tuple[ShownItem, ...] = ()  # on screen already: more is asked for
    leans: bool = False  # whether it takes something from the state


def meanings(
    request: Request, named: Named, state: State, has_topic: Callable[[str], bool]
) -> list[Meaning]:
    """Return the ways to read a question, the likeliest first; never empty.

    Args:
        request: the question without its form.
        named: the names in it.
        state: what the conversation stands on.
        has_topic: whether words, names apart, say what is asked about.
    """
    own = Meaning(request.core, named.rest, named.names, request.kind, request.form)
    if not (state.topic or state.names):
        return [own]
    core = _ENDING.sub("", request.core)
    if _MORE.match(core or _ENDING.sub("", request.text)):
        return [replace(_same(state, request), seen=state.items)]
    if not core:
        return [_same(state, request)]
    topic = _SWAP.sub("", _ENDING.sub("", named.rest))
    topical = has_topic(_POINTS.sub("", topic))
    if named.names:
        return [_with_names(own, named, state, topical)]
    if item := _pointed(core, state):
        asks_more = has_topic(without_ordinal(core))
        meant = replace(_in_item(own, state, item), kind=own.kind if asks_more else state.kind)
        return [meant, own] if asks_more else [meant]
    if narrow := _NARROW.match(core):
        topic = f"{narrow.group(1)} {state.topic}"
        return [_about(topic, state.names, state.kind, request.form, state.essays)]
    if (request.kind == "census" or request.lookup) and not _POINTS.search(core):
        return [own]
    several = _SEVERAL.search(core)
    if len(state.recent) > 1 and (several or (request.kind == "compare" and not topical)):
        count = (several.group(1) or several.group(2)) if several else "两"
        names = state.recent[-_COUNT.get(count, len(state.recent)) :]
        about = topic if has_topic(_SEVERAL.sub("", topic)) else state.topic
        return [_about(about, names, "compare", request.form, None)]
    again = _AGAIN.search(request.core) is not None and not asks(core)
    kind = state.kind if again else request.kind  # 后备的呢 asks what was asked before
    leaning = _about(topic, state.names, kind, request.form, state.essays)
    joined = replace(leaning, text=f"{state.text} {core}")
    if not topical or _POINTS.search(core):
        joined = replace(joined, topic=topic if topical else state.topic)
        found = [joined, leaning]
    else:
        found = [leaning, joined]
    stays = again or not topical or _POINTS.match(core)
    return found if stays else [*found, own]


def _with_names(own: Meaning, named: Named, state: State, topical: bool) -> Meaning:
    """A question with names of its own: they win; a topic that it lacks is the last one."""
    if topical or not state.topic:
        return own
    if _AGAINST.search(own.text):
        both = (*state.names, *named.names)
        return _about(state.topic, both, "compare", own.form, None)
    return _about(state.topic, named.names, state.kind, state.form, None)


def _in_item(own: Meaning, state: State, item: ShownItem) -> Meaning:
    """A question on one of the items on screen."""
    return replace(
        own, topic=state.topic, names=state.names, essays=(item.essay_id,), item=item, leans=True
    )


def _pointed(core: str, state: State) -> ShownItem | None:
    """The item on screen that a question points at by its number."""
    found = ordinal(core)
    return state.items[found[0] - 1] if found and 0 < found[0] <= len(state.items) else None


def ordinal(text: str) -> tuple[int, str] | None:
    """The number and the unit of a part that is asked for: 第三部分.

    >>> ordinal("第十二条讲什么")
    (12, '条')
    """
    found = _ORDINAL.search(text)
    return (number(found.group(1)) or 0, found.group(2).removeprefix("个")) if found else None


def asks(text: str) -> bool:
    """Whether words ask, by the closed class of question words."""
    return _ASKS.search(text) is not None


def without_ordinal(core: str) -> str:
    """What a question says beside the number of an item."""
    return _ORDINAL.sub("", core)


def _same(state: State, request: Request) -> Meaning:
    """The last question again, in another form."""
    asked, before = request.form, state.form
    form = Form(
        layout=asked.layout or before.layout,
        items=asked.items or before.items,
        length=asked.length or before.length,
        deliverable=asked.deliverable or before.deliverable,
        detail=asked.detail or before.detail,
    )
    return _about(state.topic, state.names, state.kind, form, state.limit)


def _about(
    topic: str, names: Sequence[Name], kind: Kind, form: Form, essays: tuple[str, ...] | None
) -> Meaning:
    """A reading that takes names or topic from the state."""
    values = [name.value for name in names if name.value not in topic]
    text = " ".join([*values, topic]).strip()
    return Meaning(text, topic, tuple(names), kind, form, essays or None, leans=True)
