from sqlalchemy import text

from domain.vocabulary import Role
from tests.builders import DAY, NOW
from tests.store.lives import Office


def test_a_token_is_known_by_its_bearer_until_it_is_revoked(office: Office) -> None:
    bearer = office.tokens.issue(role="police", name="Force system", organisation="A force", now=NOW)
    token = office.tokens.find(bearer)
    assert token is not None
    assert (token.role, token.name, token.organisation) == (Role.POLICE, "Force system", "A force")
    assert token.owner == "organisation:A force"
    assert office.tokens.revoke(token.id, now=NOW + DAY)
    assert office.tokens.find(bearer) is None
    assert not office.tokens.revoke(token.id, now=NOW + DAY)
    assert [listed.revoked_at for listed in office.tokens.list()] == [NOW + DAY]


def test_a_token_without_an_organisation_owns_only_what_it_sent_itself(office: Office) -> None:
    bearers = [office.tokens.issue(role="system", name=name, organisation=None, now=NOW) for name in "ab"]
    owners = {office.tokens.find(bearer).owner for bearer in bearers}
    assert len(owners) == 2


def test_a_bearer_is_nowhere_kept(office: Office) -> None:
    bearer = office.tokens.issue(role="manager", name="M", organisation=None, now=NOW)
    with office.engine.connect() as connection:
        rows = connection.execute(text("SELECT token::text FROM token")).scalars().all()
    assert not any(bearer in row or bearer.removeprefix("holdfast_") in row for row in rows)


def test_an_unknown_bearer_is_nobody(office: Office) -> None:
    assert office.tokens.find("") is None
    assert office.tokens.find("holdfast_nonsense") is None
    assert not office.tokens.revoke("nonsense", now=NOW)
