"""Turn the essays of corpus/ into other formats, by real converters where there are any.

    python -m tests.converted FOLDER

Word files are made by python-docx, PDF by LibreOffice from those, web pages and OFD by hand: a
page with menus around the text, and the ZIP of XML that GB/T 33190-2016 describes.
"""

import html
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from rag.outline.join import OutlineBlock, blocks
from rag.reading import read

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
NAMES = ("安庆组工信息第32期.txt", "池州市抓党建促长三角一体化发展.txt")
SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
HEAD = "学习交流材料"  # printed at the top of every page


def paragraphs(name: str) -> list[OutlineBlock]:
    """Return the paragraphs of a corpus file with their bold type and headings."""
    return blocks(read(CORPUS / name, name).lines)


def stretches(block: OutlineBlock) -> list[tuple[str, bool]]:
    """Cut a paragraph where bold begins and ends."""
    made, done = [], 0
    for a, b in block.bold:
        made += [(block.text[done:a], False), (block.text[a:b], True)]
        done = b
    return [(text, bold) for text, bold in [*made, (block.text[done:], False)] if text]


def to_docx(name: str, path: Path, columns: int = 1, styled: bool = True) -> None:
    """Write a Word file: headings by style or by size, a head and a page number on each page."""
    document = Document()
    document.styles["Normal"].font.size = Pt(12)
    section = document.sections[0]
    section.header.paragraphs[0].text = HEAD
    _page_number(section.footer.paragraphs[0])
    setting = section._sectPr.find(qn("w:cols"))
    setting.set(qn("w:num"), str(columns))
    for block in paragraphs(name):
        if block.heading and styled:
            document.add_heading(block.text, block.heading)
            continue
        paragraph = document.add_paragraph()
        if not block.heading:
            paragraph.paragraph_format.first_line_indent = Pt(24)
        for text, bold in stretches(block):
            run = paragraph.add_run(text)
            run.bold = bold or None
            if block.heading:
                run.font.size = Pt(22 if block.heading == 1 else 18)
    document.save(str(path))


def _page_number(paragraph: object) -> None:
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()  # type: ignore[attr-defined]
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def by_libreoffice(to: str, *paths: Path) -> list[Path]:
    """Convert files in one run of LibreOffice; they lie beside the originals."""
    folder = paths[0].parent
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [str(SOFFICE), f"-env:UserInstallation={Path(profile).as_uri()}", "--headless",
             "--convert-to", to, "--outdir", str(folder), *map(str, paths)],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
    return [path.with_suffix("." + to.partition(":")[0]) for path in paths]


def to_html(name: str, path: Path) -> None:
    """Write a web page with menus above and a list of other pages and a foot below."""
    body = []
    for block in paragraphs(name):
        inner = "".join(
            f"<strong>{html.escape(text)}</strong>" if bold else html.escape(text)
            for text, bold in stretches(block)
        )
        tag = f"h{block.heading}" if block.heading else "p"
        body.append(f"<{tag}>{'　　' if tag == 'p' else ''}{inner}</{tag}>")
    menu = "".join(f'<li><a href="/{i}">{word}</a></li>' for i, word in enumerate(
        ("首页", "政务公开", "组工动态", "党建要闻", "互动交流")))  # fmt: skip
    path.write_text(
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>先锋网</title></head><body>'
        f"<div class=top><ul>{menu}</ul></div><div id=zoom>{chr(10).join(body)}</div>"
        f'<div class=rel><h4>相关链接</h4><ul><li><a href="/x">某市召开会议，部署重点工作</a></li>'
        f'<li><a href="/y">某县举办培训班，提升能力</a></li></ul></div>'
        f"<div class=foot>版权所有：先锋网 皖ICP备00000000号</div></body></html>",
        encoding="utf-8",
    )


def to_gb18030(name: str, path: Path) -> None:
    """Write the text as it is, in GB18030."""
    path.write_bytes((CORPUS / name).read_text(encoding="utf-8").encode("gb18030"))


@dataclass(frozen=True)
class _Printed:
    text: str
    bold: list[bool]
    x: float  # millimetres
    y: float  # of the base line
    size: float


