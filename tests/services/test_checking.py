from datetime import timedelta

from outreach.domain.links import Links, Signer
from outreach.domain.mailing import Sender
from outreach.services.checking import GMAIL_CLIP, Report, check, loaded, nasty_contacts
from outreach.services.composing import Composer
from outreach.storage import contacts as storage
from outreach.storage.database import Database
from tests.rendering.mail import NOW, contact, template

LINKS = Links(signer=Signer(["s"]), domain="a.example", base_url="https://a.example")
FOOT = "\n\n[Stop]({{ links.unsubscribe }}) {{ postal_address }}"


def report(body: str, *people: object, head: str = "subject: x\npreheader: y") -> Report:
    made = template(body, suffix="md", head=head)
    sender = Sender("Anna", "anna@a.example")
    composer = Composer(made, sender, LINKS, postal_address="1 Main Street, Town")
    return check(composer, people or [contact()], NOW)  # type: ignore[arg-type]


def test_all_is_well():
    found = report("Hello" + FOOT)
    assert (found.contacts, found.rendered, found.failed) == (1, 1, 0)
    assert found.failures == found.remarks == ()
    assert 0 < found.largest_html < found.largest_message


def test_failures_are_grouped_by_cause_and_name_every_contact():
    people = [
        contact(id=number, email=f"c{number}@example.com", first_name="A" if number % 2 else None)
        for number in range(1, 7)
    ]
    people.append(contact(id=9, email="bad@example.com", first_name="a\x00b"))
    found = report("Dear {{ contact.first_name }}" + FOOT, *people)
    assert (found.contacts, found.rendered, found.failed) == (7, 3, 4)
    first, second = found.failures
    assert (first.problem.line, first.contacts) == (
        5,
        ("c2@example.com", "c4@example.com", "c6@example.com"),
    )
    assert second.contacts == ("bad@example.com",)


def test_a_message_that_cannot_be_built_is_a_failure():
    found = report("x" + FOOT, contact(email="no address"))
    assert found.failed == 1
    assert "is not a mail address" in found.failures[0].problem.message


def remarks(*arguments: object, **options: object) -> list[str]:
    found = report(*arguments, **options)  # type: ignore[arg-type]
    assert found.failed == 0
    return [finding.problem.message for finding in found.remarks]


def test_remarks():
    assert remarks("Hello") == [
        "readers see no way to unsubscribe",
        "the postal address is not in the mail",
    ]
    assert remarks("Hello", head="subject: x\npreheader: y\nkind: check-in") == []
    assert remarks("Hello" + FOOT, head="subject: x") == ["there is no preheader"]
    long = "word " * 40
    assert "longer than any inbox" in remarks("Hi" + FOOT, head=f"subject: x\npreheader: {long}")[0]
    text = 'subject: x\npreheader: y\ntext: "{{ links.unsubscribe }} {{ postal_address }}"'
    assert remarks("[a](https://b.example)" + FOOT, head=text) == [
        "the text part lacks a link that the HTML has"
    ]
    unused = remarks("Hello" + FOOT, head="subject: x\npreheader: y\nhero: z")
    assert unused == ['nothing reads the variable "hero"']
    (size,) = remarks("word " * (GMAIL_CLIP // 5 + 1) + FOOT)
    assert "Gmail cuts its end off, with" in size
    (near,) = remarks("word " * (95_000 // 5) + FOOT)
    assert "nearly" in near


def test_nasty_contacts_have_every_tier_and_a_sound_template_suits_them_all():
    people = nasty_contacts(NOW, ["known", "client", "counsel"])
    assert {person.tier for person in people} == {"known", "client", "counsel"}
    assert len({person.email for person in people}) == len(people)
    assert report("{{ greeting() }} {{ contact.company | d('') }}" + FOOT, *people).failed == 0
    assert report("{{ contact.first_name }}" + FOOT, *people).failed > 0


def test_contacts_are_loaded_in_batches(sqlite_database: Database, monkeypatch):
    monkeypatch.setattr(storage, "BATCH", 2)
    with sqlite_database.write() as session:
        ids = [
            storage.insert(session, storage.NewContact(email=f"c{n}@example.com"), NOW)
            for n in range(5)
        ]
    found = list(loaded(sqlite_database, ids, NOW + timedelta(days=1)))
    assert [person.id for person in found] == ids
