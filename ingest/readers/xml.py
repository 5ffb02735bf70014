"""XML that a stranger may have written: parsed without entities, without the network, with the parser's limits on."""

from __future__ import annotations

from lxml import etree

from ingest.types import Unreadable


def parse(data: bytes, name: str) -> etree._Element:
    """The root of an XML file. Raises Unreadable where it is damaged, or declares entities as XML bombs do."""
    if b"<!ENTITY" in data:
        raise Unreadable(f"refused: {name} in it declares entities, as XML bombs do")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"damaged: {name} in it is no XML ({' '.join(str(error).split())[:120]})") from error
    return root


def local(element: etree._Element) -> str:
    """The tag without its namespace: strict and transitional Word files differ in that alone."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element, name: str) -> str:
    """The attribute of that local name in any namespace; "" where there is none."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return ""


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    if element is None:
        return None
    return next((inner for inner in element if local(inner) == name), None)
