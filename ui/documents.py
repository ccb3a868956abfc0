"""The documents of the corpus: added, renamed, replaced, deleted, corrected, and what was read."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import accumulate, chain
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from rag.corpus import read_outline
from rag.corpus_files import CorpusFiles, NotDone, changed_at, printable, written
from rag.errors import RagError, UnreadableFile
from rag.index import FolderStore, Records
from rag.index.generation import MANIFEST
from rag.messages import said
from rag.outline.metadata import OF_ONE
from rag.reading import read_sidecar, sidecar_of, write_sidecar
from rag.reading.sidecar import KEEP
from rag.reading.sidecar import SUFFIX as SIDECAR
from rag.report import FileReport, kept_files
from rag.types import FACTS, Measure, Outline, Stated
from ui.access import or_404, user_of
from ui.library import Stretch, page_of, stretches
from ui.rebuild import Progress, Rebuild
from ui.render import link
from ui.site import Site, language

State = Literal["read", "repaired", "partly read", "skipped", "new", "changed", "gone"]
_ASKED = ("q", "state", "undo", "page")  # what an address may say of the list
_PAGE = 100  # documents of a page
_REMOVED = 50  # files that are offered to be had back
_MOST = 60_000  # characters of a document that are shown

Name = Annotated[str, Form(alias="path")]


@dataclass(frozen=True, slots=True)
class Listed:
    """One document: what the serving index has of it, and what became of its file since."""

    path: str
    state: State
    report: FileReport | None = None

    def fits(self, text: str, state: str) -> bool:
        """Whether its path holds `text`, and it is in that state; "" is any."""
        return text in self.path and state in ("", self.state)


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A paragraph as it was read, or a line that was left out."""

    role: str
    line: int
    page: int | None
    stretches: tuple[Stretch, ...]


def add(router: APIRouter, site: Site) -> None:
    """Add the routes of the documents."""
    files = CorpusFiles(site.settings)
    rebuild = Rebuild(site.settings, site.watch)
    _all(router, site, files, rebuild)
    _one(router, site, files, rebuild)
    _changes(router, site, files)

    @router.post("/rebuild")
    def start(anew: Annotated[bool, Form()] = False) -> Response:
        rebuild.start(anew)
        return RedirectResponse("/admin#files", 303)

    @router.get("/progress")
    def progress(request: Request) -> dict[str, Any]:
        s, now = language(request), rebuild.progress
        steps = {"files": s.step_files, "vectors": s.step_vectors, "upload": s.step_upload}
        return {**asdict(now), "step": steps.get(now.step, now.step)}


def _changes(router: APIRouter, site: Site, files: CorpusFiles) -> None:
    """Add the routes that change a file."""

    @router.post("/document/rename")
    def rename(request: Request, name: Name, new: Annotated[str, Form()]) -> Response:
        files.rename(name, new)
        _note(site, request, "renamed", f"{name} → {new}")
        return _document(new.strip(), "renamed")

    @router.post("/document/delete")
    def delete(request: Request, name: Name) -> Response:
        key = files.delete(name)
        _note(site, request, "deleted", name)
        return RedirectResponse(link("/admin", undo=key), 303)

    @router.post("/restore")
    def restore(request: Request, key: Annotated[str, Form()]) -> Response:
        name = files.restore(key)
        _note(site, request, "restored", name)
        return _document(name, "restored")

    @router.post("/document/facts")
    def correct(request: Request, facts: Annotated[dict[str, str], Depends(_facts)]) -> Response:
        name, again = facts.pop("path", ""), facts.pop("again", "")
        path = files.path(name)
        stated, kept = _stated(path)
        kept = facts.pop(KEEP, "\n".join(kept)).splitlines()
        kept = list(dict.fromkeys(filter(None, (" ".join(x.split()) for x in (*kept, again)))))
        told = "the correction is not saved, see what was typed (a date is 2022-10-25): {why}"
        try:
            with written():
                write_sidecar(path, stated | facts, kept)
        except UnreadableFile as error:
            raise NotDone(told, why=error) from error
        _note(site, request, "corrected", name)
        return _document(name, "corrected")


def _all(router: APIRouter, site: Site, files: CorpusFiles, rebuild: Rebuild) -> None:
    """Add the routes of all documents, and of what is sent."""

    def page_of_all(request: Request, lines: Sequence[Mapping[str, Any]] = ()) -> HTMLResponse:
        """Return the page of all; `lines` tell what became of files that were sent."""
        rows, removed = _rows(site, files, rebuild.progress), files.removed()
        q, only, undo, at = (request.query_params.get(name, "") for name in _ASKED)
        found = [row for row in rows if row.fits(q, only)]
        number = int(at) if at.isdecimal() else 1
        return site.page(
            request, "documents.html", "admin", rows=page_of(found, number, _PAGE),
            total=len(rows), states=Counter(row.state for row in rows), q=q, only=only,
            progress=rebuild.progress, lines=lines, removed=removed[:_REMOVED],
            undone={each.key: each for each in removed}.get(undo),
            keeps=site.settings.trash_days, empty=site.assistant.empty,
            most=site.settings.max_file_bytes // 1_000_000,
        )  # fmt: skip

    @router.get("")
    def page(request: Request) -> HTMLResponse:
        return page_of_all(request)

    @router.post("/upload")
    def upload(
        request: Request,
        files_sent: Annotated[list[UploadFile], File(alias="files")],
        replace: Annotated[bool, Form()] = False,
    ) -> Response:
        made = (files.add(sent.file, sent.filename or "", replace) for sent in files_sent)
        lines = [_taken(site, request, *each) for each in chain.from_iterable(made)]
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(lines)
        return page_of_all(request, lines)


