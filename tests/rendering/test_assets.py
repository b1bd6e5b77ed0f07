"""Attachments and inline images, from front matter and Markdown to parts of a message."""

import email
import email.policy
from pathlib import Path

import pytest

from outreach.domain.mailing import Sender
from outreach.errors import TemplateError
from outreach.rendering.assets import MAX_ASSETS, image_names, with_images
from outreach.rendering.templates import Template, TemplateSet
from outreach.services.composing import Composer
from outreach.services.preview import make_preview, write_preview
from tests.rendering.mail import LAYOUT, NOW, SCENE, contact
from tests.services.test_composing import LINKS

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
PDF = b"%PDF-1.7\n" * 9


def folder(tmp_path: Path, body: str, head: str = "", **files: bytes) -> TemplateSet:
    root = tmp_path / "templates"
    for name, data in {
        "mail.md": f"---\nsubject: Hi\nkind: check-in\n{head}\n---\n{body}\n".encode(),
        "layouts/letter.mjml": LAYOUT.encode(),
        "files/logo.png": PNG,
        "files/same.png": PNG,
        "files/offer.pdf": PDF,
        **files,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return TemplateSet(root)


def message(template: Template, **person: str) -> email.message.EmailMessage:
    made = composer(template).compose(contact(**person), delivery_id=5, date=NOW).message
    parsed = email.message_from_bytes(made, policy=email.policy.default)
    assert not parsed.defects
    return parsed


def composer(template: Template) -> Composer:
    return Composer(template, Sender("Anna Weber", "anna@studio.example"), LINKS, company="Studio")


def kinds(parsed: email.message.EmailMessage) -> list[str]:
    return [part.get_content_type() for part in parsed.walk()]


def test_an_attachment_goes_along(tmp_path: Path):
    head = """attachments:
  - files/offer.pdf
  - {file: offer.pdf, name: "Angebot für März.pdf"}
  - {file: files/terms.txt, name: terms, type: text/plain}"""
    template = folder(tmp_path, "See.", head, **{"files/terms.txt": b"Terms\n"}).load("mail")
    parsed = message(template)
    assert parsed.get_content_type() == "multipart/mixed"
    found = [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in parsed.iter_attachments()
    ]
    assert found == [
        ("offer.pdf", "application/pdf", PDF),
        ("Angebot für März.pdf", "application/pdf", PDF),
        ("terms", "text/plain", b"Terms\n"),
    ]
    assert template.files["files/offer.pdf"].startswith("sha256:")


@pytest.mark.parametrize(
    ("head", "message", "line"),
    [
        ("attachments: offer.pdf", "must be a list of files", 4),
        ("attachments: [../secret.pdf]", 'there is no file "../secret.pdf"', 4),
        ("attachments: [/etc/passwd]", 'there is no file "/etc/passwd"', 4),
        ("attachments: [files/offer.pdx]", 'there is no file "files/offer.pdx"', 4),
        ("attachments: [setup.exe]", "holds a .exe file, which mail servers refuse", 4),
        ("attachments: [{file: offer.pdf, titel: x}]", 'knows file, name and type, not "titel"', 4),
        ("attachments: [{name: x}]", "holds an entry without a file", 4),
        ('attachments: [{file: offer.pdf, name: "a/b"}]', "a name that no file can have", 4),
        ('attachments: [{file: offer.pdf, name: "=?x?q?a?="}]', "a name that no file can have", 4),
        ("attachments: [{file: offer.pdf, type: message/rfc822}]", "has the type", 4),
        ("attachments: [note.txt]", "note.txt would be a template there", 4),
        ("attachments: [files/huge.bin]", "is larger than the 10,000,000 octets", None),
        ("attachments: [files/big1.bin, files/big2.bin]", "its files take 12,000,000 octets", 4),
    ],
)
def test_what_cannot_go_along_is_told(tmp_path: Path, head: str, message: str, line: int | None):
    (tmp_path / "secret.pdf").write_bytes(PDF)
    templates = folder(tmp_path, "Hi", head, **{"note.txt": b"---\nsubject: x\n---\n"})
    for name, size in (("huge", MAX_ASSETS + 1), ("big1", 6_000_000), ("big2", 6_000_000)):
        with (templates.folder / f"files/{name}.bin").open("wb") as file:
            file.truncate(size)
    with pytest.raises(TemplateError) as caught:
        templates.load("mail")
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.line == line


def test_a_link_out_of_the_folder_is_not_taken_along(tmp_path: Path):
    templates = folder(tmp_path, "Hi", "attachments: [files/link.pdf]")
    (tmp_path / "secret.pdf").write_bytes(PDF)
    (templates.folder / "files/link.pdf").symlink_to(tmp_path / "secret.pdf")
    with pytest.raises(TemplateError, match=r"files/link\.pdf leads out of the template folder"):
        templates.load("mail")


def test_an_image_that_is_a_link_out_of_the_folder_is_not_shown(tmp_path: Path):
    templates = folder(tmp_path, "![x](files/link.png)")
    (tmp_path / "secret.png").write_bytes(PNG)
    (templates.folder / "files/link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(TemplateError) as caught:
        templates.load("mail").render(contact(), SCENE)
    (problem,) = caught.value.problems
    assert problem.message == "templates/files/link.png leads out of the template folder"
    assert (problem.line, problem.column) == (6, 6)


@pytest.mark.parametrize("layout", ["", "layout: letter"])
def test_images_travel_once_and_are_shown(tmp_path: Path, layout: str):
    body = "![Logo](files/logo.png)\n\n![Same](logo.png) ![Again](files/same.png)\n\n"
    body += "{{ contact.name }}"
    template = folder(tmp_path, body, layout).load("mail")
    assert len(template.images) == 1
    cid = template.images[0].cid
    parsed = message(template, first_name="url(files/none.png)")
    assert kinds(parsed) == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    html = parsed.get_body(("html",)).get_content()
    assert html.count(f'src="cid:{cid}"') == 3
    picture = list(parsed.walk())[-1]
    assert picture["Content-ID"] == f"<{cid}>"
    assert picture.get_payload(decode=True) == PNG


def test_an_image_may_be_chosen_among_those_that_are_named(tmp_path: Path):
    body = "{% if contact.company %}![](files/logo.png){% endif %}\n\n![]({{ hero }})"
    files = {"files/hero.jpg": b"\xff\xd8\xff\xe0" + bytes(20)}
    template = folder(tmp_path, body, "hero: files/hero.jpg", **files).load("mail")
    assert len(template.images) == 2
    assert kinds(message(template)).count("image/png") == 0
    assert kinds(message(template, company="x"))[-2:] == ["image/jpeg", "image/png"]


def test_images_of_a_layout_lie_beside_it(tmp_path: Path):
    layout = LAYOUT.replace("{{ company }}", '<img src="mark.png" alt="">').encode()
    files = {"layouts/letter.mjml": layout, "layouts/mark.png": PNG}
    template = folder(tmp_path, "Hi", "layout: letter", **files).load("mail")
    assert kinds(message(template))[-1] == "image/png"


def test_a_missing_image_is_told_with_its_line(tmp_path: Path):
    template = folder(tmp_path, "Hello\n\n![x](files/lgoo.png)").load("mail")
    with pytest.raises(TemplateError) as caught:
        template.render(contact(), SCENE)
    (problem,) = caught.value.problems
    assert "no image 'files/lgoo.png'" in problem.message
    assert problem.line == 8
    assert "files/logo.png" in problem.hint


def test_an_image_that_is_none_is_told(tmp_path: Path):
    templates = folder(tmp_path, "![x](files/fake.png)", **{"files/fake.png": b"<svg/>"})
    with pytest.raises(TemplateError, match=r"fake\.png is not what its name says, image/png"):
        templates.load("mail")


def test_what_was_approved_is_what_goes_out(tmp_path: Path):
    templates = folder(tmp_path, "![x](files/logo.png)", "attachments: [files/offer.pdf]")
    template = templates.load("mail")
    again = TemplateSet(template.files, assets=templates.folder).load("mail")
    assert again.hash == template.hash
    assert again.attachments == template.attachments
    (templates.folder / "files/offer.pdf").write_bytes(PDF + b"more")
    assert templates.load("mail").hash != template.hash
    with pytest.raises(TemplateError, match=r"offer\.pdf: was changed since the mailing was appr"):
        TemplateSet(template.files, assets=templates.folder).load("mail")
    (templates.folder / "files/offer.pdf").unlink()
    with pytest.raises(TemplateError, match=r"offer\.pdf: is gone"):
        TemplateSet(template.files, assets=templates.folder).load("mail")


def test_a_preview_shows_images_and_its_eml_is_what_would_be_sent(tmp_path: Path):
    template = folder(tmp_path, "![x](files/logo.png)").load("mail")
    made = make_preview("mail", lambda: composer(template), [contact()], NOW)
    page = write_preview(made, tmp_path / "preview")
    shown = (tmp_path / "preview/01-ann-example-com.html").read_text()
    assert 'src="data:image/png;base64,iVBORw0KGgo' in shown
    assert "data:image/png;base64,iVBORw0KGgo" in page.read_text()
    eml = (tmp_path / "preview/01-ann-example-com.eml").read_bytes()
    assert b"cid:" in eml
    assert b"data:image" not in eml


def test_only_elements_and_styles_are_looked_at():
    seen: list[str] = []

    def url_of(name: str) -> str:
        seen.append(name)
        return f"<{name}>"

    html = (
        '<p>url(text.png) src="text.png"</p><img alt="url(alt.png)" src="a&amp;b%20c.png">'
        '<img src=\'https://x.example/a.png\'><img src="cid:x"><img src="data:,"><img src="//x/y">'
        '<td background="t.png" style="background:url(&quot;s.png&quot;) url(\'r.gif\')">'
        "<style>a{background:url(u.png)} b{background:url('https://x/y.png')}</style>"
        '<v:fill src="v.png"/>'
    )
    with_images(html, url_of)
    assert seen == ["a&b c.png", "t.png", "s.png", "r.gif", "u.png", "v.png"]


def test_names_of_images_are_found_in_no_time_in_endless_words():
    endless = (
        "data:image/png;base64," + "iVBOR/w0" * 200_000 + " ![x](a/b.png) url(c.gif) 'd e.jpg'"
    )
    assert list(image_names(endless)) == ["a/b.png", "c.gif", "e.jpg", "d e.jpg"]


ODD_NAMES = ("Grüße aus Łódź.png", "bild (1), neu.png", "תמונה שלי.png", "a'b & c.png")


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("form", ["![x](<files/{}>)", '<img src="files/{}" alt="x">'])
def test_images_with_odd_names_are_shown(tmp_path: Path, name: str, form: str):
    written = name.replace("&", "&amp;") if form.startswith("<") else name
    templates = folder(tmp_path, form.format(written), **{f"files/{name}": PNG})
    mail = message(templates.load("mail"))
    (image,) = (part for part in mail.walk() if part.get_content_type() == "image/png")
    (page,) = (part for part in mail.walk() if part.get_content_type() == "text/html")
    assert image.get_content() == PNG
    assert f"cid:{image['Content-ID'].strip('<>')}" in page.get_content()


def test_names_may_be_written_as_in_an_address_or_as_another_file_system_does(tmp_path: Path):
    body = "![x](files/Gr%C3%BC%C3%9Fe%20aus.png)"
    templates = folder(tmp_path, body, **{"files/Gru\u0308ße aus.png": PNG})
    mail = message(templates.load("mail"))
    assert [part.get_content_type() for part in mail.walk()].count("image/png") == 1


def test_attachments_keep_odd_names(tmp_path: Path):
    names = ["דוח שנתי.pdf", "Rechnung № 5 (neu).pdf", "Übersicht März.pdf"]
    head = "attachments:" + "".join(f'\n  - "files/{name}"' for name in names)
    templates = folder(tmp_path, "Hi", head, **{f"files/{name}": PDF for name in names})
    mail = message(templates.load("mail"))
    assert [part.get_filename() for part in mail.iter_attachments()] == names
