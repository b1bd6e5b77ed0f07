from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from outreach.domain.contact import AttributeType, ConsentStatus, Contact
from outreach.storage import contacts, suppressions
from outreach.storage.contacts import NewContact
from outreach.storage.database import Database
from outreach.storage.tables import (
    CampaignRow,
    ContactRow,
    DeliveryRow,
    OptOutRow,
    RoleRow,
    SuppressionRow,
    TemplateSentRow,
)

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def add(database: Database, email: str, **values: object) -> int:
    with database.write() as session:
        return contacts.insert(session, NewContact(email=email, **values), NOW)  # type: ignore[arg-type]


def test_a_new_contact_is_loaded_with_all_that_was_given(database: Database) -> None:
    ada = add(
        database,
        "Ada@Example.org",
        tier="customer",
        fields={"first_name": "Ada", "last_name": "Lovelace", "locale": "en-GB"},
        attributes={"renewal": date(2027, 1, 31), "seats": 3, "vip": True, "tags": ("a", "b")},
        interests=["tax", "tax", "wine"],
    )
    types = {"renewal": AttributeType.DATE}
    with database.read() as session:
        (contact,) = contacts.load(session, [ada], NOW, types=types)
        (untyped,) = contacts.load(session, [ada], NOW)
    assert contact.email == "Ada@example.org"
    assert contact.name == "Ada Lovelace"
    assert contact.tier == "customer"
    assert contact.tier_since == NOW
    assert contact.interests == {"tax", "wine"}
    assert contact.attributes == {
        "renewal": date(2027, 1, 31),
        "seats": 3,
        "vip": True,
        "tags": ("a", "b"),
    }
    assert untyped.attributes["renewal"] == "2027-01-31"
    assert contact.consent is ConsentStatus.NONE
    assert contact.company is None
    assert not contact.suppressed
    assert contact.created_at == contact.updated_at == NOW


def test_what_is_loaded_is_a_contact_like_any_other(database: Database) -> None:
    ada = add(database, "ada@example.org", fields={"first_name": "Ada"}, interests=["tax"])
    with database.read() as session:
        (contact,) = contacts.load(session, [ada], NOW)
    assert type(contact) is Contact
    assert contact == Contact(
        id=ada,
        email="ada@example.org",
        first_name="Ada",
        tier="known",
        tier_since=NOW,
        interests=frozenset({"tax"}),
        created_at=NOW,
        updated_at=NOW,
    )
    assert replace(contact, email="b@example.org").first_name == "Ada"
    with pytest.raises(FrozenInstanceError):
        contact.email = "b@example.org"  # type: ignore[misc]


def test_loading_keeps_the_order_and_leaves_out_who_is_not_there(database: Database) -> None:
    first, second = add(database, "a@example.org"), add(database, "b@example.org")
    merged = add(database, "c@example.org")
    with database.write() as session:
        session.get_one(ContactRow, merged).merged_into_id = first
    with database.read() as session:
        found = contacts.load(session, [second, 999, merged, first], NOW)
    assert [contact.id for contact in found] == [second, first]


def test_a_contact_knows_roles_refusals_and_what_it_received(database: Database) -> None:
    ada, bob = add(database, "ada@example.org"), add(database, "bob@example.org")
    with database.write() as session:
        session.add_all(
            [
                RoleRow(contact_id=ada, role="partner", since=NOW, by="ann"),
                RoleRow(contact_id=ada, role="payer", since=NOW, until=NOW, by="ann"),
                OptOutRow(contact_id=ada, scope="items", source="mail", occurred_at=NOW),
                OptOutRow(
                    contact_id=ada,
                    scope="newsletters",
                    source="mail",
                    occurred_at=NOW,
                    lifted_at=NOW,
                ),
                SuppressionRow(
                    address_hash="0" * 64,
                    normalised="ada@example.org",
                    reason="complaint",
                    source="feedback loop",
                    created_at=NOW,
                ),
                SuppressionRow(
                    address_hash="1" * 64,
                    normalised="bob@example.org",
                    reason="manual",
                    source="by hand",
                    created_at=NOW,
                    lifted_at=NOW,
                ),
                TemplateSentRow(hash="h", files={}, first_used_at=NOW),
            ]
        )
        session.flush()
        for key, sent in (("newsletter@2026-11", NOW), ("newsletter@2026-12", None)):
            campaign = CampaignRow(
                key=key,
                template="newsletter",
                template_hash="h",
                segment="clients",
                segment_where="true",
                series="newsletter",
                kind="newsletter",
                content_class="give",
                subject="News",
                sender="ann",
                state="done",
                created_at=NOW,
            )
            session.add(campaign)
            session.flush()
            session.add(
                DeliveryRow(
                    campaign_id=campaign.id,
                    contact_id=ada,
                    address="ada@example.org",
                    state="sent",
                    created_at=NOW,
                    sent_at=sent,
                )
            )
    with database.read() as session:
        loaded, other = contacts.load(session, [ada, bob], NOW)
    assert loaded.roles == {"partner"}
    assert loaded.opted_out == {"items"}
    assert loaded.suppressed
    assert loaded.received == {"newsletter@2026-11"}
    assert not other.suppressed
    assert other.roles == other.opted_out == other.received == frozenset()