def _taken(site: Site, request: Request, name: str, error: RagError | None) -> dict[str, Any]:
    """Note what became of a file that was sent, and return what is said of it."""
    s, shown = language(request), printable(name)
    text = s.refused_file if error else s.uploaded
    text = text.format(name=shown, why=said(error, s.language) if error else "")
    _note(site, request, "refused" if error else "added", shown)
    return {"kept": error is None, "text": text}


def _one(router: APIRouter, site: Site, files: CorpusFiles, rebuild: Rebuild) -> None:
    """Add the route of one document."""

    @router.get("/document")
    def document(request: Request, path: str) -> HTMLResponse:
        """Return the page of one, as it is read now."""
        rows = _rows(site, files, rebuild.progress)
        row = or_404({row.path: row for row in rows}.__getitem__)(path)
        made, unread, file = None, "", files.all().get(path)
        try:
            made = read_outline(file, site.settings) if file else None
        except UnreadableFile as error:
            unread = said(error, language(request).language)
        parts, more = _shown(made) if made else ([], False)
        stated, kept_lines = _stated(file) if file else ({}, [])
        return site.page(
            request, "document.html", "admin", row=row, kept=file is not None, unread=unread,
            parts=parts, more=more, essays=made.essays if made else (), facts=FACTS,
            of_one=OF_ONE, stated=stated, kept_lines=kept_lines,
            done=request.query_params.get("done", ""), known=site.assistant.records.essays(),
        )  # fmt: skip


def _rows(site: Site, files: CorpusFiles, made: Progress) -> list[Listed]:
    """Return all documents, by name."""
    corpus, index = Path(site.settings.corpus), Path(site.settings.index)
    there, generation = files.all(), site.assistant.generation
    manifest = FolderStore(index).folder(generation) / MANIFEST
    since = made.began if made.detail == generation else manifest.stat().st_mtime
    rows, known = list[Listed](), set[str]()
    for report in kept_files(index, generation) or _known(site.assistant.records):
        name = _file_of(report.path, there)
        known.add(name)
        state: State = report.state
        if corpus.is_dir() and not report.path.endswith(SIDECAR):
            state = _now(there.get(name), since) or report.state
        rows.append(Listed(report.path, state, report))
    rows += [Listed(name, "new") for name in there if name not in known]
    return sorted(rows, key=lambda row: row.path)


def _file_of(path: str, there: Container[str]) -> str:
    """Return the file of a document, which may be in an archive; "" where it is gone."""
    steps = (PurePosixPath(path), *PurePosixPath(path).parents)
    return next((str(step) for step in steps if str(step) in there), "")


def _known(records: Records) -> list[FileReport]:
    """Return what is known where the report of a build is lost: what was read, and no more."""
    return [FileReport(path, "read", "") for path in {e.document for e in records.essays()}]


def _now(file: Path | None, since: float) -> Literal["gone", "changed"] | None:
    """Say what became of a file since it was indexed; None where it is as it was."""
    if file is None:
        return "gone"
    try:
        return "changed" if changed_at(file) > since else None
    except OSError:
        return "gone"


def _shown(made: Outline) -> tuple[list[ReadPart], bool]:
    """Return what is shown of a document, and whether there is more."""
    parts = _parts(made)
    sizes = accumulate(sum(len(each.text) for each in part.stretches) for part in parts)
    shown = [part for part, size in zip(parts, sizes, strict=True) if size <= _MOST]
    return shown, len(shown) < len(parts)


def _parts(made: Outline) -> list[ReadPart]:
    """Return the paragraphs of a document and what was left out, in the order of its lines."""
    rows = {line.number for line in made.document.lines if line.kind == "row"}
    leads: dict[str, list[Measure]] = {}
    for measure in made.measures:
        leads.setdefault(measure.paragraph_id, []).append(measure)
    parts = [ReadPart("dropped", x.number, x.page, (Stretch(x.text),)) for x in made.dropped]
    for each in made.paragraphs:
        role = "table" if rows.issuperset(piece.line for piece in each.origin) else each.role
        own = stretches(each, leads.get(each.paragraph_id, ()), (0, 0))
        parts.append(ReadPart(role, each.lines[0], each.origin[0].page, tuple(own)))
    return sorted(parts, key=lambda part: part.line)


async def _facts(request: Request) -> dict[str, str]:
    """Return the facts of a form, the path that they are about, and the lines to keep.

    `again` is one line more.
    """
    form = await request.form()
    return {name: str(form[name]) for name in ("path", KEEP, "again", *FACTS) if name in form}


def _stated(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return what the sidecar of a file states, and the lines that it keeps.

    Nothing where it cannot be used.
    """
    beside, found = sidecar_of(path), tuple[Stated, ...]()
    with suppress(UnreadableFile):
        found = read_sidecar(beside) if beside else ()
    facts = {fact.name: fact.value for fact in found if fact.name != KEEP}
    return facts, [fact.value for fact in found if fact.name == KEEP]


def _document(path: str, done: str) -> Response:
    return RedirectResponse(link("/admin/document", path=path, done=done), 303)


def _note(site: Site, request: Request, what: str, path: str) -> None:
    site.watch.note("document", user_of(request), what=what, path=path)
