"""The reference implementation of MJML (npm's `mjml` 5), for tests that compare with it.

It is looked for in the folder that MJML_NODE names, or in `node_modules` at the top of
the checkout (`make mjml`); tests that need it are skipped where it is absent.
"""

import html
import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@cache
def node_folder():
    """Return the folder whose node_modules holds `mjml`, or None."""
    given = os.environ.get("MJML_NODE")
    for folder in [Path(given)] if given else [ROOT, ROOT / "tests"]:
        if shutil.which("node") and (folder / "node_modules" / "mjml").is_dir():
            return folder
    return None


needs_node = pytest.mark.skipif(
    node_folder() is None, reason="needs Node and npm's mjml (MJML_NODE)"
)

_PROGRAM = """
const mjml2html = require('mjml'); const fs = require('fs')
;(async () => {
  const result = {}
  for (const path of JSON.parse(fs.readFileSync(0, 'utf8'))) {
    try {
      const options = {filePath: path, ignoreIncludes: false, keepComments: true}
      result[path] = (await mjml2html(fs.readFileSync(path, 'utf8'), options)).html
    } catch (error) { result[path] = null }
  }
  console.log(JSON.stringify(result))
})()
"""


def render_reference(paths):
    """Return what the reference makes of files, by path; None where it refuses."""
    done = subprocess.run(
        ["node", "-e", _PROGRAM],
        cwd=node_folder(),
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return {Path(path): text for path, text in json.loads(done.stdout).items()}


_MARKUP = re.compile(
    r"<!--\[if[^\]]*\]>(?:<!-->)?|(?:<!--)?<!\[endif\]-->|<!--.*?-->|<!doctype[^>]*>"
    r"|</?[a-z][^\s/>]*(?:\"[^\"]*\"|'[^']*'|[^>\"'])*>|[^<]+|<",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)\s*(?:=\s*("[^"]*"|'[^']*'|[^\s>]+))?""")


def _value(text):
    """Return a CSS or size value in one of the forms that mean the same."""
    text = " ".join(html.unescape(text).split())
    text = re.sub(r"\s*([,;:])\s*", r"\1", text)
    text = re.sub(
        r"#([0-9a-fA-F]{3})\b(?![0-9a-fA-F])", lambda m: "#" + "".join(c * 2 for c in m[1]), text
    )
    text = re.sub(r"#[0-9a-fA-F]{6}", lambda m: m[0].lower(), text)
    text = re.sub(r"(?<![\w.#-])-?\d*\.\d+", lambda m: f"{round(float(m[0]), 1):g}", text)
    return re.sub(r"(?<![\w.#-])0(px|%|em|pt)?(?![\w.%])", "0", text)


_PARTS = {
    name: [f"{name}-{side}" for side in ("top", "right", "bottom", "left")]
    for name in ("padding", "margin", "border")
} | {"background": ["background-position", "background-repeat", "background-size"]}


def _style(text):
    parts = [part.partition(":") for part in text.split(";")]
    pairs = [(name.strip().lower(), _value(value)) for name, _, value in parts if value]
    names = [name for name, _ in pairs]
    # A shorthand that comes after one of its parts takes it back, so that order does count.
    late = {
        f"{name} is last"
        for place, name in enumerate(names)
        if any(before in _PARTS.get(name, ()) for before in names[:place])
    }
    said = {f"{name}:{value}" for name, value in pairs}
    return ";".join(sorted((said | late) - {"word-spacing:normal"}))


def _normal(key, value):
    if key == "style":
        return _style(value)
    if key in {"width", "height"}:
        return _value(value)
    if key == "class":
        return " ".join(sorted(value.split()))
    return " ".join(html.unescape(value).split())


def _tag(text):
    name, rest = re.match(r"<([^\s/>]+)(.*?)/?>$", text, re.DOTALL).groups()
    attributes = {}
    for written_name, written in _ATTRIBUTE.findall(rest):
        key = written_name.lower()
        value = _normal(key, written.strip("\"'"))
        if key != "data-premailer" and (value or key not in {"style", "class"}):
            attributes.setdefault(key, value)
    inside = "".join(f' {key}="{attributes[key]}"' for key in sorted(attributes))
    return f"<{name.lower()}{inside}>"


# Where the rules of one interactive tag begin; they touch no other's.
_COMPONENT = re.compile(
    r"(?=noinput\.mj-|\.mj-carousel\{-webkit|@media only screen and \(max-width)"
)


def _sheet(css):
    css = re.sub(r"\s*([{};:,>+~])\s*", r"\1", " ".join(css.split()))
    css = re.sub(r"\s*!\s*important", "!important", css).replace(";}", "}")
    components = _COMPONENT.split(css)
    if len(components) > 1:
        return "".join(sorted(components))
    closing = "}" if css.endswith("}}") else ""
    first, *columns = re.split(r"(?=(?:\.moz-text-html |\[owa\] )?\.mj-column-)", css)
    if len(columns) > 1:
        columns[-1] = columns[-1].removesuffix(closing) if closing else columns[-1]
        return first + "".join(sorted(columns)) + closing
    return css


def tokens(text):
    """Return a page as a list of tags, texts and comments, written so that equals are equal.

    Order of attributes, column rules, the rules of interactive tags and declarations that do not
    touch each other, colours' case, `0` and `0px`, second decimals, generated ids and white space
    do not count.
    """
    ids = {}
    text = re.sub(
        r"\b[0-9a-f]{16}\b|\b0000000\d\b", lambda m: ids.setdefault(m[0], f"id{len(ids)}"), text
    )
    result = []
    for found in _MARKUP.finditer(text):
        piece = found[0]
        if result and result[-1].startswith("<style") and not piece.startswith("</"):
            result.append(_sheet(piece))
        elif piece.startswith("<!"):
            bare = re.sub(r"\s+", "", piece).lower().replace("<!--<![endif]", "<![endif]")
            result.append(bare if "[if" in bare or "[endif" in bare else " ".join(piece.split()))
        elif piece.startswith("</"):
            result.append(re.sub(r"\s", "", piece.lower()))
        elif re.match(r"<[a-zA-Z]", piece):
            result.append(_tag(piece))
            if piece.lower().startswith("<td") and piece.endswith("/>"):
                result.append("</td>")  # not to a browser, which closes it before the next
        elif words := " ".join(html.unescape(piece).split()):
            result.append(words)
    return result


def facts(text):
    """Return what a reader meets: the words, the links, the images and all widths."""
    body = text.partition("<body")[2]
    visible = re.sub(r"<!--.*?-->", " ", body, flags=re.DOTALL)
    words = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", "<" + visible)).split())
    links = re.findall(r'\shref(?:="([^"]*)")?(?=[\s>])', visible)
    images = re.findall(r'<img[^>]*?src="([^"]*)"', visible)
    widths = [
        round(float(number))
        for tag in re.findall(r"<[^>]*>", body)
        for number in re.findall(r'[\s";-]width(?::|=")(\d+\.?\d*)(?=px|")', tag)
    ]
    return {"text": words, "links": links, "images": images, "widths": sorted(widths)}
