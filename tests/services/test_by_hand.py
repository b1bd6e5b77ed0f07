"""Contacts, tiers and permissions by hand: what a person may do, and what nobody may."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from outreach.domain.contact import AttributeType, ConsentBasis, ConsentStatus
from outreach.domain.moves import Told
from outreach.domain.tiers_file import read_tiers
from outreach.domain.touches import Channel, Direction
from outreach.errors import BusyError, NotFoundError, RefusedError, UsageError
from outreach.services import contacts, history, merging, permissions, tiers
from outreach.services.given import Given
from outreach.starter import starter_file
from outreach.storage import keys, suppressions
from outreach.storage.database import Database
from outreach.storage.tables import (
    CampaignRow,
    DeliveryRow,
    PromiseRow,
    SuppressionRow,
    TemplateSentRow,
    TierChangeRow,
)

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TIERS = read_tiers(starter_file("tiers.toml").read_text(encoding="utf-8"))
TYPES = {
    "plan": AttributeType.TEXT,
    "renewal": AttributeType.DATE,
    "seats": AttributeType.NUMBER,
    "tags": AttributeType.LIST,
}
ADA, BOB = "ada@example.org", "bob@example.org"


def add(database: Database, email: str = ADA, **given: object) -> contacts.Added:
    return contacts.add(
        database,
        TIERS,
        TYPES,
        email,
        Given(**given),  # type: ignore[arg-type]
        by="ann",
        now=NOW,
    )


def edit(database: Database, **given: object) -> contacts.Contact:
    return contacts.edit(database, TYPES, ADA, Given(**given), now=NOW)  # type: ignore[arg-type]


def move(database: Database, after: str, *emails: str, **how: object) -> list[tiers.Moved]:
    how = {"by": "ann", "now": NOW, **how}
    return tiers.move(database, TIERS, emails or (ADA,), after, **how)  # type: ignore[arg-type]


def shown(database: Database) -> contacts.Shown:
    return contacts.show(database, TYPES, ADA, now=NOW, limit=50)


# Adding and changing


def test_a_contact_starts_as_known_with_what_was_typed(database: Database) -> None:
    added = add(
        database,
        fields={"first_name": " Ada ", "timezone": "europe/london", "country": "Great Britain"},
        attributes={"renewal": "2027-01-31", "seats": "3", "tags": "a; b"},
        interests=["Tax"],
    )
    contact = added.contact
    assert (contact.tier, contact.first_name) == ("known", "Ada")
    assert (contact.timezone, contact.country) == ("Europe/London", "GB")
    assert contact.attributes == {"renewal": date(2027, 1, 31), "seats": 3, "tags": ("a", "b")}
    assert contact.interests == {"tax"}
    assert contact.consent is ConsentStatus.NONE
    (event,) = shown(database).timeline
    assert (event.kind, event.what, event.by) == ("tier", "starts as known", "ann")


def test_everything_wrong_is_said_at_once_and_nothing_is_added(sqlite_database: Database) -> None:
    with pytest.raises(UsageError) as caught:
        contacts.add(
            sqlite_database,
            TIERS,
            TYPES,
            "ada@example.org\r\nBcc: all@example.org",
            Given(
                fields={"timezone": "Europe/Berln", "locale": "x", "country": "Germny"},
                attributes={"plann": "pro", "renewal": "tomorrow", "seats": "many"},
            ),
            by="ann",
            now=NOW,
            basis=ConsentBasis.EXPRESS,
        )
    text = str(caught.value)
    assert len(caught.value.problems) == 8
    for expected in (
        "control character",
        'did you mean "Europe/Berlin"',
        "locale:",
        "country:",
        'did you mean "plan"',
        "attributes.renewal",
        "attributes.seats",
        "--evidence",
    ):
        assert expected in text
    with pytest.raises(NotFoundError):
        shown(sqlite_database)


def test_one_address_is_one_contact(database: Database) -> None:
    add(database)
    with pytest.raises(UsageError, match="contacts edit"):
        add(database, "ADA@Example.ORG")
    assert add(database, "ada+x@example.org").looks_like == (ADA,)


def test_adding_again_does_not_lift_a_suppression(database: Database) -> None:
    permissions.suppress(database, ADA, reason="asked", by="ann", now=NOW)
    with database.write() as session:
        session.scalars(select(SuppressionRow)).one().normalised = None
    added = add(database)
    assert added.suppressed_because == "manual"
    assert shown(database).contact.suppressed


def test_a_consent_comes_with_its_evidence(database: Database) -> None:
    added = contacts.add(
        database,
        TIERS,
        TYPES,
        ADA,
        Given(),
        by="ann",
        now=NOW,
        basis=ConsentBasis.CONFIRMED,
        evidence="form of 3 May",
    )
    assert added.contact.consent is ConsentStatus.GRANTED
    assert added.contact.consent_basis is ConsentBasis.CONFIRMED


def test_what_is_not_named_stays(database: Database) -> None:
    add(database, fields={"company": "Engines", "phone": "1"}, attributes={"plan": "pro"})
    contact = edit(
        database,
        fields={"company": "Looms"},
        clear=["phone", "attributes.plan"],
        interests=["Law"],
    )
    assert (contact.company, contact.phone) == ("Looms", None)
    assert contact.attributes == {}
    assert edit(database, no_interests=["LAW"]).interests == frozenset()
    with pytest.raises(UsageError, match="nothing is to be changed"):
        edit(database)
    with pytest.raises(UsageError, match='did you mean "company"'):
        edit(database, clear=["compny"])
    for guarded in ("tier", "consent", "suppressed", "opted_out"):
        with pytest.raises(UsageError, match="nothing that can be cleared"):
            edit(database, clear=[guarded])


def test_addresses_come_and_go_but_never_past_a_suppression(database: Database) -> None:
    add(database)
    add(database, BOB)
    new = "ada@engines.example"
    call = {"types": TYPES, "email": ADA, "given": Given(), "now": NOW}
    with pytest.raises(UsageError, match=f"contacts merge {ADA} {BOB}"):
        contacts.edit(database, **call, add_addresses=[BOB])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="the address we write to"):
        contacts.edit(database, **call, remove_addresses=[ADA])  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="none of their addresses"):
        contacts.edit(database, **call, remove_addresses=[BOB])  # type: ignore[arg-type]
    contact = contacts.edit(database, **call, primary=new)  # type: ignore[arg-type]
    assert contact.email == new
    permissions.suppress(database, ADA, reason="asked", by="ann", now=NOW)
    with pytest.raises(RefusedError, match="suppressed"):
        contacts.edit(database, **call, remove_addresses=[ADA])  # type: ignore[arg-type]
    assert shown(database).contact.suppressed
    with database.write() as session:
        session.scalars(select(SuppressionRow)).one().reason = "bounce"
    freed = contacts.edit(database, **call, remove_addresses=[ADA])  # type: ignore[arg-type]
    assert not freed.suppressed


# Tiers and roles


def test_a_client_is_made_by_a_person_with_a_reason(database: Database) -> None:
    add(database)
    with pytest.raises(RefusedError, match="needs a reason") as caught:
        move(database, "client")
    assert caught.value.exit_code == 5
    assert shown(database).contact.tier == "known"
    (moved,) = move(database, "client", reason="signed the letter")
    assert moved.told is Told.OFFER
    assert shown(database).tier_by_person
    assert shown(database).contact.tier_since == NOW
    with database.read() as session:
        change = session.scalars(select(TierChangeRow).order_by(TierChangeRow.id.desc())).first()
        promise = session.scalars(select(PromiseRow)).one()
    assert change is not None
    assert (change.before, change.after, change.reason) == ("known", "client", "signed the letter")
    assert (change.by, change.by_person) == ("ann", True)
    assert change.promise_hash == TIERS.hash == promise.hash
    assert promise.text == TIERS.text


def test_all_are_moved_or_none(database: Database) -> None:
    add(database)
    add(database, BOB)
    move(database, "client", BOB, reason="retained")
    with pytest.raises(RefusedError, match=BOB):
        move(database, "customer", ADA, BOB)
    assert shown(database).contact.tier == "known"
    with pytest.raises(NotFoundError) as caught:
        move(database, "customer", ADA, "eve@example.org", "mal@example.org")
    assert len(caught.value.problems) == 2
    assert shown(database).contact.tier == "known"
    with pytest.raises(NotFoundError, match='did you mean "customer"'):
        move(database, "custmer")


def test_who_is_there_already_is_left_alone(database: Database) -> None:
    add(database)
    (moved,) = move(database, "known")
    assert not moved.changed
    assert len(shown(database).timeline) == 1


def test_a_pause_ends_on_its_day_or_when_a_person_says_so(database: Database) -> None:
    add(database)
    (moved,) = move(database, "paused", reason="parental leave")
    assert moved.until == NOW + timedelta(days=60)
    longer = NOW + timedelta(days=90)
    move(database, "paused", reason="longer", until=longer)
    assert shown(database).contact.held_until == longer
    move(database, "customer")
    assert shown(database).contact.held_until == longer
    move(database, "customer", reason="back early")
    assert shown(database).contact.held_until is None
    with pytest.raises(UsageError, match="over already"):
        move(database, "paused", reason="x", until=NOW)
    with pytest.raises(UsageError, match="only a pause"):
        move(database, "client", reason="x", until=longer)


def test_parting_and_coming_back(database: Database) -> None:
    add(database)
    move(database, "parted", reason="conflict of interest")
    assert shown(database).contact.parted_at == NOW
    with pytest.raises(RefusedError, match="needs a reason"):
        move(database, "known")
    move(database, "known", reason="they wrote again")
    assert shown(database).contact.parted_at is None


def test_roles_come_and_go_with_who_and_why(database: Database) -> None:
    add(database)
    how = {"by": "ann", "now": NOW, "reason": "mutual"}
    assert tiers.set_role(database, TIERS, ADA, "partner", held=True, **how).changed  # type: ignore[arg-type]
    assert not tiers.set_role(database, TIERS, ADA, "partner", held=True, **how).changed  # type: ignore[arg-type]
    tiers.set_role(database, TIERS, ADA, "payer", held=True, **how)  # type: ignore[arg-type]
    assert shown(database).contact.roles == {"partner", "payer"}
    tiers.set_role(database, TIERS, ADA, "partner", held=False, **how)  # type: ignore[arg-type]
    assert shown(database).contact.roles == {"payer"}
    assert shown(database).contact.tier == "known"
    with pytest.raises(NotFoundError, match="partner"):
        tiers.set_role(database, TIERS, ADA, "prtner", held=True, **how)  # type: ignore[arg-type]


def test_duties_multiply_promises_by_contacts(database: Database) -> None:
    for number in range(3):
        add(database, f"c{number}@example.org")
        move(database, "client", f"c{number}@example.org", reason="retained")
    move(database, "paused", "c2@example.org", reason="leave")
    duties = {duty.tier.name: duty for duty in tiers.duties(database, TIERS, now=NOW)}
    assert duties["client"].contacts == 2
    assert duties["client"].exchanges_per_week == round(2 * 7 / 60, 2)
    assert duties["client"].at_least_per_week == round(2 * 7 / 90, 2)
    assert duties["client"].reviews_per_year == 4
    assert duties["known"].exchanges_per_week == 0


# What happened


def test_a_call_resets_the_cadence_and_a_note_does_not(database: Database) -> None:
    add(database)
    history.note(database, ADA, " likes wine ", by="ann", now=NOW)
    assert shown(database).contact.last_touch is None
    earlier = NOW - timedelta(days=3)
    contact = history.log(database, Channel.CALL, ADA, by="ann", now=NOW, at=earlier, summary="tax")
    assert contact.last_two_way == contact.last_personal == earlier
    letter = history.log(database, Channel.LETTER, ADA, by="ann", now=NOW, direction=Direction.OUT)
    assert (letter.last_personal, letter.last_two_way) == (NOW, earlier)
    assert [event.kind for event in shown(database).timeline][-1] == "touch"
    assert {"note", "touch", "tier"} == {event.kind for event in shown(database).timeline}
    with pytest.raises(UsageError, match="to come"):
        history.log(database, Channel.CALL, ADA, by="ann", now=NOW, at=NOW + timedelta(days=1))
    with pytest.raises(UsageError, match="who wrote"):
        history.log(database, Channel.LETTER, ADA, by="ann", now=NOW)
    with pytest.raises(UsageError, match="empty"):
        history.note(database, ADA, "  ", by="ann", now=NOW)


# Permissions


def grant(database: Database, basis: ConsentBasis, **how: object) -> contacts.Contact:
    how = {"by": "ann", "now": NOW, "evidence": "form", **how}
    return permissions.consent(database, ADA, ConsentStatus.GRANTED, basis=basis, **how)  # type: ignore[arg-type]


def test_a_withdrawn_consent_is_given_again_by_their_word_only(database: Database) -> None:
    add(database)
    expires = NOW + timedelta(days=182)
    first = grant(database, ConsentBasis.INQUIRY, expires=expires)
    assert (first.consent_basis, first.consent_expires) == (ConsentBasis.INQUIRY, expires)
    gone = permissions.consent(
        database, ADA, ConsentStatus.WITHDRAWN, by="ann", now=NOW, evidence="phone"
    )
    assert gone.consent is ConsentStatus.WITHDRAWN
    assert gone.consent_basis is None
    assert gone.consent_expires is None
    for basis in (ConsentBasis.INTEREST, ConsentBasis.CONTRACT, ConsentBasis.INQUIRY):
        with pytest.raises(RefusedError, match="own word"):
            grant(database, basis)
    backdated = grant(database, ConsentBasis.EXPRESS, at=NOW - timedelta(days=5))
    assert backdated.consent is ConsentStatus.WITHDRAWN
    again = grant(database, ConsentBasis.EXPRESS, now=NOW + timedelta(days=1))
    assert again.consent is ConsentStatus.GRANTED
    assert sum(event.kind == "consent" for event in shown(database).timeline) == 4


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"basis": None}, "needs its ground"),
        ({"evidence": " "}, "needs its evidence"),
        ({"at": NOW + timedelta(days=1)}, "in the future"),
        ({"expires": NOW}, "expire before"),
        ({"status": ConsentStatus.WITHDRAWN, "expires": NOW + timedelta(days=1)}, "can expire"),
    ],
)
def test_a_consent_that_cannot_be_is_refused(
    sqlite_database: Database, how: dict[str, object], expected: str
) -> None:
    values = {"status": ConsentStatus.GRANTED, "basis": ConsentBasis.EXPRESS, "evidence": "form"}
    with pytest.raises(UsageError, match=expected):
        permissions.consent(sqlite_database, ADA, by="ann", now=NOW, **{**values, **how})  # type: ignore[arg-type]


def test_opting_out_of_everything_is_parting(database: Database) -> None:
    add(database)
    move(database, "client", reason="retained")
    done = permissions.opt_out(database, TIERS, ADA, ("items", "everything"), by="ann", now=NOW)
    assert done.parted
    assert done.contact.opted_out == {"items", "everything"}
    assert done.contact.parted_at == NOW
    assert done.contact.tier == "client"
    again = permissions.opt_out(database, TIERS, ADA, ("everything",), by="ann", now=NOW)
    assert (again.new, again.parted) == ((), False)
    edit(database, fields={"company": "Engines"})
    move(database, "known", reason="they wrote again")
    assert shown(database).contact.opted_out == {"items", "everything"}
    with pytest.raises(RefusedError, match="own word"):
        permissions.opt_in_again(database, ADA, ("everything",), evidence="", now=NOW)
    back = permissions.opt_in_again(
        database, ADA, ("everything", "items"), evidence="mail of 3 May", now=NOW
    )
    assert back.opted_out == frozenset()
    with pytest.raises(NotFoundError, match="not opted out"):
        permissions.opt_in_again(database, ADA, ("items",), evidence="x", now=NOW)


def test_a_suppression_is_lifted_by_a_person_with_a_reason(database: Database) -> None:
    add(database)
    assert permissions.suppress(database, ADA, reason="asked", by="ann", now=NOW) == (ADA, True)
    assert permissions.suppress(database, ADA, reason="asked", by="ann", now=NOW) == (ADA, False)
    assert shown(database).contact.suppressed
    with pytest.raises(RefusedError):
        permissions.lift_suppression(database, ADA, reason=" ", by="ann", now=NOW)
    permissions.lift_suppression(database, ADA, reason="wrote to us", by="ann", now=NOW)
    assert not shown(database).contact.suppressed
    assert permissions.suppression_list(database, lifted=False, limit=None) == []
    assert len(permissions.suppression_list(database, lifted=True, limit=None)) == 1
    with pytest.raises(NotFoundError):
        permissions.lift_suppression(database, ADA, reason="x", by="ann", now=NOW)


@pytest.mark.parametrize("erased", [False, True])
def test_a_complaint_is_lifted_by_who_names_it_alone(database: Database, erased: bool) -> None:
    add(database)
    with database.write() as session:
        suppressions.suppress(
            session,
            ADA,
            keys.secrets(session, NOW),
            reason=suppressions.COMPLAINT,
            source="inbox 1",
            detail=None,
            now=NOW,
        )
        if erased:
            session.execute(update(SuppressionRow).values(normalised=None))
    with pytest.raises(RefusedError, match="called our mail spam") as caught:
        permissions.lift_suppression(database, ADA, reason="wrote to us", by="ann", now=NOW)
    assert "--despite-complaint" in str(caught.value.problems[0].hint)
    (listed,) = permissions.suppression_list(database, lifted=False, limit=None)
    assert (listed.address, listed.lifted_at, listed.detail) == (
        None if erased else ADA,
        None,
        None,
    )
    permissions.lift_suppression(
        database, ADA, reason="wrote to us", by="ann", now=NOW, despite_complaint=True
    )
    assert permissions.suppression_list(database, lifted=False, limit=None) == []


# Merging


def test_a_merge_can_be_tried_first(database: Database) -> None:
    add(database)
    add(database, "ada+x@example.org", fields={"company": "Engines"})
    ((first, second),) = merging.duplicates(database, now=NOW, limit=10)
    assert (first.email, second.email) == (ADA, "ada+x@example.org")
    call = {"keep": ADA, "absorb": "ada+x@example.org", "by": "ann", "now": NOW}
    tried = merging.merge(database, TIERS, TYPES, **call, dry_run=True)  # type: ignore[arg-type]
    assert tried.contact.company == "Engines"
    assert shown(database).contact.company is None
    merging.merge(database, TIERS, TYPES, **call)  # type: ignore[arg-type]
    assert shown(database).contact.company == "Engines"
    assert len(shown(database).addresses) == 2
    assert merging.duplicates(database, now=NOW, limit=10) == []
    with pytest.raises(UsageError, match="one contact already"):
        merging.merge(database, TIERS, TYPES, **call)  # type: ignore[arg-type]


def test_no_campaign_reaches_the_merged_person_twice(database: Database) -> None:
    kept = add(database).contact.id
    gone = add(database, BOB).contact.id
    with database.write() as session:
        session.add(TemplateSentRow(hash="h", files={}, first_used_at=NOW))
        session.flush()
        states = {"news@1": ("pending", "pending"), "news@2": ("pending", "sent")}
        states["news@3"] = ("sent", "pending")
        for key, pair in states.items():
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
                state="running",
                created_at=NOW,
            )
            session.add(campaign)
            session.flush()
            for contact_id, state in zip((kept, gone), pair, strict=True):
                delivery = DeliveryRow(
                    campaign_id=campaign.id,
                    contact_id=contact_id,
                    address=f"{contact_id}@example.org",
                    state=state,
                    created_at=NOW,
                    sent_at=NOW if state == "sent" else None,
                )
                session.add(delivery)
    outcome = merging.merge(database, TIERS, TYPES, ADA, BOB, by="ann", now=NOW)
    assert outcome.merged.left == outcome.merged.cancelled == ("news@1", "news@2", "news@3")
    with database.write() as session:
        rows = session.execute(
            select(CampaignRow.key, DeliveryRow.contact_id, DeliveryRow.state)
            .join(DeliveryRow, DeliveryRow.campaign_id == CampaignRow.id)
            .order_by(CampaignRow.key, DeliveryRow.contact_id)
        )
        found = {(key, contact_id): state for key, contact_id, state in rows}
        assert found == {
            ("news@1", kept): "pending",
            ("news@1", gone): "cancelled",
            ("news@2", kept): "cancelled",
            ("news@2", gone): "sent",
            ("news@3", kept): "sent",
            ("news@3", gone): "cancelled",
        }
        for row in session.scalars(select(DeliveryRow).where(DeliveryRow.state == "pending")):
            row.state = "claimed"
    assert shown(database).contact.received == {"news@2", "news@3"}
    add(database, "eve@example.org")
    with pytest.raises(BusyError):
        merging.merge(database, TIERS, TYPES, ADA, "eve@example.org", by="ann", now=NOW)
