"""Write a folder with one file of each kind and of each fault, to see what a build says of them.

python -m tests.gallery FOLDER && rag build FOLDER --report report.json
"""

import sys
from pathlib import Path

from tests import converted, samples
from tests.test_faults import FAULTS, GOOD, gbk_zip, locked_zip


def write(folder: Path) -> None:
    """Fill `folder`; what needs LibreOffice is there only where that is installed."""
    folder.mkdir(parents=True, exist_ok=True)
    good = {f"好.{kind}": samples.of_kind(kind)[0] for kind in samples.KINDS if kind != "doc"}
    good |= {"名称不对.doc": samples.docx(), "扫描.pdf": samples.scanned_pdf(), "名.zip": gbk_zip()}
    bad = {name: data for name, (data, _) in FAULTS.items()} | {"锁.zip": locked_zip()}
    bad["逃.zip"] = samples.zipped({"../../外.txt": GOOD.encode(), "内.txt": GOOD.encode()})
    for name, data in (good | bad).items():
        (folder / name).write_bytes(data)
    (folder / "好.txt.meta.yaml").write_text("document_number: 皖发〔2022〕5号\n", encoding="utf-8")
    (folder / "好.md.meta.yaml").write_text("title: [", encoding="utf-8")
    (folder / "长行.txt").write_text(GOOD * 130_000, encoding="utf-8")  # one line of 10 MB
    with (folder / "巨.txt").open("wb") as file:
        file.truncate(200_000_000)
    for link, target in (("圈", "圈"), ("回", ".."), ("断", "无")):
        if not (folder / link).is_symlink():
            (folder / link).symlink_to(target)
    if converted.SOFFICE:
        for kind in ("doc", "odt"):
            converted.by_libreoffice(kind, folder / "好.docx")
        (folder / "好.wps").write_bytes((folder / "好.doc").read_bytes())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
