r"""Characters that no text needs and that break what shows or keeps it.

They are the controls but for tab and line ends, lone surrogates (what Python makes of bytes that
are not UTF-8, and what JSON may say), and the noncharacters U+FFFE and U+FFFF. XML, so also Word
and Excel, allows none of them; a terminal obeys some of them.
"""

import re

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_UNSEEN = re.compile(f"{_UNFIT.pattern}|[\t\n\r\x85\u2028\u2029]")


def cleaned(text: str) -> str:
    r"""Return `text` without such characters.

    >>> cleaned("人\x00才\ud800\n")
    '人才\n'
    """
    return _UNFIT.sub("", text)


def escaped(text: str) -> str:
    r"""Return `text` on one line with such characters spelt out, as for a name that has to be told.

    >>> escaped("甲\x1b\udcb0.txt\n")
    '甲\\x1b\\xb0.txt\\n'
    """
    return _UNSEEN.sub(_spelt, text)


def _spelt(match: re.Match[str]) -> str:
    sign = match.group()
    as_byte = "\udc80" <= sign <= "\udcff"  # a byte of a name that is not UTF-8
    return (chr(ord(sign) - 0xDC00) if as_byte else sign).encode("unicode_escape").decode("ascii")
