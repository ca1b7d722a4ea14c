"""Writing SVG: shapes and text on a sheet that reads in light and dark, and to people who hear it."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

SMALL, NORMAL, LARGE = 11, 13, 18

_NAMESPACE = "http://www.w3.org/2000/svg"

# What XML 1.0 has no way to say (2.2, Char).
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Text has a contrast of at least 7 to 1 in both schemes, marks have 3 to 1 (WCAG 2.2, 1.4.6 and 1.4.11).
_STYLE = """
text { font-family: system-ui, "Segoe UI", "DejaVu Sans", Arial, sans-serif; fill: #1f2937 }
.sheet { fill: #ffffff } .grid { stroke: #d1d5db; fill: none } .axis { stroke: #4b5563; fill: none }
.mark { fill: #2563eb } .curve { stroke: #2563eb; stroke-width: 2; fill: none; stroke-linejoin: round }
.area { fill: #2563eb; fill-opacity: 0.18; stroke: #2563eb; stroke-width: 2; stroke-linejoin: round }
.level0 { fill: #e5e7eb } .level1 { fill: #8aaef5 } .level2 { fill: #4274e8 } .level3 { fill: #1d3f9e }
@media (prefers-color-scheme: dark) {
  text { fill: #e5e7eb }
  .sheet { fill: #111827 } .grid { stroke: #374151 } .axis { stroke: #9ca3af }
  .mark { fill: #60a5fa } .curve { stroke: #60a5fa } .area { fill: #60a5fa; stroke: #60a5fa }
  .level0 { fill: #273244 } .level1 { fill: #2f5699 } .level2 { fill: #5b93ec } .level3 { fill: #bcd5fd }
}
"""


class Sheet:
    """An SVG document of a fixed size. Coordinates and sizes are in pixels from the upper left corner."""

    def __init__(self, name: str, title: str, description: str, *, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._root = Element(
            "svg",
            {
                "xmlns": _NAMESPACE,
                "viewBox": f"0 0 {width} {height}",
                "width": str(width),
                "height": str(height),
                "role": "img",
                "aria-labelledby": f"{name}-title {name}-description",
            },
        )
        SubElement(self._root, "title", id=f"{name}-title").text = said(title)
        SubElement(self._root, "desc", id=f"{name}-description").text = said(description)
        SubElement(self._root, "style").text = _STYLE
        self.rectangle("sheet", 0, 0, width, height)
        self.text(title, 20, 32, size=LARGE, bold=True)

    def text(
        self, text: str, x: float, y: float, *, anchor: str = "start", size: int = NORMAL, bold: bool = False
    ) -> None:
        """One line of text with its base line at `y`; `anchor` is the end of it that is at `x`."""
        attributes = {"x": _number(x), "y": _number(y), "font-size": str(size), "text-anchor": anchor}
        if bold:
            attributes["font-weight"] = "600"
        SubElement(self._root, "text", attributes).text = said(text)

    def line(self, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
        """A straight line."""
        ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        SubElement(self._root, "line", {"class": kind, **{name: _number(one) for name, one in ends.items()}})

    def rectangle(
        self, kind: str, x: float, y: float, width: float, height: float, *, radius: float = 0, hint: str = ""
    ) -> None:
        """A rectangle; `hint` is shown when it is pointed at."""
        sides = {"x": x, "y": y, "width": width, "height": height, "rx": radius}
        _hint(
            SubElement(self._root, "rect", {"class": kind, **{name: _number(one) for name, one in sides.items()}}), hint
        )

    def dot(self, x: float, y: float, *, hint: str = "") -> None:
        """A round mark."""
        _hint(SubElement(self._root, "circle", {"class": "mark", "cx": _number(x), "cy": _number(y), "r": "3.5"}), hint)

    def curve(self, points: list[tuple[float, float]]) -> None:
        """A line through the points."""
        SubElement(self._root, "polyline", {"class": "curve", "points": _places(points)})

    def shape(self, kind: str, points: list[tuple[float, float]]) -> None:
        """A closed polygon."""
        SubElement(self._root, "polygon", {"class": kind, "points": _places(points)})

    def document(self) -> bytes:
        """The document in UTF-8."""
        return bytes(tostring(self._root, encoding="utf-8", xml_declaration=True))


def said(text: str) -> str:
    """The text without what XML cannot hold."""
    return _UNSAYABLE.sub("\ufffd", text)


def text_width(text: str, size: int = NORMAL) -> float:
    """About how wide a line of text is at most: sans-serif letters are 0.5 to 0.6 of their size on average."""
    return len(text) * size * 0.6


def _hint(element: Element, hint: str) -> None:
    if hint:
        SubElement(element, "title").text = said(hint)


def _number(value: float) -> str:
    return f"{round(value, 1):g}"


def _places(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
