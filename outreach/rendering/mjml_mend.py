"""Corrections to the HTML of the MJML engine, one function for each of its faults.

The HTML these functions see holds tokens in place of everything a person wrote, so what they look
for can only be the engine's own. Each function says what the reference implementation does.
"""

import math
import re
from collections.abc import Mapping

_STYLE = '<style type="text/css">'
_LATE_PADDING = re.compile(
    r'(?<=[";])(?P<parts>(?:padding-(?:top|right|bottom|left):[^;"]*;)+)(?P<all>padding:[^;"]*;)'
)
_PERCENTAGE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)%")
_HIDDEN_PERCENTAGE = re.compile(r"(?<![\w.#])00(\d+(?:\.\d+)?)px")
_LONG_NUMBER = re.compile(r"(?<![\w.])\d+\.\d{4,}(?!\d)%?")
_HERO = re.compile(
    r"(<td[^>]*>)(<!--\[if mso \| IE\]><table[^>]*><tr><td[^>]*>)(<!\[endif\]-->)"
    r'(<div class="mj-hero-content[^>]*)>'
)
_CLOSED = "</td></tr></tbody></table></div>"
_BARE = re.compile(
    rf'word-break:break-word;">(.*){_CLOSED}(?:<!--\[if[^>]*>(?:</?t[dr]>|</table>)*<!\[endif\]-->)*'
    + _CLOSED,
    re.DOTALL,
)
_HERO_END = "</td></tr></tbody></table></div><!--[if mso | IE]></td></tr></table><![endif]--></td>"
_SEAM = re.compile(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>")


def styles(head: str) -> str:
    """Mark the engine's style blocks as not to be inlined, and correct their rules.

    ``screen, yahoo`` is every screen, so it hid a carousel's arrows everywhere; the reference
    writes ``screen yahoo``, which only Yahoo reads. Accordions have another selector there.
    """
    marked = head.replace(_STYLE, _STYLE[:-1] + ' data-premailer="ignore">')
    marked = re.sub(r"(<!--\[if lte mso 11\]>\s*<style[^>]*?) data-premailer=\S+>", r"\1>", marked)
    marked = marked.replace("@media screen, yahoo", "@media screen yahoo")
    return re.sub(
        r"(?<!\w)(?<!html )input\.mj-accordion-checkbox(:checked)?",
        lambda found: ".mj-accordion-checkbox" + (found[1] or '[type="checkbox"]'),
        marked,
    )


def numbers(html: str) -> str:
    """Take the false digits off numbers that the engine has worked out with 32 bits."""
    return _LONG_NUMBER.sub(lambda found: _number(found[0]), html)


def hidden_percentages(padding: str) -> str:
    """Write percentages as the pixels that they count as in widths; to the engine they are 0."""
    return _PERCENTAGE.sub(r"00\1px", padding)


def shown_percentages(html: str) -> str:
    """Take back what `hidden_percentages` has done; the engine repeats a padding as it is given."""
    return _HIDDEN_PERCENTAGE.sub(r"\1%", html)


def paddings(html: str) -> str:
    """Write ``padding`` before its sides, which it would take back."""
    return _LATE_PADDING.sub(r"\g<all>\g<parts>", html)


def cells(html: str) -> str:
    """Remove the attribute ``vertical-align``, which HTML does not have."""
    return re.sub(r'(<td[^>]*) vertical-align="[^"]*"', r"\1", html)


def body(html: str, mark: str, identifier: str) -> str:
    """Give ``<body>`` the class and id of ``mj-body``; the engine puts the class further in."""
    head, split, content = html.partition("<body")
    content, moved = re.subn(rf'(<div[^>]*?) class="{mark}"', r"\1", content, count=1)
    given = f' id="{identifier}"' if identifier else ""
    given += f' class="{mark}"' if moved else ""
    return head + split + given + content


def bare(html: str, begin: str, end: str) -> str:
    """Take what stands between `begin` and `end` out of the section and column around it."""
    before, _, rest = html.partition(begin)
    wrapped, _, after = rest.partition(end)
    found = _BARE.search(wrapped)
    return before + (found[1] if found else "") + after


def button(html: str, token: str, title: str, edges: int) -> str:
    """Put the title of a button, whose body is `token`, on its link; take `edges` off its width.

    `edges` are its left and right border, in pixels.
    """
    before, split, after = html.partition(token)
    if not split:
        return html
    start = max(before.rfind("<a "), before.rfind("<p ")) + 2
    opened = before[start:]
    if edges:
        opened = re.sub(
            r'(?<=[";]width:)-?\d+(?=px;)',
            lambda found: str(int(found[0]) - edges),
            opened,
            count=1,
        )
    titled = f' title="{title}"' if title else ""
    return f"{before[:start]}{titled}{opened}{split}{after}"


def table(html: str, token: str, attributes: Mapping[str, str]) -> str:
    """Correct the table whose rows are `token`: its role, width, and spacing between cells."""
    before, split, after = html.partition(token)
    start = before.rfind("<table ")
    opened = before[start:].replace("border-collapse:separate;", "")
    if role := attributes.get("role"):
        opened = opened.replace("<table ", f'<table role="{role}" ', 1)
    if attributes.get("cellspacing", "0") != "0":
        opened = opened.replace(' style="', ' style="border-collapse:separate;', 1)
    opened = re.sub(r' width="(\d+)[\d.]*px"', r' width="\1"', opened, count=1)
    return before[:start] + opened + split + after


def accordion_title(html: str, token: str, weight: str) -> str:
    """Give the title whose text is `token` its font weight."""
    title = re.compile(rf'(<td[^>]* style="[^"]*)("[^>]*>\s*{token})')
    return title.sub(lambda found: f"{found[1]}font-weight:{weight};{found[2]}", html)


def image(html: str, source: str, borders: str, sizes: str, link_title: str) -> str:
    """Add what the engine leaves out of an image whose ``src`` is `source`."""
    if borders:
        styled = re.compile(rf'(<img [^>]*src="{source}"[^>]* style="[^"]*)"')
        html = styled.sub(lambda found: f'{found[1]}{borders}"', html)
    if sizes:
        html = html.replace(f' src="{source}"', f' sizes="{sizes}" src="{source}"')
    if link_title:
        link = re.compile(rf'(<a )([^>]*><img [^>]*src="{source}")')
        html = link.sub(rf'\1title="{link_title}" \2', html)
    return html


def carousel_image(html: str, source: str, width: str) -> str:
    """Let the image whose ``src`` is `source` fill its column, borders and fractions counted."""
    styled = re.compile(rf'(<img [^>]*src="{source}"[^>]*? width=")-?\d+("[^>]*[";]width:)-?\d+px')
    return styled.sub(rf"\g<1>{width.partition('.')[0]}\g<2>{width}px", html)


def hidden_thumbnail(html: str, source: str) -> str:
    """Hide the thumbnail that shows `source`: a rule shows it where a carousel works."""
    link = re.compile(
        rf'(<a [^>]*[";]display:)inline-block(;[^>]*>\s*<label[^>]*>\s*<img [^>]*src="{source}")'
    )
    return link.sub(r"\1none\2", html)


def thumbnail_width(html: str, source: str, width: str) -> str:
    """Give the thumbnail that shows `source` a share of the room; the engine makes pixels of it."""
    link = re.compile(
        r'(<a [^>]*[";]width:)[^;"]*'
        rf'([^>]*>\s*<label[^>]*>\s*<img [^>]*src="{source}"[^>]*? width=")[^"]*'
    )
    return link.sub(rf"\g<1>{width}\g<2>{width.partition('.')[0].rstrip('%')}", html)


def divider(html: str, mark: str, width: str) -> str:
    """Give Outlook the width of the divider in the cell `mark`; the engine forgets some borders."""
    place = html.find(f'{mark}"')
    start = html.find("<table", place) if place >= 0 else -1
    if start < 0:
        return html
    end = html.find(">", start)
    opened = re.sub(r'([";]width:|\swidth=")[^";]*', rf"\g<1>{width}", html[start:end])
    return html[:start] + opened + html[end:]


def square_table(html: str, mark: str) -> str:
    """Leave the rounded corners of the section `mark`, as wide as the page, to what is in it."""
    return re.sub(
        rf'<table[^>]* class="{mark}"[^>]*>',
        lambda found: re.sub(r'(?<=[";])border-radius:[^;"]*;?', "", found[0]),
        html,
        count=1,
    )


def square_outside(html: str, mark: str) -> str:
    """Let only the inner table of the padded column `mark` have borders that do not collapse."""
    start = html.find(f' {mark}"')
    start = html.find("<table", start) if start >= 0 else -1
    if start < 0:
        return html
    end = html.find(">", start)
    opened = html[start:end].replace("border-collapse:separate;", "", 1)
    return html[:start] + opened + html[end:]


def image_width(html: str, source: str, width: str) -> str:
    """Give the image whose ``src`` is `source` its width; the engine thinks all borders alike."""
    sized = re.compile(
        rf'(<td[^>]* style="width:)-?\d+(px;">(?:<a [^>]*>)?<img [^>]*src="{source}"[^>]* width=")'
        r"-?\d+"
    )
    number = width.removesuffix("px")
    return sized.sub(rf"\g<1>{number}\g<2>{number}", html)


def social_icon(html: str, alt: str, attributes: Mapping[str, str]) -> str:
    """Give the icon whose alt text is `alt` what it lacks, and its place beside its text."""
    border = attributes["border"]
    styled = re.compile(rf'(<img alt="{alt}"[^>]* style=")')
    html = styled.sub(lambda found: f"{found[1]}border:{border};", html)
    for name in ("sizes", "srcset"):
        if value := attributes.get(name):
            html = html.replace(f'<img alt="{alt}"', f'<img alt="{alt}" {name}="{value}"')
    place = html.find(f' alt="{alt}"')
    if attributes.get("icon-position") != "right" or place < 0:
        return html
    start = html.rfind("<td", 0, html.rfind("<table", 0, place))
    middle = html.find("</table></td>", place) + len("</table></td>")
    if not html.startswith("<td", middle):
        return html
    end = html.find("</td>", middle) + len("</td>")
    return html[:start] + html[middle:end] + html[start:middle] + html[end:]


def rounded_column(html: str, mark: str) -> str:
    """Let the inner table of a column show its rounded corners, which collapsed borders do not."""
    start = html.find(f' {mark}"')
    start = html.find("<table", start) if start >= 0 else -1
    if start < 0:
        return html
    end = html.find(">", start)
    opened = html[start:end]
    if "border-collapse" not in opened:
        opened = opened.replace(' style="', ' style="border-collapse:separate;', 1)
    return html[:start] + opened + html[end:]


def section_in_gap(html: str, mark: str, gap: str, *, first: bool) -> str:
    """Set the section with the class `mark` apart from the one above it in its wrapper.

    With a gap, the reference leaves the background of these sections out of Outlook's tables, or
    the gap would be filled with it.
    """
    table = re.search(rf'<table[^>]* class="{mark}-outlook"[^>]*>', html)
    if table is None:
        return html
    opened = re.sub(r' bgcolor="[^"]*"', "", table[0])
    rest = html[table.end() :]
    if not first:
        opened = _styled(opened, f"padding-top:{gap};")
        block = rest.find("<div")
        if block >= 0:
            rest = rest[:block] + _styled(rest[block:], f"margin-top:{gap};")
    return html[: table.start()] + opened + rest


def section_in_wrapper(html: str, mark: str, width: str) -> str:
    """Give the section or hero `mark` its width; the engine thinks all borders alike."""
    block = re.search(rf'<div[^>]* class="{mark}"[^>]*>', html)
    if block is None:
        return html
    narrow = re.sub(r"(?<=max-width:)[^;\"]*", f"{width}px", block[0])
    before, table, opened = html[: block.start()].rpartition("<table ")
    opened = re.sub(
        r'(?P<style>[";]width:)[^;"]*|(?P<name>\swidth=")[^"]*',
        lambda found: f"{found['style']}{width}px" if found["style"] else found["name"] + width,
        opened,
    )
    return before + table + opened + narrow + html[block.end() :]


def hero(html: str, index: int, attributes: Mapping[str, str], padding: float) -> str:
    """Correct hero number `index`: its inner padding and background, width, and fluid height.

    `padding` is what its left and right padding take, in pixels.
    """
    found = next((m for number, m in enumerate(_HERO.finditer(html)) if number == index), None)
    if found is None:
        return html
    cell, table, between, content = found.groups()
    rest = html[found.end() :]
    if padding:
        table = re.sub(
            r'( width="|width:)(\d+)', lambda m: f"{m[1]}{max(0, int(m[2]) - int(padding))}", table
        )
    inner = [("background-color", attributes.get("inner-background-color"))]
    inner += [
        (side, attributes.get(f"inner-{side}"))
        for side in ("padding", "padding-top", "padding-left", "padding-right", "padding-bottom")
    ]
    said = re.search(r' style="([^"]*)"', content)
    before = said[1] if said else ""
    if style := "".join(f"{n}:{v};" for n, v in inner if v and f"{n}:" not in before):
        content = content.replace(f' style="{before}"', f' style="{before}{style}"')
    if radius := attributes.get("border-radius"):
        cell = _styled(cell, f"border-radius:{radius};")
    if attributes.get("mode") == "fluid-height":
        cell = re.sub(r' height="[^"]*"', "", cell)
        cell = re.sub(r"(?<=;)height:-?[\d.]+px;", "", cell)
        share = _background_share(attributes)
        strut = f'<td style="width:0.01%;padding-bottom:{share}%;mso-padding-bottom-alt:0;"></td>'
        cell = strut + cell
        rest = rest.replace(_HERO_END, _HERO_END + strut, 1)
    before, image, behind = html[: found.start()].rpartition("<v:image")
    if width := attributes.get("background-width"):
        behind = re.sub(r'(?<=[";])width:[^;"]*', f"width:{width}", behind, count=1)
    return f"{before}{image}{behind}{cell}{table}{between}{content}>{rest}"


def outlook_web(head: str) -> str:
    """Say the column widths once more for Outlook on the web, which skips media queries."""
    found = re.search(r"<style media=[^>]*>(.*?)</style>", head, re.DOTALL)
    if found is None:
        return head
    rules = found[1].replace(".moz-text-html", "[owa]").strip()
    block = f'<style type="text/css" data-premailer="ignore">\n{rules}\n</style>'
    return head[: found.end()] + block + head[found.end() :]


def outlook_parts(html: str) -> str:
    """Make one of the parts for Outlook that follow each other; nobody else sees a difference.

    The reference does so too. To end one and begin the next takes some 40 octets of a mail.
    """
    return _SEAM.sub("", html)


def _styled(html: str, style: str) -> str:
    """Return `html` with `style` at the end of its first style attribute."""
    return re.sub(r'( style="[^"]*)"', lambda found: f'{found[1]}{style}"', html, count=1)


def _background_share(attributes: Mapping[str, str]) -> int:
    """Return a hero's background height as a percentage of its width."""
    width = pixels(attributes.get("background-width", ""))
    height = pixels(attributes.get("background-height", ""))
    return math.floor(height / width * 100 + 0.5) if width else 0


def pixels(value: str) -> float:
    """Return a length in pixels; other units and no number at all count as 0."""
    found = re.match(r"\s*(-?\d*\.?\d+)\s*(px)?\s*$", value)
    return float(found[1]) if found else 0.0


def _number(written: str) -> str:
    unit = "%" if written.endswith("%") else ""
    return f"{round(float(written.removesuffix(unit)), 4):g}{unit}"
