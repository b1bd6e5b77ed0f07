import email
import json
import random
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from outreach.domain.links import Links, Signer
from outreach.domain.mailing import Sender
from outreach.errors import NotFoundError, UnavailableError
from outreach.rendering.templates import TemplateSet
from outreach.services.composing import Composer
from outreach.services.preview import (
    Preview,
    PreviewServer,
    make_preview,
    pick_contacts,
    stamp,
    watch,
    write_preview,
)
from outreach.storage import contacts as storage
from outreach.storage.database import Database
from tests.rendering.mail import NOW, contact

LINKS = Links(signer=Signer(["s"]), domain="a.example", base_url="https://a.example")
PEOPLE = [contact(id=1, first_name="</script><b>"), contact(id=2, email="b@example.com")]
SOURCE = "---\nsubject: Hi\npreheader: Look\n---\nDear {{ contact.first_name }}"


def previewed(source: str = SOURCE, people: list = PEOPLE) -> Preview:
    def composer() -> Composer:
        made = TemplateSet({"mail.md": source}).load("mail")
        return Composer(made, Sender("Anna", "anna@a.example"), LINKS)

    return make_preview("mail", composer, people, NOW)


def data(page: Path) -> dict:
    found = re.search(
        r'<script type="application/json"[^>]*>(.*?)</script>', page.read_text(), re.DOTALL
    )
    assert found is not None
    return json.loads(found[1])


def test_files_and_one_page(tmp_path: Path):
    page = write_preview(previewed(), tmp_path / "out")
    assert sorted(path.name for path in page.parent.iterdir()) == [
        "01-ann-example-com.eml",
        "01-ann-example-com.html",
        "01-ann-example-com.txt",
        "index.html",
    ]
    message = email.message_from_bytes((page.parent / "01-ann-example-com.eml").read_bytes())
    assert message["Subject"] == "Hi"
    first, second = data(page)["sheets"]
    assert (first["subject"], first["preheader"], first["sender"]) == ("Hi", "Look", "Anna")
    assert first["text"] == "Dear </script><b>\n"
    assert first["sizes"]["html"] == len((page.parent / first["files"]["html"]).read_bytes())
    assert "List-Unsubscribe: " in first["headers"]
    (problem,) = second["problems"]
    assert problem["place"] == "templates/mail.md:5:17"
    assert problem["message"] == "contact has no first_name"


def test_the_page_loads_nothing_and_runs_only_its_own_script(tmp_path: Path):
    page = write_preview(previewed(), tmp_path).read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'nonce-")
    assert "NONCE" not in page
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", page.split("<script type")[0])
    # A value cannot end the element that the data stands in.
    assert page.count("</script>") == 2
    assert 'sandbox: ""' in page


def test_a_template_that_cannot_be_read_is_a_page_too(tmp_path: Path):
    made = previewed("---\nsubject: Hi\n---\n{% if %}")
    page = write_preview(made, tmp_path)
    (problem,) = data(page)["problems"]
    assert problem["place"] == "templates/mail.md:4"
    assert made.failed == made.problems


def test_what_an_earlier_preview_left_goes(tmp_path: Path):
    write_preview(previewed("---\nsubject: Hi\n---\nHi"), tmp_path)
    (tmp_path / "mine.txt").write_text("kept")
    assert len(list(tmp_path.iterdir())) == 8
    write_preview(previewed("---\nsubject: Hi\n---\nHi", PEOPLE[:1]), tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [
        ".eml",
        ".html",
        ".html",
        ".txt",
        ".txt",
    ]


def test_a_folder_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnavailableError, match="cannot be written"):
        write_preview(previewed(), tmp_path / "file" / "out")


def test_contacts_are_picked(database: Database):
    rng = random.Random(1)
    with database.write() as session:
        for number, tier in enumerate(["known", "client", "client", "known"]):
            new = storage.NewContact(email=f"c{number}@example.com", tier=tier)
            storage.insert(session, new, NOW)

    def picked(**how: object) -> list[str]:
        found = pick_contacts(database, NOW, rng=rng, tiers=["known", "client"], **how)
        return [one.email[:2] for one in found]

    assert picked(email="C2@example.com") == ["c2"]
    assert picked(tier="client") == ["c1", "c2"]
    assert picked() == ["c0", "c1"]
    assert len(picked(count=3)) == 3
    assert picked(count=9, tier="known") == ["c0", "c3"]
    with pytest.raises(NotFoundError, match="no contact with the address"):
        picked(email="x@example.com")


def test_watching_renders_again_on_each_save(tmp_path: Path):
    file = tmp_path / "sub" / "a.md"
    file.parent.mkdir()
    file.write_text("1")
    steps = [
        lambda: None,
        lambda: file.write_text("22"),
        lambda: None,
        lambda: (tmp_path / "b.md").write_text("new"),
        file.unlink,
    ]
    renders = []

    def pause(_seconds: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    with pytest.raises(KeyboardInterrupt):
        watch([tmp_path], lambda: renders.append(len(stamp([tmp_path]))), pause=pause)
    assert renders == [1, 2, 1]


def test_the_server_shows_its_files_to_who_knows_the_address(tmp_path: Path):
    write_preview(previewed(), tmp_path, watched=True)
    (tmp_path / "secret.txt").write_text("x")
    with PreviewServer(tmp_path) as server:
        base = server.url.removesuffix("index.html")
        with urllib.request.urlopen(server.url, timeout=10) as answer:
            tag = answer.headers["ETag"]
            assert b'"watched": true' in answer.read()
        with urllib.request.urlopen(f"{base}01-ann-example-com.html", timeout=10) as answer:
            assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        write_preview(previewed(), tmp_path, watched=True)
        request = urllib.request.Request(server.url, method="HEAD")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.headers["ETag"] != tag
        root = re.sub(r"/[^/]+/index.html", "/", server.url)
        elsewhere = urllib.request.Request(server.url, headers={"Host": "evil.example"})
        for url in (root, f"{root}index.html", f"{base}secret.txt", f"{base}../x", elsewhere):
            with pytest.raises(urllib.error.HTTPError, match="404") as caught:
                urllib.request.urlopen(url, timeout=10)
            caught.value.close()
