"""Documents of MJML made at random by its schema: any tag where it may stand, with any attribute.

Heroes stand in no wrapper, where what Outlook alone reads of them may differ. What the reference
itself gets wrong is left out: a hero of fluid height without the measures of its
background (``NaN``), and links of a navigation bar with a base and no address (``undefined``).
"""

import random

from outreach.rendering.mjml_schema import ATTRIBUTES, CHILDREN, ROWS

_CONTENT = ("Hello", "a <b>b</b> c", "x &amp; y", "<p>one</p><p>two</p>", "")
_COLOURS = ("#ff0000", "#0a0", "#123456", "red", "rgb(10,20,30)", "transparent")
_BORDERS = ("1px solid red", "none", "3px dashed #123456")
_CORNERS = ("4px", "10px", "50%")
_SIZES = ("0", "0px", "3px", "5px", "7px", "10px", "15px", "20px", "25px", "5%")
_VALUES = {
    "href": ("https://e.example/a", "https://e.example/?a=1&amp;b=2", "#"),
    "src": ("https://e.example/a.png", "https://e.example/b.png"),
    "thumbnails-src": ("https://e.example/t.png",),
    "icon-wrapped-url": ("https://e.example/w.png",),
    "icon-unwrapped-url": ("https://e.example/u.png",),
    "left-icon": ("https://e.example/l.png",),
    "right-icon": ("https://e.example/r.png",),
    "base-url": ("https://e.example",),
    "srcset": ("a.png 1x, b.png 2x",),
    "sizes": ("100vw",),
    "alt": ("A lamb", ""),
    "title": ("A title",),
    "rel": ("noopener",),
    "target": ("_blank", "_self"),
    "name": ("facebook", "x-share"),
    "id": ("i1",),
    "css-class": ("k", "k l"),
    "font-family": ("Arial", "Georgia, serif", "Ubuntu"),
    "font-weight": ("bold", "400", "700"),
    "font-style": ("italic", "normal"),
    "text-decoration": ("none", "underline"),
    "text-transform": ("uppercase",),
    "text-align": ("left", "center", "right"),
    "letter-spacing": ("2px",),
    "border-style": ("dashed", "solid"),
    "background-url": ("https://e.example/bg.png",),
    "background-size": ("cover", "contain", "auto", "100px 50px"),
    "background-position": ("top center", "10% 20%", "left bottom"),
    "background-position-x": ("left", "10%"),
    "background-position-y": ("top", "30%"),
    "background-repeat": ("no-repeat",),
    "background-width": ("600px",),
    "background-height": ("300px",),
    "mode": ("fixed-height", "fluid-height"),
    "hamburger": ("hamburger",),
    "thumbnails": ("visible", "hidden", "supported"),
    "role": ("presentation", "none"),
    "table-layout": ("auto", "fixed"),
    "cellspacing": ("0", "3"),
    "cellpadding": ("0", "4"),
    "gutter": ("10px", "20px", "2%"),
}
_KINDS = {
    "color": _COLOURS,
    "size": _SIZES,
    "line": ("1", "1.5", "20px", "120%"),
    "px": ("12px", "16px", "20px", "100px", "240px"),
}
_WIDTHS = ("20px", "100px", "150px", "33%", "50%")
_MOST = {"mj-body": 3, "mj-section": 3, "mj-column": 3, "mj-hero": 3, "mj-carousel": 4}
_ONLY = {
    "mj-social": ["mj-social-element"],
    "mj-navbar": ["mj-navbar-link"],
    "mj-carousel": ["mj-carousel-image"],
    "mj-accordion": ["mj-accordion-element"],
    "mj-wrapper": ["mj-section"],
}
_LEAVES = ("mj-image", "mj-divider", "mj-spacer", "mj-carousel-image")
_TEXTS = (
    "mj-text",
    "mj-button",
    "mj-social-element",
    "mj-navbar-link",
    "mj-accordion-title",
    "mj-accordion-text",
)
_NEEDED = {
    "mj-image": {"src": "https://e.example/z.png"},
    "mj-carousel-image": {"src": "https://e.example/z.png"},
    "mj-navbar-link": {"href": "/n"},
}


class _Maker:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.share = self.chance.choice((0.04, 0.08, 0.12))

    def attributes(self, tag: str) -> str:
        said = dict(_NEEDED.get(tag, {}))
        for name, kind in ATTRIBUTES[tag].items():
            fixed = name == "inline" or (name == "width" and tag in ("mj-body", "mj-wrapper"))
            asked = not fixed and self.chance.random() < self.share
            if asked and (value := self.value(name, kind)) is not None:
                said[name] = value
        if tag == "mj-hero" and said.get("mode") == "fluid-height":
            said = {"background-width": "600px", "background-height": "300px", **said}
        if self.chance.random() < 0.1:
            said["css-class"] = "k"
        return "".join(f' {name}="{value}"' for name, value in said.items())

    def value(self, name: str, kind: str) -> str | None:
        choices = _VALUES.get(name)
        if choices is None and "border" in name and not name.endswith(("color", "width")):
            choices = _CORNERS if "radius" in name else _BORDERS
        if choices is None and kind == "size4":
            count = self.chance.choice((1, 1, 2, 4))
            return " ".join(self.chance.choice(_SIZES) for _ in range(count))
        kinds = [one for one in kind.split("|") if one]
        if choices is None and "size" in kinds and "width" in name:
            choices = _WIDTHS
        known = next((_KINDS[one] for one in kinds if one in _KINDS), tuple(kinds))
        choices = choices or known if kinds != ["string"] else choices
        return self.chance.choice(choices) if choices else None

    def element(self, tag: str) -> str:
        opening = f"{tag}{self.attributes(tag)}"
        if tag in _LEAVES:
            return f"<{opening} />"
        if tag == "mj-raw":
            inside = "<i>raw</i>"
        elif tag == "mj-table":
            inside = "<tr><td>one</td><td>two</td></tr>"
        elif tag in _TEXTS:
            inside = self.chance.choice(_CONTENT)
        elif tag == "mj-accordion-element":
            inside = self.element("mj-accordion-title") + self.element("mj-accordion-text")
        else:
            known = _ONLY.get(tag) or sorted(CHILDREN[tag] - {"mj-raw"})
            count = self.chance.randint(1, _MOST.get(tag, 2))
            inside = "".join(self.element(self.chance.choice(known)) for _ in range(count))
            if "mj-raw" in CHILDREN[tag] and tag not in ROWS and self.chance.random() < 0.1:
                inside += self.element("mj-raw")
        return f"<{opening}>{inside}</{tag}>"


def document(seed: int) -> str:
    """Return a document, the same for the same seed."""
    maker = _Maker(seed)
    head = ""
    if maker.chance.random() < 0.3:
        some = maker.chance.sample(sorted({*_MOST, *_TEXTS, *_LEAVES, "mj-wrapper"}), 3)
        head = "".join(f"<{tag}{maker.attributes(tag)} />" for tag in some)
        head = f"<mj-attributes>{head}</mj-attributes>"
    return f"<mjml><mj-head>{head}</mj-head>{maker.element('mj-body')}</mjml>"
