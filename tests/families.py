"""Families of hostile input: text of any length of one kind, as people or files may send it.

Each is a unit that is repeated, between a beginning and an end. What reads them must take time in
proportion to their length: `tests/test_growth.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """Input of one kind."""

    name: str
    unit: str
    begins: str = ""
    ends: str = ""

    def of(self, length: int) -> str:
        """Text of some `length` characters."""
        repeats = -(-(length - len(self.begins) - len(self.ends)) // len(self.unit))
        return self.begins + self.unit * max(1, repeats) + self.ends


QUESTIONS = (
    Family("digits", "1"),
    Family("wide digits", "１"),
    Family("numerals", "九"),
    Family("dates", "2022年"),
    Family("one word", "人"),
    Family("places", "太湖县"),
    Family("surnames", "张三、"),
    Family("combining marks", "\u0301\u0316", "a"),
    Family("ligatures", "ﷺ"),
    Family("spaces", " ", "a", "b"),
    Family("brackets", "（"),
    Family("quotes", "“人才"),
    Family("percent signs", "3%"),
    Family("latin", "ab-"),
    Family("one long latin word", "a"),
    Family("question marks", "？"),
    Family("asking", "什么时候"),
    Family("ordinals", "第三条"),
)
TEXTS = (
    *QUESTIONS,
    Family("short lines", "一\n"),
    Family("blank lines", "\n", "a", "b"),
    Family("headings", "一、加强领导\n"),
    Family("nested numbers", "（一）1.（1）①"),
    Family("mastheads", "第32期\n"),
    Family("bylines", "中共太湖县委书记　王某\n"),
    Family("distribution", "报：市委。\n"),
    Family("sentences", "落实责任。"),
    Family("clauses", "落实责任，"),
    Family("dots of a table of contents", "…", "一、", "3\n"),
    Family("dashes", "---\n"),
)
MARKUP = (
    Family("stars", "a*"),
    Family("half emphasis", "a***\n"),
    Family("open brackets", "[", "", "]("),
    Family("links", "](", "["),
    Family("quoted", "> "),
    Family("lists in lists", "- "),
    Family("backticks", "`a"),
    Family("escapes", "\\*"),
    Family("entities", "&amp;"),
    Family("table rows", "|a|b|\n", "|a|b|\n|-|-|\n"),
)
HTML = (
    Family("paragraphs", "<p>落实责任。</p>"),
    Family("open paragraphs", "<p>落实"),
    Family("divisions", "<div>"),
    Family("list items", "<li>落实</li>", "<ol>", "</ol>"),
    Family("bold", "<b>落实</b>"),
    Family("breaks", "落实<br>"),
    Family("open angles", "<"),
    Family("comments", "<!--a-->"),
    Family("style", "font-family:", '<p style="', '">落实</p>'),
    Family("attributes", "a ", "<p ", ">落实</p>"),
    Family("table cells", "<td>落实</td>", "<table><tr>", "</tr></table>"),
)
