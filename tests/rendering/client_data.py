"""Write ``outreach/rendering/data/caniemail.json`` anew.

``python -m tests.rendering.client_data caniemail.json`` takes the file ``data/caniemail.json`` of
npm's package `caniemail`, keeps each feature's newest result for each client, and adds what MJML
always emits, which is measured here. Without an argument only that is measured anew.
"""

import json
import sys
from pathlib import Path
from typing import Any

from lxml import html as lxml_html

from outreach.rendering import client_support
from outreach.rendering.css import inline_css
from outreach.rendering.mjml import render_mjml

DATA = Path(client_support.__file__).parent / "data" / "caniemail.json"

PLAIN = """<mjml lang="en" dir="ltr">
  <mj-head><mj-title>Plain</mj-title><mj-preview>Plain</mj-preview>
    <mj-style>@media only screen and (max-width: 480px) { p { margin: 0 } }</mj-style>
  </mj-head>
  <mj-body background-color="#eeeeee">
    <mj-wrapper background-color="#ffffff"><mj-section full-width="full-width"
        background-color="#ffffff"><mj-column>
      <mj-text><h1>Head</h1><h2>Head</h2><h3>Head</h3><p>Text with <a href="https://example.com">a
        link</a>, <strong>weight</strong>, <em>stress</em>, <span>a span</span></p>
        <ul><li>One</li></ul><ol><li>Two</li></ol><blockquote>Words</blockquote></mj-text>
      <mj-image src="https://example.com/a.png" alt="A" width="100px" href="https://example.com" />
      <mj-image src="https://example.com/a.jpg" alt="A" fluid-on-mobile="true" />
      <mj-divider /><mj-spacer height="10px" />
      <mj-button href="https://example.com">Go</mj-button>
      <mj-table><tr><th>Head</th></tr><tr><td>Cell</td></tr></mj-table>
      <mj-social><mj-social-element name="web" href="https://example.com">Web</mj-social-element>
      </mj-social>
    </mj-column></mj-section></mj-wrapper>
    <mj-section><mj-group><mj-column><mj-text>Left</mj-text></mj-column>
      <mj-column><mj-text align="right">Right</mj-text></mj-column></mj-group></mj-section>
    <mj-hero background-color="#ffffff"><mj-text>Hero</mj-text></mj-hero>
  </mj-body>
</mjml>
"""
"""One of everything that mail is usually made of, each with no more than it needs."""


def measured_baseline() -> list[str]:
    """Return the features that MJML and the inliner emit for `PLAIN`."""
    html = inline_css(render_mjml(PLAIN, name="plain.mjml", loader=lambda _name: None).html)
    used = client_support.features_of(lxml_html.document_fromstring(html))
    return sorted(used.keys() & client_support.catalogue().keys())


def digest(source: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of caniemail's own data."""
    names = source["nicenames"]
    clients: dict[str, Any] = {}
    features = {}
    for entry in sorted(source["data"], key=lambda entry: entry["slug"]):
        missing: dict[str, dict[str, list[str]]] = {"n": {}, "a": {}}
        for client, platforms in entry["stats"].items():
            known = clients.setdefault(client, {"name": names["family"][client], "platforms": {}})
            for platform, results in platforms.items():
                known["platforms"].setdefault(platform, names["platform"][platform])
                newest = list(results.values())[-1][0]
                if newest in missing:
                    missing[newest].setdefault(client, []).append(platform)
        if missing["n"] or missing["a"]:
            tested = "-".join(part.zfill(2) for part in entry["last_test_date"].split("-"))
            features[entry["slug"]] = [entry["title"], tested, missing]
    updated = source["last_update_date"][:10]
    return {"updated": updated, "clients": clients, "features": features}


def main() -> None:
    data = json.loads(DATA.read_text("utf-8")) if DATA.exists() else {}
    if len(sys.argv) > 1:
        data = digest(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    data["baseline"] = []
    _write(data)
    data["baseline"] = measured_baseline()
    _write(data)


def _write(data: dict[str, Any]) -> None:
    lines = []
    for key, value in data.items():
        if key == "features":
            rows = [f"{json.dumps(slug)}:{_compact(row)}" for slug, row in value.items()]
            joined = ",\n".join(rows)
            lines.append(f'"features":{{\n{joined}\n}}')
        else:
            lines.append(f"{json.dumps(key)}:{_compact(value)}")
    DATA.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
