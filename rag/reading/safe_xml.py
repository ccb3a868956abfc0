"""XML that may come from anyone: no entities are expanded, nothing outside the bytes is read."""

from lxml import etree

from rag.errors import UnreadableFile, failing_as


def parse(data: bytes, what: str) -> etree._Element:
    """Return the root of an XML part; `what` names it in the error.

    Raises:
        UnreadableFile: not well-formed, or it declares entities.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    told = "{what} is not well-formed XML: {why}"
    with failing_as(UnreadableFile, told, etree.XMLSyntaxError, ValueError, what=what):
        root = etree.fromstring(data, parser)
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise UnreadableFile("{what} declares XML entities, which documents do not need", what=what)
    return root


def local(element: etree._Element) -> str:
    """The name of an element without its namespace; "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