@pytest.mark.parametrize(
    ("reason", "of_primary", "stopped"),
    [
        # A dead address is about that address...
        ("bounce", True, True),
        ("bounce", False, False),
        # ... and everything else is what the person wants.
        ("complaint", True, True),
        ("complaint", False, True),
        ("manual", False, True),
    ],
)
def test_a_bounce_of_another_address_stops_nobody(
    database: Database, reason: str, of_primary: bool, stopped: bool
) -> None:
    ada = add(database, "ada@example.org")
    secrets = ["secret"]
    with database.write() as session:
        contacts.add_address(session, ada, "ada@home.example", NOW)
        suppressions.suppress(
            session,
            "ada@example.org" if of_primary else "ada@home.example",
            secrets,
            reason=reason,
            source="test",
            detail=None,
            now=NOW,
        )
    with database.read() as session:
        assert contacts.load(session, [ada], NOW)[0].suppressed is stopped
    if reason != "bounce":
        return
    with database.write() as session:
        contacts.make_primary(session, ada, "ada@home.example")
    with database.read() as session:
        # It is the other one now that mail would go to.
        assert contacts.load(session, [ada], NOW)[0].suppressed is not stopped


def test_an_address_is_found_in_any_spelling(database: Database) -> None:
    ada = add(database, "Ada@example.org")
    with database.write() as session:
        contacts.add_address(session, ada, "a.lovelace@bücher.example", NOW)
    with database.read() as session:
        assert contacts.find(session, "ADA@EXAMPLE.ORG") == ada
        assert contacts.find(session, "A.Lovelace@xn--bcher-kva.example") == ada
        assert contacts.find(session, "bob@example.org") is None


def test_more_contacts_than_one_statement_takes(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "BATCH", 2)
    ids = [add(sqlite_database, f"c{number}@example.org") for number in range(5)]
    with sqlite_database.read() as session:
        assert [contact.id for contact in contacts.load(session, ids, NOW)] == ids
        wanted = [f"c{number}@example.org" for number in range(5)]
        assert contacts.find_many(session, wanted) == dict(zip(wanted, ids, strict=True))


def test_changes_set_clear_and_leave(database: Database) -> None:
    ada = add(
        database,
        "ada@example.org",
        fields={"company": "Engines", "owner": "ann"},
        attributes={"plan": "pro", "seats": 3},
    )
    later = NOW + timedelta(days=1)
    with database.write() as session:
        contacts.change(
            session,
            ada,
            later,
            fields={"company": None, "job_title": "Analyst"},
            attributes={"plan": None, "since": date(2020, 2, 29)},
        )
    with database.read() as session:
        (contact,) = contacts.load(session, [ada], NOW)
    assert (contact.company, contact.job_title, contact.owner) == (None, "Analyst", "ann")
    assert contact.attributes == {"seats": 3, "since": "2020-02-29"}
    assert (contact.created_at, contact.updated_at) == (NOW, later)
    with pytest.raises(ValueError, match="tier"), database.write() as session:
        contacts.change(session, ada, later, fields={"tier": "client"})


def test_one_address_is_primary(database: Database) -> None:
    ada = add(database, "ada@example.org")
    with database.write() as session:
        contacts.add_address(session, ada, "ada@engines.example", NOW, primary=True)
        contacts.add_address(session, ada, "third@engines.example", NOW)
        assert [info.normalised for info in contacts.addresses(session, ada)] == [
            "ada@engines.example",
            "ada@example.org",
            "third@engines.example",
        ]
        contacts.make_primary(session, ada, "third@engines.example")
        contacts.remove_address(session, ada, "ada@engines.example")
        contacts.remove_address(session, ada, "third@engines.example")
    with database.read() as session:
        left = contacts.addresses(session, ada)
        (contact,) = contacts.load(session, [ada], NOW)
    assert [(info.normalised, info.is_primary) for info in left] == [
        ("third@engines.example", True),
        ("ada@example.org", False),
    ]
    assert contact.email == "third@engines.example"


def test_interests_keep_the_day_they_were_declared(database: Database) -> None:
    ada = add(database, "ada@example.org", interests=["tax"])
    with database.write() as session:
        contacts.add_interests(session, ada, ["tax", "law"], "mail", NOW + timedelta(days=1))
        contacts.remove_interests(session, ada, ["law", "golf"])
    with database.read() as session:
        assert contacts.load(session, [ada], NOW)[0].interests == {"tax"}


def test_the_list_is_of_living_contacts_in_order(database: Database) -> None:
    ids = [add(database, f"c{number}@example.org") for number in range(3)]
    client = add(database, "client@example.org", tier="client")
    with database.write() as session:
        session.get_one(ContactRow, ids[1]).merged_into_id = ids[0]
    with database.read() as session:
        assert contacts.listing(session) == [ids[0], ids[2], client]
        assert contacts.listing(session, tier="client") == [client]
        assert contacts.listing(session, limit=2) == [ids[0], ids[2]]


def test_who_is_away_is_not_counted(database: Database) -> None:
    ids = [add(database, f"c{number}@example.org", tier="client") for number in range(4)]
    with database.write() as session:
        session.get_one(ContactRow, ids[0]).parted_at = NOW
        session.get_one(ContactRow, ids[1]).held_until = NOW + timedelta(days=1)
        session.get_one(ContactRow, ids[2]).held_until = NOW - timedelta(days=1)
    with database.read() as session:
        assert contacts.count_by_tier(session, NOW) == {"client": 2}


def test_likely_duplicates_are_proposed_in_groups(database: Database) -> None:
    first = add(database, "ada.lovelace@gmail.com")
    add(database, "bob@example.org")
    second = add(database, "adalovelace+news@googlemail.com")
    with database.write() as session:
        contacts.add_address(session, second, "adalovelace+x@gmail.com", NOW)
        contacts.add_address(session, first, "a@example.org", NOW)
    with database.read() as session:
        assert contacts.likely_duplicates(session, 10) == [(first, second)]
