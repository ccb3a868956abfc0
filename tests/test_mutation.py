"""bench/mutation.py changes one thing at a time, and says which."""

import ast

from bench.mutation import mutated, places

SOURCE = '''\
@frozen(slots=True)
def cut(text: str, most: int = 3) -> str:
    """Cut it."""
    if not text or len(text) <= most:
        return text
    note(text)
    return text[:most]
'''


def test_each_change_is_one_and_is_named() -> None:
    count = len(list(places(ast.parse(SOURCE))))
    made = [mutated(SOURCE, number) for number in range(count)]
    assert [(change, line) for _, change, line in made] == [
        ("`3` → `4`", 2),
        ("`not text or len(text) <= most` → `not text and len(text) <= most`", 4),
        ("`not text` → `text`", 4),
        ("`len(text) <= most` → `len(text) < most`", 4),
        ("`note(text)` → `pass`", 6),
    ]
    plain = ast.unparse(ast.parse(SOURCE)).splitlines()
    for changed, _, _ in made:
        lines = changed.splitlines()
        assert sum(one != other for one, other in zip(plain, lines, strict=True)) == 1
