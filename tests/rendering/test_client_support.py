import json
from datetime import date

import pytest
from lxml import html as lxml_html

from outreach.rendering import client_support
from outreach.rendering.client_support import baseline, catalogue, clients, features_of, lacking
from tests.rendering.client_data import DATA, digest, measured_baseline


def used(html: str) -> set[str]:
    return set(features_of(lxml_html.document_fromstring(html)))


def test_the_baseline_is_what_mjml_emits_today():
    assert sorted(baseline()) == measured_baseline(), "run python -m tests.rendering.client_data"
    assert {"css-max-width", "css-border-radius", "css-at-media"} <= baseline()
    assert not {"css-display-flex", "css-box-shadow", "html-video"} & baseline()


def test_the_data_is_whole():
    data = json.loads(DATA.read_text("utf-8"))
    assert len(catalogue()) > 250
    assert {"gmail", "outlook", "apple-mail", "yahoo"} <= clients().keys()
    for feature in catalogue().values():
        date.fromisoformat(feature.tested)
        for missing in (feature.unsupported, feature.partial):
            for client, platforms in missing.items():
                assert set(platforms) <= data["clients"][client]["platforms"].keys()
    assert catalogue().keys() >= client_support.DECORATION
    licence = DATA.with_suffix(".LICENSE").read_text("utf-8")
    assert "Permission is hereby granted" in licence
    assert "HTeuMeuLeu" in licence


def test_a_digest_keeps_the_newest_result():
    source = {
        "last_update_date": "2025-01-02 00:00:00",
        "nicenames": {"family": {"gmail": "Gmail"}, "platform": {"ios": "iOS", "android": "A"}},
        "data": [
            {
                "slug": "css-x",
                "title": "x",
                "last_test_date": "2024-5-1",
                "stats": {
                    "gmail": {"ios": {"1": "n", "2": "y"}, "android": {"1": "y", "2": "n #1"}}
                },
            },
            {
                "slug": "css-y",
                "title": "y",
                "last_test_date": "2024-05-01",
                "stats": {"gmail": {"ios": {"1": "y"}, "android": {"1": "u"}}},
            },
        ],
    }
    kept = digest(source)
    assert kept["features"] == {
        "css-x": ["x", "2024-05-01", {"n": {"gmail": ["android"]}, "a": {}}]
    }


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('<p style="display: Flex">', "css-display-flex"),
        ('<p style="display:inline-grid">', "css-display-grid"),
        ('<p style="gap:1px">', "css-gap"),
        ('<p style="margin-inline:1px">', "css-margin-inline-block"),
        ('<p style="border-top-left-radius:1px">', "css-border-radius"),
        ('<p style="width:calc(1px + 2vw)">', "css-unit-calc"),
        ('<p style="width:calc(1px + 2vw)">', "css-unit-vw"),
        ('<p style="background:linear-gradient(red,blue)">', "css-linear-gradient"),
        ('<p style="color:oklch(40% 0.2 0)">', "css-modern-color"),
        ('<p style="--a:b">', "css-variables"),
        ('<p style="background:url(https://e.example/a.webp)">', "image-webp"),
        ('<p style="background:url(&quot;https://e.example/a.svg&quot;)">', "image-svg"),
        ("<style>a:hover{color:red}</style>", "css-pseudo-class-hover"),
        ("<style>p::before{content:'x'}</style>", "css-pseudo-element-before"),
        (
            "<style>@media (max-width:9px){p + p{color:red}}</style>",
            "css-selector-adjacent-sibling",
        ),
        ("<style>@media (max-width:9px){a[title]{color:red}}</style>", "css-selector-attribute"),
        ("<style>@media (orientation:portrait){a{color:red}}</style>", "css-at-media-orientation"),
        ("<style>@font-face{font-family:x}</style>", "css-at-font-face"),
        ("<video src=a.mp4></video>", "html-video"),
        ("<form><input type=radio></form>", "html-input-radio"),
        ('<a href="#x">', "html-anchor-links"),
        ('<img src="https://e.example/a.avif?x=1">', "image-avif"),
        ('<img srcset="a.png 2x">', "html-srcset"),
        ("<section>", "html-semantics"),
    ],
)
def test_features_are_seen(html: str, wanted: str):
    assert wanted in used(html)
    assert wanted in catalogue()


@pytest.mark.parametrize(
    ("html", "unwanted"),
    [
        ("<!--[if mso]><v:rect style='display:flex'></v:rect><![endif]-->x", "css-display-flex"),
        ('<p style="mso-hide:all;-webkit-filter:blur(1px)">', "css-filter"),
        ('<a href="#">', "html-anchor-links"),
        # What the inliner has written into attributes is judged there.
        ("<style>p + p{display:flex}</style>", "css-display-flex"),
        ("<style>p + p{display:flex}</style>", "css-selector-adjacent-sibling"),
        # For Outlook alone.
        ("<style>@media x{[data-ogsc] p{color:red}}</style>", "css-selector-attribute"),
        ('<p title="display:flex">', "css-display-flex"),
    ],
)
def test_what_is_no_feature_of_the_mail(html: str, unwanted: str):
    assert unwanted not in used(html)


def test_who_lacks_a_feature_is_told_by_name():
    missing = {"gmail": ["ios"], "apple-mail": ["macos", "ios"], "yahoo": []}
    assert lacking(missing, ["gmail", "apple-mail"]) == "Gmail (iOS), Apple Mail"
    assert lacking(missing, ["outlook", "yahoo"]) is None
