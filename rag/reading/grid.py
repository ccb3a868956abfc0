"""Tables → lines: each row says what its cells are, `row head，column：value；column：value`.

The cells come as a full grid, what is merged stands in each of its places. Where the format does
not mark the header, it is told by its form: a first row without figures above columns that have
some. Rows of labels and values have no header and read `label：value；label：value`.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile, zip_longest

from rag.types import Line

Grid = Sequence[Sequence[str]]

_FIGURE = re.compile(r"[-+]?[\d,.\s]*\d(?:\.\d+)?")
_UNITS = (
    r"[万亿千百]*(?:美元|元|人次|人日|人|名|户|亩|公顷|吨|公斤|千克|斤|平方公里|公里|平方米|立方米|米|"
    r"千瓦时|千瓦|度|个|件|家|项|次|辆|台|套|所|处|张|份|栋|间|天|岁|小时|分钟|分|例|床|头|只|株|册|篇|场|"
    r"期|批|条)(?:/.{1,4})?|[%％‰]|个?百分点"
)
_IN_HEAD = re.compile(
    rf"(?:[（(]\s*(?:单位[：:]\s*)?(?P<unit>{_UNITS})\s*[）)]|(?P<share>[%％‰]))$"
)
_OF_TABLE = re.compile(rf"(?:^|[\s（(])(?:计量)?单位[：:]\s*(?P<unit>{_UNITS})\s*[）)]?$")
_VALUE = re.compile(rf"{_FIGURE.pattern}(?:{_UNITS})?|\\d{{4}}[年.-]\\d{{1,2}}[月.-]\\d{{1,2}}日?")
_YEAR = re.compile(r"(?:19|20)\d\d年?")
_FORM = re.compile(
    r"姓\s*名|性\s*别|民\s*族|籍\s*贯|出生(?:年月|日期)|学\s*历|政治面貌|职\s*务|职\s*称"
)
_MEASURED = re.compile(r"[数额量率比费款元人分值积]|收入|[（(]|完成|指标")
_COUNTED = re.compile(
    r"[人户次]数|数量|个数|率|占比|比重|比例|增[长幅]|(?<![本上去今全半])[年月]$|日$|[年月]份|日期|号|排名|名次|电话"
)
_NUMBER_HEAD = re.compile(r"(?:序号|编号|序|号|No\.?|#)", re.IGNORECASE)
_LONGEST_LABEL = 20  # characters
_MOST_CELLS = 500_000  # of a table
_JUDGED = 20  # rows that tell whether the first of them begins another table
_MOST_HEADS = 20  # rows of a marked header


def spread(rows: Sequence[Sequence[tuple[str, int, int]]]) -> list[list[str]]:
    """Return the texts of cells as a grid, what is merged in each of its places.

    A cell is its text and how many rows and columns it fills; one that fills no rows of its own
    goes on with the cell above it. A table of more than `_MOST_CELLS` places has no grid.
    """
    grid: list[list[str]] = []
    filled = 0
    below: dict[tuple[int, int], str] = {}  # what a cell of the rows above reaches down to
    for y, row in enumerate(rows):
        made: list[str] = []
        for text, down, across in row:
            while (y, len(made)) in below:
                made.append(below[y, len(made)])
            if not down and grid and len(made) < len(grid[-1]):
                text = grid[-1][len(made)]
            down = min(down, len(rows) - y)
            filled += max(1, down) * across
            if filled > _MOST_CELLS:
                return []
            for x in range(len(made), len(made) + across):
                below |= {(y + k, x): text for k in range(1, down)}
            made += [text] * across
        while (y, len(made)) in below:
            made.append(below[y, len(made)])
        grid.append(made)
    return grid


def table_rows(grid: Grid, header: int | None = None, above: str = "") -> list[Line]:
    """Return the rows of a table as lines, in order, each with its number in the grid from 0.

    A line that stands across the table is "text", the header "furniture". `header` is how many rows
    the format marks as such, None where it does not say; `above` is the line before the table,
    which may name its unit.
    """
    rows = _filled_columns(grid)
    made, heads = list[Line](), list[list[str]]()
    names: list[str] | None = None  # of the columns, once the header has begun
    unit = _unit_of(above)
    for place, row in enumerate(rows):
        distinct = list(dict.fromkeys(filter(None, row)))
        if not distinct:
            continue
        if len(distinct) == 1 and (len(row) == 1 or _is_across(row, place)):
            made.append(Line(distinct[0], place))
            unit = _unit_of(distinct[0]) or unit
            below = rows[place + 1 : place + 1 + _JUDGED]
            again = _header(below, None) if header is None and heads else []
            if again and set(again[0]) & set(heads[0]):  # another table in the same grid
                heads, names = again, _names(again)
            continue
        if names is None:
            heads = _header(rows[place:], header and header - place)
            names = _names(heads)
        if row in heads:  # the header, here or again on the next page
            made.append(Line(" | ".join(distinct), place, kind="furniture"))
        else:
            told = _told(names, row, unit) if names else _pairs(row)
            made.append(Line(told, place, kind="row"))
    if made and all(row.kind == "furniture" for row in made):  # nothing but a header
        return [replace(row, kind="row") for row in made]
    return made


def _filled_columns(grid: Grid) -> list[list[str]]:
    """Return the tidied texts of a full grid, less the columns in which nothing stands."""
    cells = [[" ".join(unicodedata.normalize("NFC", cell).split()) for cell in row] for row in grid]
    columns = [column for column in zip_longest(*cells, fillvalue="") if any(column)]
    return [list(row) for row in zip(*columns, strict=True)]


def _unit_of(text: str) -> str:
    """Return the one unit that a line gives for a whole table: 收入表（单位：万元）."""
    match = _OF_TABLE.search(text.strip())
    return match["unit"] if match else ""


def _is_across(row: Sequence[str], place: int) -> bool:
    """Whether the one value of a row stands across its table, and is no row head without values."""
    if all(row):
        return True
    alone = sum(map(bool, row)) == 1
    said = _unit_of("".join(row)) != "" or len(row[0]) > _LONGEST_LABEL
    return place == 0 or (alone and said)


def _names(heads: Grid) -> list[str]:
    """Return the names of the columns under the rows of a header."""
    return ["".join(dict.fromkeys(column)) for column in zip(*heads, strict=True)]


def _header(rows: list[list[str]], marked: int | None) -> list[list[str]]:
    """Return the rows of the header: by their mark, or by their form where nothing is marked.

    What is merged in one row of a header is parted in the next.
    """
    if marked is not None:
        return rows[: max(0, min(marked, _MOST_HEADS))]
    count = 1
    while count < _MOST_HEADS and count < len(rows) and _goes_on(rows[count - 1], rows[count]):
        count += 1
    return rows[:count] if _is_header(rows[0], rows[count:]) else []


def _is_header(row: Sequence[str], below: Grid) -> bool:
    """Whether a row has the form of a header: labels alone, above columns of one kind each.

    In doubt it is none, for a value under the wrong name would be a false statement.
    """
    below = [each for each in below if any(each) and each != row]
    filled = [x for x, cell in enumerate(row) if cell]
    if not below or len(filled) * 2 <= len(row) or any(map(_is_no_label, row)):
        return False
    if len(row) > 3 and _FORM.fullmatch(row[0]) and not _FORM.fullmatch(row[1]):
        return False
    if _NUMBER_HEAD.fullmatch(row[0]):
        return True
    values = ([re.search(r"\d", each[x]) is not None for each in below if each[x]] for x in filled)
    figures = [own != [] and sum(own) >= 0.8 * len(own) for own in values]
    if len(row) == 2:
        return figures[-1] and _MEASURED.search(row[-1]) is not None
    return any(figures) or (len(below) > 1 and len(set(row)) == len(row))


def _is_no_label(cell: str) -> bool:
    """Whether a cell cannot name a column: long, a figure, a date, or a label of its own."""
    if len(cell) > _LONGEST_LABEL or cell.endswith(("：", ":")):
        return True
    return _VALUE.fullmatch(cell) is not None and _YEAR.fullmatch(cell) is None


def _goes_on(first: Sequence[str], row: Sequence[str]) -> bool:
    """Whether a row goes on with a header: what was merged in the `first` is parted in it."""
    parted = any(
        a and a == b and c != d
        for (a, b), (c, d) in zip(pairwise(first), pairwise(row), strict=True)
    )
    return parted and not any(_VALUE.fullmatch(cell) and not _YEAR.fullmatch(cell) for cell in row)


def _told(names: Sequence[str], row: Sequence[str], unit: str) -> str:
    """Return a row as its head and its values, each under the name of its column."""
    counted = {x for x, name in enumerate(names) if _NUMBER_HEAD.fullmatch(name)}
    first = next((x for x in range(len(row)) if x not in counted), 0)
    named = row[first] != "" and not _FIGURE.fullmatch(row[first])
    same = takewhile(lambda x: named and row[x] == row[first], range(first + 1, len(row)))
    wide = set(same)  # what a head that is merged over columns fills
    own = [x for x, cell in enumerate(row) if cell and x not in counted | wide]
    headed = named and bool(own)
    values = [_value(names[x], row[x], unit) for x in own[1 if headed else 0 :]]
    values += [f"{names[x]}：{row[x]}" for x in sorted(counted) if row[x]]
    told = "；".join(values)
    return f"{row[first]}，{told}" if headed and told else told or row[first]


def _value(name: str, cell: str, unit: str) -> str:
    """Return one value with the name of its column; a unit in the name goes to the figure."""
    cell = cell.rstrip("。；")
    if match := _IN_HEAD.search(name):
        bare = name[: match.start()]
        return (
            f"{bare}：{cell}{match['unit'] or match['share']}"
            if _FIGURE.fullmatch(cell)
            else f"{bare}：{cell}"
        )
    if unit and _FIGURE.fullmatch(cell) and not _COUNTED.search(_YEAR.sub("", name)):
        cell += unit
    return f"{name}：{cell}" if name else cell


def _pairs(row: Sequence[str]) -> str:
    """Return a row without header as labels and values where it has the form, else its cells."""
    cells = [cell for x, cell in enumerate(row) if cell and (x == 0 or cell != row[x - 1])]
    labels = [cell.rstrip("：:") for cell in cells[::2]]
    if len(cells) % 2 or any(len(x) > _LONGEST_LABEL or _FIGURE.fullmatch(x) for x in labels):
        return " | ".join(cells)
    return "；".join(f"{a}：{b}" for a, b in zip(labels, cells[1::2], strict=True))
