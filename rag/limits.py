"""What is taken in of a question, whoever asks: the web, programs, the command line."""

from collections.abc import Sequence
from dataclasses import fields

from rag.characters import cleaned
from rag.errors import BadInput
from rag.types import Filters

MOST_TURNS = 40  # earlier questions that are read, the last ones
_MOST_EARLIER = 20_000  # characters of them together
MOST_VALUES = 100  # values of all filters together
LONGEST_VALUE = 300  # characters of one


def question(text: str, most: int) -> str:
    """Return a question on one line, without characters that nothing may hold.

    Raises:
        BadInput: it is empty, or has more than `most` characters.
    """
    kept = " ".join(cleaned(text[: 2 * most]).split())
    if len(text) > 2 * most or len(kept) > most:  # a few spaces do not count
        told = "the question has {count} characters: at most {most} are read"
        raise BadInput(told, count=len(text), most=most)
    if not kept:
        raise BadInput("the question is empty: type one")
    return kept


def earlier(questions: Sequence[str], most: int) -> list[str]:
    """Return what is read of the earlier questions, oldest first.

    A question of more than `most` characters was not answered, so nothing leans on it.
    """
    kept: list[str] = []
    left = _MOST_EARLIER
    for each in reversed(questions[-MOST_TURNS:]):
        if len(each) > most or not each.strip():
            continue
        left -= len(each)
        if left < 0:
            break
        kept.append(" ".join(cleaned(each).split()))
    return kept[::-1]


def filters(given: Filters | None) -> Filters:
    """Return filters that can be looked up.

    Raises:
        BadInput: they have too many values, or too long ones.
    """
    if given is None:
        return Filters()
    values = [value for field in fields(given) for value in getattr(given, field.name)]
    if len(values) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in values):
        raise BadInput(
            "the filters have {count} values: at most {most_values} of at most "
            "{longest_value} characters are looked up",
            count=len(values),
            most_values=MOST_VALUES,
            longest_value=LONGEST_VALUE,
        )
    return given
