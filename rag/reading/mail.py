"""Mail (.eml) → its subject, day and text; what is attached is named, for it is not read."""

import email
from dataclasses import replace
from email import policy

from rag.errors import UnreadableFile
from rag.messages import both
from rag.reading import html, plain
from rag.reading.result import Read
from rag.settings import Settings
from rag.types import Stated


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the text of a mail, the plain one if it has two.

    Raises:
        UnreadableFile: it has no text.
    """
    mail = email.message_from_bytes(data, policy=policy.default)
    body = mail.get_body(("plain", "html"))
    if body is None:
        raise UnreadableFile("this {kind} file holds no text", kind="eml")
    reader = html.read if body.get_content_subtype() == "html" else plain.read
    made = reader(str(body.get_content()).encode("utf-8", "replace"), "", settings)
    attached = [part.get_filename() or "?" for part in mail.iter_attachments()]
    told = both("attached and not read: {names}", names="、".join(attached))
    subject = " ".join(str(mail["subject"] or "").split())
    stated = [Stated("title", subject, "properties", 0.7)] if subject else []
    if day := getattr(mail["date"], "datetime", None):
        stated.append(Stated("date", day.date().isoformat(), "properties", 0.6))
    return replace(
        made,
        stated=(*made.stated, *stated),
        unread=(*made.unread, told) if attached else made.unread,
    )
