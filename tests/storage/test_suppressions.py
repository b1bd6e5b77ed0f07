from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from outreach.storage import contacts, keys, suppressions
from outreach.storage.contacts import NewContact
from outreach.storage.database import Database
from outreach.storage.tables import KeyRow, SuppressionRow

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
ADA = "ada@example.org"


@pytest.fixture
def suppressed(database: Database) -> Database:
    with database.write() as session:
        secrets = keys.secrets(session, NOW)
        assert suppressions.suppress(
            session, ADA, secrets, reason="complaint", source="loop", detail="arf", now=NOW
        )
    return database


def test_the_first_secret_is_made_once_and_the_newest_is_last(database: Database) -> None:
    with database.write() as session:
        (first,) = keys.secrets(session, NOW)
        assert keys.secrets(session, NOW) == [first]
        second = keys.add(session, NOW)
        assert keys.secrets(session, NOW) == [first, second]
        assert len(first) >= 43
        assert len(session.scalars(select(KeyRow)).all()) == 2


def test_an_address_is_listed_once_as_it_was_first_written(suppressed: Database) -> None:
    with suppressed.write() as session:
        secrets = keys.secrets(session, NOW)
        again = suppressions.suppress(
            session, ADA, secrets, reason="manual", source="ann", detail=None, now=NOW
        )
        assert not again
        (listed,) = suppressions.listing(session)
    assert (listed.address, listed.reason, listed.detail) == (ADA, "complaint", "arf")


def test_the_reason_that_weighs_most_stands(database: Database) -> None:
    with database.write() as session:
        secrets = keys.secrets(session, NOW)
        told = [
            suppressions.suppress(
                session, ADA, secrets, reason=reason, source=f"by {reason}", detail=None, now=NOW
            )
            for reason in ("bounce", "manual", "bounce", "complaint", "manual")
        ]
        assert told == [True, True, False, True, False]
        (listed,) = suppressions.listing(session)
    assert (listed.reason, listed.source) == ("complaint", "by complaint")
    assert "suppressed again (manual, by manual)" in str(listed.detail)


def test_the_list_holds_after_the_address_was_erased(suppressed: Database) -> None:
    with suppressed.write() as session:
        session.execute(update(SuppressionRow).values(normalised=None))
        keys.add(session, NOW)  # and after the key was changed
    with suppressed.write() as session:
        (listed,) = suppressions.listing(session)
        assert listed.address is None
        secrets = keys.secrets(session, NOW)
        found = suppressions.recognise(session, [ADA, "bob@example.org"], secrets)
        assert found == {ADA: "complaint"}
        contact_id = contacts.insert(session, NewContact(email=ADA), NOW)
        assert contacts.load(session, [contact_id], NOW)[0].suppressed


def test_lifting_keeps_who_and_why_and_may_be_reversed(suppressed: Database) -> None:
    later = NOW + timedelta(days=1)
    with suppressed.write() as session:
        secrets = keys.secrets(session, NOW)
        lift = {"by": "ann", "reason": "wrote to us", "now": later}
        assert suppressions.lift(session, ADA, secrets, **lift)  # type: ignore[arg-type]
        assert not suppressions.lift(session, ADA, secrets, **lift)  # type: ignore[arg-type]
        assert suppressions.listing(session) == []
        assert suppressions.recognise(session, [ADA], secrets) == {}
        (former,) = suppressions.listing(session, lifted=True)
        assert (former.lifted_at, former.lifted_by) == (later, "ann")
        assert "lifted by ann: wrote to us" in str(former.detail)
        assert suppressions.suppress(
            session, ADA, secrets, reason="manual", source="ann", detail="again", now=later
        )
        (listed,) = suppressions.listing(session)
    assert listed.lifted_at is None
    assert "wrote to us" in str(listed.detail)
    assert "suppressed again (manual, ann): again" in str(listed.detail)