WIDTH, HEIGHT, MARGIN, SIZE, PITCH = 210.0, 297.0, 28.0, 5.64, 9.9  # millimetres; 16 point type
_NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def to_ofd(name: str, path: Path) -> None:
    """Write an OFD with a head and a page number on each page."""
    pages = _pages(paragraphs(name))
    names = [f"Pages/Page_{n}/Content.xml" for n in range(len(pages))]
    listed = "".join(f'<ofd:Page ID="{n + 10}" BaseLoc="{at}"/>' for n, at in enumerate(names))
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(
            "OFD.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><ofd:OFD {_NAMESPACE} Version="1.0"'
            ' DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo>'
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
        archive.writestr(
            "Doc_0/Document.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><ofd:Document {_NAMESPACE}><ofd:CommonData>'
            f"<ofd:PageArea><ofd:PhysicalBox>0 0 {WIDTH} {HEIGHT}</ofd:PhysicalBox></ofd:PageArea>"
            "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData>"
            f"<ofd:Pages>{listed}</ofd:Pages></ofd:Document>",
        )
        archive.writestr(
            "Doc_0/PublicRes.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><ofd:Res {_NAMESPACE} BaseLoc="Res"><ofd:Fonts>'
            '<ofd:Font ID="2" FontName="仿宋_GB2312" FamilyName="仿宋_GB2312"/>'
            '<ofd:Font ID="3" FontName="黑体" FamilyName="黑体"/></ofd:Fonts></ofd:Res>',
        )
        for at, page in zip(names, pages, strict=True):
            objects = "".join(_objects(line) for line in page)
            archive.writestr(
                f"Doc_0/{at}",
                f'<?xml version="1.0" encoding="UTF-8"?><ofd:Page {_NAMESPACE}><ofd:Content>'
                f'<ofd:Layer ID="1">{objects}</ofd:Layer></ofd:Content></ofd:Page>',
            )


def _pages(made_of: list[OutlineBlock]) -> list[list[_Printed]]:
    """Set paragraphs in lines and pages, first lines indented."""
    pages: list[list[_Printed]] = []
    y = HEIGHT
    for block in made_of:
        size = SIZE * (1.6 if block.heading == 1 else 1.375 if block.heading else 1.0)
        bold = [any(a <= i < b for a, b in block.bold) for i in range(len(block.text))]
        indent = 0 if block.heading else 2
        most = int((WIDTH - 2 * MARGIN) / size)
        start = 0
        while start < len(block.text):
            end = start + most - indent
            y += PITCH
            if y > HEIGHT - 35:
                pages.append(_empty_page(len(pages) + 1))
                y = 37.0 + PITCH
            x = MARGIN + indent * size
            pages[-1].append(_Printed(block.text[start:end], bold[start:end], x, y, size))
            start, indent = end, 0
    return pages


def _empty_page(number: int) -> list[_Printed]:
    foot = f"— {number} —"
    return [
        _Printed(HEAD, [False] * len(HEAD), 90.0, 20.0, SIZE * 0.75),
        _Printed(foot, [False] * len(foot), 100.0, HEIGHT - 20.0, SIZE * 0.75),
    ]


def _objects(line: _Printed) -> str:
    """Write one printed line as text objects, a new one where the type changes."""
    made, start = "", 0
    for i in range(1, len(line.text) + 1):
        if i == len(line.text) or line.bold[i] != line.bold[start]:
            text, x = line.text[start:i], line.x + start * line.size
            made += (
                f'<ofd:TextObject ID="9" Boundary="{x:.3f} {line.y - line.size:.3f} 200 9"'
                f' Font="{3 if line.bold[start] else 2}" Size="{line.size:.3f}"><ofd:TextCode X="0"'
                f' Y="{line.size:.3f}" DeltaX="g {max(1, len(text) - 1)} {line.size:.3f}">'
                f"{html.escape(text)}</ofd:TextCode></ofd:TextObject>"
            )
            start = i
    return made


def convert_all(folder: Path) -> dict[str, dict[str, Path]]:
    """Make every format of both essays; return format → name of the essay → file."""
    made: dict[str, dict[str, Path]] = {}
    for form, write in (("html", to_html), ("ofd", to_ofd), ("gb18030.txt", to_gb18030)):
        for i, name in enumerate(NAMES):
            write(name, path := folder / f"{i}.{form}")
            made.setdefault(form, {})[name] = path
    for i, name in enumerate(NAMES):
        for form, columns, styled in (
            ("docx", 1, True),
            ("plain.docx", 1, False),
            ("two.docx", 2, True),
        ):
            to_docx(name, path := folder / f"{i}.{form}", columns, styled)
            made.setdefault(form, {})[name] = path
    if SOFFICE:
        for forms, to in ((("docx", "two.docx"), "pdf"), (("docx",), "doc"), (("docx",), "odt")):
            sources = [(form, name) for form in forms for name in NAMES]
            outs = by_libreoffice(to, *(made[form][name] for form, name in sources))
            for (form, name), out in zip(sources, outs, strict=True):
                made.setdefault(form.replace("docx", to), {})[name] = out
    return made


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for form, files in convert_all(target).items():
        sys.stdout.write(f"{form}: {', '.join(path.name for path in files.values())}\n")
