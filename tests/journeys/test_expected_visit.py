"""Who asked for it is told when somebody comes: from the coordinator's press to the text, through the gate."""

from datetime import UTC, datetime, timedelta

from tests.browser.doorsteps import Doorsteps
from tests.journeys.people import Json, People, eventually
from tests.servers import Tree

MOBILE = "+447700900871"


def announcements(people: People, referral: str) -> list[Json]:
    return [each for each in people.coordinator.messages(referral) if each["purpose"] == "visit_expected"]


def a_repair_for(people: People, doorsteps: Doorsteps, referral: str, **said: object) -> Json:
    """Ask for a repair, until somebody has been asked."""
    doorsteps.register()
    asked = {"kinds": ["board_up"], "urgency": "open_property", "tells_victim": True, **said}
    sent = people.coordinator.post(f"/referrals/{referral}/repairs", asked)
    assert sent.status_code in {201, 202}, sent.text

    def found() -> Json | None:
        [repair] = people.coordinator.get(f"/referrals/{referral}/repairs").json()["items"] or [None]
        return repair if repair and any(offer["made_at"] for offer in repair["offers"]) else None

    return eventually(found, 30, or_else="nobody was asked")


def on_the_way(people: People, repair: Json) -> None:
    """They take it and set off; the coordinator writes it down."""
    [offer, *_] = [offer["id"] for offer in repair["offers"] if offer["made_at"]]
    eta = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    for answer in ("accepted", "on_the_way"):
        said = {"offer": offer, "answer": answer, "eta_at": eta}
        told = people.coordinator.post(f"/repairs/{repair['id']}/answers", said)
        assert told.status_code == 200, told.text


def test_who_asked_to_be_told_gets_a_text(people: People, shared_tree: Tree) -> None:
    referral = people.force.refer(victim__phones=[{"number": MOBILE, "safe": "yes"}])
    people.coordinator.ring(referral, "answered")
    repair = a_repair_for(people, Doorsteps(people, shared_tree), referral)
    on_the_way(people, repair)

    def left() -> Json | None:
        return next((each for each in announcements(people, referral) if each["state"] == "sent"), None)

    text = eventually(
        left, 30, or_else=lambda: people.coordinator.story(referral) + str(announcements(people, referral))
    )
    assert text["channel"] == "text"
    assert text["simulated"]


def test_who_was_never_spoken_to_is_rung_instead(people: People, shared_tree: Tree) -> None:
    referral = people.force.refer(victim__phones=[{"number": "+447700900872", "safe": "yes"}])
    repair = a_repair_for(people, Doorsteps(people, shared_tree), referral)
    on_the_way(people, repair)
    eventually(
        lambda: "told by telephone when somebody comes" in people.coordinator.story(referral),
        30,
        or_else="nobody was asked to ring",
    )
    assert announcements(people, referral) == []
