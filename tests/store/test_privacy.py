"""Rule 8 of docs/policy.md: nothing personal lies in any table in clear."""

import json

import psycopg
import pytest
import sqlalchemy.exc
from sqlalchemy import text

from domain.errors import HoldfastError
from domain.events import SupportPlan
from domain.vocabulary import MessageState, SupportKind
from store.tokens import Maker
from tests.store.lives import JO, Office, a_document

PLANTED = {
    "source": {"reference": "CRIME-77123", "person_reference": "PERSON-88", "officer": "OfficerSecret"},
    "given": "Wilhelmina",
    "family": "Featherstonehaugh",
    "preferred": "Minnie",
    "born": "1951-07-09",
    "phone": "+447700900987",
    "email": "minnie.f@private.example",
    "lines": ["77 Hidden Lane", "Secretville"],
    "postcode": "CB9 9ZZ",
    "guardian": "Guardianella",
    "suspect": "Bartholomew Badman",
    "interpreter": "InterpreterName",
    "notes": "The dog barked at midnight",
}


def planted_document() -> dict:
    p = PLANTED
    return a_document(
        source__reference=p["source"]["reference"],
        source__person_reference=p["source"]["person_reference"],
        source__officer=p["source"]["officer"],
        source__reply_to="reply@officer.example",
        incident__postcode=p["postcode"],
        victim={
            "given_name": p["given"],
            "family_name": p["family"],
            "preferred_name": p["preferred"],
            "date_of_birth": p["born"],
            "interpreter": p["interpreter"],
            "phones": [{"number": p["phone"], "safe": "yes"}],
            "emails": [{"address": p["email"], "safe": "yes"}],
            "address": {"lines": p["lines"], "postcode": p["postcode"], "safe": "yes"},
            "guardian": {"given_name": p["guardian"], "phones": [{"number": "+447700900988"}]},
        },
        suspects=[{"relationship": "stranger", "shares_address": "no", "name": p["suspect"]}],
        notes=p["notes"],
    )


SECRETS = (
    "CRIME-77123",
    "PERSON-88",
    "OfficerSecret",
    "officer.example",
    "Wilhelmina",
    "Featherstonehaugh",
    "Minnie",
    "1951-07-09",
    "7700900987",
    "7700900988",
    "minnie.f",
    "private.example",
    "Hidden Lane",
    "Secretville",
    "CB9 9ZZ",
    "Guardianella",
    "Bartholomew",
    "Badman",
    "InterpreterName",
    "barked",
    "NoteOfTheCall",
    "ReasonInWords",
    "OwnKindOfHold",
    "OwnerOfSupport",
    "PatchedStreet",
    "Dear Wilhelmina",
    "KeptAnswerBody",
)


def test_no_name_number_or_address_lies_in_clear_in_any_table(office: Office) -> None:
    life = office.begins(planted_document())
    life.rings("no_answer", note="NoteOfTheCall with Minnie")
    life.decides("hold", hold_kind="OwnKindOfHold", reason="ReasonInWords")
    life.decides("release", hold_kind="OwnKindOfHold")
    life.is_silent(2).is_corrected({"victim": {"address": {"lines": ["PatchedStreet 1"]}}})
    life.reaches_cut_off().begins_to_leave()
    key = life.key
    office.messages.settle(key, MessageState.UNKNOWN, why="minnie.f bounced", provider_id="p", now=life.now)
    support = SupportPlan(kind=SupportKind.PHONE, owner="OwnerOfSupport")
    life.rings("answered", note="Wilhelmina answered").decides("ongoing_support", support=support)
    claim = office.idempotency.claim(token_id="t", key="Minnie", method="POST", path="/", body=b"Wilhelmina")
    office.idempotency.complete(
        claim, status=200, body=b'{"note": "KeptAnswerBody"}', headers={"location": "/Minnie"}, now=life.now
    )
    assert life.state.stage == "supporting"
    written = dump(office)
    assert life.id.encode() in written, "the dump has to show what lies there"
    assert [secret for secret in SECRETS if appears(secret, written)] == []


def test_the_planted_words_can_be_read_again_by_who_has_the_key(office: Office) -> None:
    # Without this the test above would pass on tables that keep nothing.
    life = office.begins(planted_document()).rings("no_answer", note="NoteOfTheCall")
    shown = json.dumps(life.view.document)
    assert "Wilhelmina" in shown
    assert life.view.next_number == "+447700900987"
    assert "NoteOfTheCall" in {line.words for line in office.timeline.of(life.id)}


def test_an_error_of_the_database_does_not_quote_what_was_sent(office: Office) -> None:
    with pytest.raises(sqlalchemy.exc.DBAPIError) as caught, office.engine.begin() as connection:
        connection.execute(text("SELECT 1/0, CAST(:name AS text)"), {"name": "Wilhelmina"})
    assert "Wilhelmina" not in str(caught.value)


def test_errors_of_ours_carry_ids_and_never_a_persons_details(office: Office) -> None:
    life = office.begins(planted_document())
    with office.engine.begin() as connection:
        connection.execute(text("UPDATE referral SET document_enc = document_enc || 'x'::bytea"))
    with pytest.raises(HoldfastError) as caught:
        office.referrals.take_up(life.id)
    assert life.id in str(caught.value)
    assert not any(secret in str(caught.value) for secret in SECRETS)


def test_forgetting_a_persons_key_makes_everything_of_theirs_unreadable(office: Office) -> None:
    life = office.begins(planted_document()).rings("no_answer", note="NoteOfTheCall")
    assert life.last is not None
    with office.engine.begin() as connection:
        connection.execute(text("UPDATE referral SET wrapped_key = ''"))
    for read in (
        lambda: office.timeline.of(life.id),
        lambda: office.referrals.take_up(life.id),
        lambda: office.commands.words(life.last.command_id),
        lambda: office.view(life.id).document,
    ):
        with pytest.raises(HoldfastError):
            read()


def test_a_view_does_not_show_the_person_by_accident(office: Office) -> None:
    # Views end up in tracebacks.
    life = office.begins(planted_document())
    assert not any(secret in repr(life.view) for secret in SECRETS)


def test_whose_a_referral_is_stays_readable(office: Office) -> None:
    maker = Maker(token_id="t", role="police", name="A", organisation="Cambridgeshire Constabulary")
    reception = office.receives(planted_document(), by=maker)
    assert office.view(reception.referral_id).owner == maker.owner
    assert JO.owner == "token:t-jo"


def dump(office: Office) -> bytes:
    """Every table as Postgres itself writes it out, and bytea once more as the bytes it holds."""
    url = office.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    parts: list[bytes] = []
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
        ).fetchall()
        for table in sorted({name for name, _, _ in tables}):
            with connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copied:  # type: ignore[arg-type]
                parts += [bytes(row) for row in copied]
        for table, column, kind in tables:
            if kind == "bytea":
                rows = connection.execute(f'SELECT "{column}" FROM "{table}"').fetchall()  # type: ignore[arg-type]
                parts += [bytes(value) for (value,) in rows if value is not None]
    return b"\n".join(parts)


def appears(secret: str, written: bytes) -> bool:
    """Whether a word lies in what was written out, as it is or as its bytes in figures."""
    folded = written.lower()
    return any(form.lower() in folded for form in (secret.encode(), secret.encode().hex().encode()))
