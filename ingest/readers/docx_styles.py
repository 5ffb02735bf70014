"""What Word's styles make of a paragraph: a heading of some level, the title, an item of a list.

A style's name is the same in every language of Word, its id is not; what it does not say it has from the style it
is based on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from ingest.readers import xml

_LEVELS = 9
_BASED_ON = 20  # steps; more is a circle


@dataclass(frozen=True, slots=True)
class Style:
    """`level` 1 to 9 of a heading, 0 of anything else; `list_level` counts from 0."""

    level: int = 0
    is_title: bool = False
    is_list: bool = False
    list_level: int = 0


@dataclass(slots=True)
class Styles:
    by_id: dict[str, Style] = field(default_factory=dict)

    @classmethod
    def of(cls, root: etree._Element | None) -> Styles:
        """The paragraph styles of a styles.xml; none where there is no such file."""
        elements = {xml.attribute(each, "styleId"): each for each in ([] if root is None else root)}
        return cls({name: _inherited(name, elements) for name in elements if name})

    def paragraph(self, paragraph: etree._Element) -> Style:
        """What a paragraph is, by its style and by what it says itself."""
        properties = xml.child(paragraph, "pPr")
        named = xml.child(properties, "pStyle")
        style = self.by_id.get(xml.attribute(named, "val"), Style()) if named is not None else Style()
        return _changed(style, properties)


def _inherited(name: str, elements: dict[str, etree._Element]) -> Style:
    chain: list[etree._Element] = []
    while name in elements and len(chain) < _BASED_ON:
        chain.append(elements[name])
        based_on = xml.child(elements[name], "basedOn")
        name = xml.attribute(based_on, "val") if based_on is not None else ""
    style = Style()
    for element in reversed(chain):
        style = _changed(_called(style, element), xml.child(element, "pPr"))
    return style


def _called(style: Style, element: etree._Element) -> Style:
    name = xml.child(element, "name")
    words = xml.attribute(name, "val").lower().split() if name is not None else []
    if len(words) == 2 and words[0] == "heading" and words[1].isdecimal():
        return Style(level=min(int(words[1]), _LEVELS))
    return Style(is_title=True) if words == ["title"] else style


def _changed(style: Style, properties: etree._Element | None) -> Style:
    """The style with an outline level or a list that paragraph properties set."""
    outline = xml.child(properties, "outlineLvl")
    if outline is not None and (value := xml.attribute(outline, "val")).isdecimal():
        level = int(value) + 1 if int(value) < _LEVELS else 0  # 9 is "body text"
        return Style(level, style.is_title and not level, style.is_list, style.list_level)
    numbers = xml.child(properties, "numPr")
    if numbers is None or style.level:
        return style
    number, depth = xml.child(numbers, "numId"), xml.child(numbers, "ilvl")
    is_list = number is None or xml.attribute(number, "val") != "0"  # 0 takes a paragraph out of its list
    value = xml.attribute(depth, "val") if depth is not None else ""
    return Style(0, style.is_title, is_list, min(int(value), _LEVELS) if value.isdecimal() else style.list_level)
