"""The whole page: a :class:`folium.Map` that carries everything it needs and may ask for nothing."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import folium
import jinja2
from branca.element import Figure
from folium.template import Template
from markupsafe import Markup

from lomsong.errors import UsageError
from lomsong.publish.map.content import MapContent
from lomsong.publish.map.payload import payload
from lomsong.texts import catalogue, fault

_SCRIPTS = (
    "reading", "canvas", "state", "picture", "signal", "surface", "places", "base", "themes", "claims", "plan", "swipe",
    "legend", "ranking", "lists", "card", "panel", "overlays", "page",
)  # fmt: skip
"""Parts of the page's script, in one scope; each uses only what stands before it, or is called after all are read."""

_BASE_MAP = re.compile(r"https://(?P<host>(?:\{s\}\.)?[a-z0-9.-]+(?::\d+)?)/[^\s\"'<>;,]+", re.IGNORECASE)

_ESCAPED = "<>&\u2028\u2029"
"""Letters that could end a script element or, in older engines, a line of it."""


def build_map(content: MapContent) -> str:
    """Return the map as one HTML page. The same content gives the same bytes.

    Parameters
    ----------
    content
        What to show.

    Examples
    --------
    >>> Path("map.html").write_text(build_map(content), encoding="utf-8")  # doctest: +SKIP
    """
    rendered: str = OfflineMap(content).get_root().render()
    return rendered


class OfflineMap(folium.Map):
    """A folium map with lomsong's panel and layers, its scripts and styles inlined.

    Layers of folium that need no further script can be added as to any folium map; the page's security policy refuses
    whatever would ask a network.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  (folium's own attributes, and meant to be empty)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012
    # folium compiles what a map renders as a template once more, so that a commune named "{{ … }}" would run:
    # the page itself is rendered by _Page, from a template that escapes, and the map adds nothing.
    _template = Template("")

    def __init__(self, content: MapContent) -> None:
        super().__init__(tiles=None)
        self._id = "lomsong"
        page = _Page(content, self.get_name())
        page.add_child(self)


class _Page(Figure):
    """The HTML document around the map."""

    def __init__(self, content: MapContent, map_name: str) -> None:
        super().__init__(title=content.title)
        self.content = content
        self.map_name = map_name
        self._template = _environment().get_template("page.html")

    def render(self, **kwargs: Any) -> str:
        """Return the document."""
        for child in self._children.values():
            child.render(**kwargs)
        return self._template.render(
            content=self.content,
            picture_hosts=picture_host(self.content.base_map),
            map_name=self.map_name,
            texts=catalogue("map.", self.content.language),
            leaflet_css=Markup(_asset("vendor/leaflet.css")),
            # the map of Leaflet's source would be asked for by open developer tools
            leaflet_js=Markup(_asset("vendor/leaflet.js").partition("//# sourceMappingURL")[0]),
            leaflet_licence=Markup(_asset("vendor/LICENSE")),
            style=Markup(_asset("map.css")),
            script=Markup("\n".join(_asset(f"script/{part}.js") for part in _SCRIPTS)),
            data=Markup(safe_json(payload(self.content))),
            folium_header=Markup(self.header.render()),
            folium_html=Markup(self.html.render()),
            folium_script=Markup(self.script.render()),
        )


def picture_host(address: str) -> str:
    """Return the host that an online base map may ask pictures of, for the security policy; empty without one.

    Examples
    --------
    >>> picture_host("https://{s}.tile.example.org/{z}/{x}/{y}.png"), picture_host("")
    ('https://*.tile.example.org', '')
    """
    if not address:
        return ""
    found = _BASE_MAP.fullmatch(address)
    if found is None or not all(part in address for part in ("{z}", "{x}", "{y}")):
        raise fault(UsageError, "map_base", value=address)
    return f"https://{found['host'].replace('{s}', '*')}"


def safe_json(value: Any) -> str:
    """Return JSON that cannot leave a script element: no ``<``, no ``&``, no line separators of JavaScript."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate({ord(letter): f"\\u{ord(letter):04x}" for letter in _ESCAPED})


def _folder() -> Traversable:
    return files("lomsong.publish.map")


def _asset(name: str) -> str:
    return _folder().joinpath(name).read_text(encoding="utf-8")


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        autoescape=True, loader=jinja2.FunctionLoader(_asset), undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
