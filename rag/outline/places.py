"""The place an essay speaks for: from its office, its title or, last, its text."""

import re

from rag.gazetteer import is_place_name, lies_in, places_around, read_places

_HEADED = re.compile(r"【(?P<place>[一-鿿]{2,6})】")
_STREET = re.compile("[一-鿿]{2,3}(?:镇|乡|街道)(?=[党委人])")
_TOWN = re.compile("[一-鿿]{2,3}(?:镇|乡|街道)")  # that begins a title
_QUOTED = re.compile("“[^”]*”")
_OPENING = 600  # characters of a text that name the place it is about


def place_of_office(office: str) -> str | None:
    """Return the place that an office belongs to, the innermost where several are named.

    >>> place_of_office("安庆经开区党群工作部部长"), place_of_office("安徽省太湖县委常委")
    ('安庆经开区', '太湖县')
    """
    places = [place for place in read_places(office) if place[-1] != "村"]
    if not places and (match := _STREET.match(office)) and is_place_name(match.group()):
        return match.group()
    return places[-1] if places else None


def place_of_title(title: str) -> str | None:
    """Return the one place that `title` is about, the innermost where it names several in a row.

    >>> place_of_title("2023年绿水县组织工作要点"), place_of_title("关于安徽省白石县工作的报告")
    ('绿水县', '白石县')
    """
    headed = _HEADED.match(title)  # 【四川】出台方案
    named = read_places(_QUOTED.sub("“”", title))
    if not named and (match := _TOWN.match(title)) and is_place_name(match.group()):
        return match.group()
    if headed and (first := read_places(headed["place"])):
        named = [*first, *(place for place in named if lies_in(place, first[0]))]
    places = [place for place in named if place[-1] != "村"]
    inner = [
        place
        for n, place in enumerate(places)
        if not any(place in places_around(other) for other in places)
        and not (n + 1 < len(places) and lies_in(places[n + 1], place))
    ]
    return inner[0] if len(inner) == 1 else None


def place_of_text(text: str) -> str | None:
    """Return the county, or a place around it, that a text is about, where it leaves no doubt.

    It must be named at least twice, and twice as often as any other place that begins the text,
    those aside in which it lies.
    """
    named = read_places(text[:_OPENING], running=True)
    count = {place: text.count(place) for place in named if place[-1] not in "镇乡村道"}
    place = max(count, key=lambda each: count[each], default=None)
    others = (n for other, n in count.items() if other not in (place, *places_around(place or "")))
    return place if place and count[place] >= 2 * max(1, *others, 0) else None
