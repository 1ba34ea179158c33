"""What tradespeople are texted: enough to say yes or no, and nothing that is nobody's business."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.gate import NotPermitted
from domain.message_ports import Delivery, Outgoing, Verdict
from domain.repair_dispatch.kinds import NoticeKind, NoticeVerdict, RepairKind, TradeChannel, Urgency
from domain.repair_dispatch.ports import TradeNotice
from domain.telling_words import telling_words
from providers.simulated import SimulatedProvider
from providers.trades_text import WITHOUT_LINK, TradeTexts
from templates import gsm7
from templates.trade_texts import MOST_PARTS, TASKS, trade_text
from tests.builders import NOW
from tests.providers.trades_protocol import LINK, a_notice, a_permit

EVERY_KIND = tuple(RepairKind)


class RealTexts:
    """A provider that says what it is told to."""

    simulated = False
    collects = False

    def __init__(self, verdict: Verdict = Verdict.ACCEPTED) -> None:
        self.verdict = verdict
        self.taken: list[Outgoing] = []

    def send(self, outgoing: Outgoing) -> Delivery:
        self.taken.append(outgoing)
        return Delivery(verdict=self.verdict, provider_id="SM1", why="As told.")

    def reconcile(self, key: str) -> Delivery:
        raise NotImplementedError


def texted(kind: NoticeKind, **changes) -> TradeNotice:
    return a_notice(kind, channel=TradeChannel.TEXT, firm_id="", **changes)


def written(kind: NoticeKind, **changes) -> str:
    return trade_text(texted(kind, **changes))


def test_an_offer_says_where_about_what_how_soon_and_until_when_to_answer() -> None:
    assert written(NoticeKind.OFFER) == (
        "The Hub: Job near CT1: board up, change locks, make it safe now. On site by 09:15. "
        f"Please answer by 09:05: {LINK}"
    )


def test_times_are_those_of_the_clock_on_their_wall() -> None:
    # In July London is an hour ahead of UTC; a locksmith who reads UTC comes an hour late.
    july = NOW.replace(month=7)
    text = written(
        NoticeKind.OFFER, on_site_by=july + timedelta(minutes=15), answer_by=july + timedelta(minutes=5)
    )
    assert "On site by 10:15" in text
    assert "answer by 10:05" in text


def test_a_job_that_can_be_planned_names_the_day() -> None:
    text = written(NoticeKind.OFFER, urgency=Urgency.PLANNED, on_site_by=NOW + timedelta(days=7))
    assert "to be planned. On site by 30 Nov, 09:00" in text


def test_a_confirmation_says_that_it_is_theirs_and_where_the_details_are() -> None:
    assert written(NoticeKind.CONFIRMATION) == (
        "The Hub: Job K7PM-4T2Q near CT1 is yours, thank you. Where to go and how to get in: "
        f"{LINK} Questions: 01223 000000"
    )


@pytest.mark.parametrize("kind", NoticeKind)
def test_no_text_carries_an_address_an_access_or_a_word_for_the_door(kind: NoticeKind) -> None:
    # A telephone that lies about is read by anybody.
    text = written(
        kind,
        address_lines=("1 Example Street", "Canterbury"),
        postcode="CT1 2AB",
        access="Ring at the side door.",
        code_word="bluebell",
    )
    for secret in ("Example Street", "Canterbury", "2AB", "side door", "bluebell"):
        assert secret not in text


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("urgency", Urgency)
def test_every_text_is_neutral_and_of_two_parts_at_most(kind: NoticeKind, urgency: Urgency) -> None:
    text = written(
        kind,
        urgency=urgency,
        kinds=EVERY_KIND,
        area="CT10",
        neutral_name="The Hub for Canterbury and the villages around it",
        link=f"https://repairs.a-rather-long-name.example/trades/{'a' * 24}",
        coordinator_phone="+44 (0)1223 000 000",
    )
    assert gsm7.is_gsm7(text), gsm7.dear_characters(text)
    assert gsm7.parts(text) <= MOST_PARTS
    assert telling_words(text) == ()


def test_a_name_that_would_make_a_text_too_long_is_left_out() -> None:
    text = written(NoticeKind.OFFER, neutral_name="Kōrero " * 20)
    assert text.startswith("Job near CT1")
    assert gsm7.parts(text) <= MOST_PARTS


@pytest.mark.parametrize("kind", [NoticeKind.TAKEN, NoticeKind.WITHDRAWAL, NoticeKind.CANCELLATION])
def test_whoever_is_not_to_go_is_told_so_and_thanked(kind: NoticeKind) -> None:
    text = written(kind)
    assert "please do not go" in text.lower()
    assert "thank you" in text.lower()
    assert LINK not in text


def test_nothing_is_said_of_a_number_that_is_not_known() -> None:
    assert "Questions" not in written(NoticeKind.CANCELLATION, coordinator_phone="")


def test_every_kind_of_repair_has_words() -> None:
    assert set(TASKS) == set(RepairKind)


def test_a_profile_may_bring_its_own_words(tmp_path) -> None:
    (tmp_path / "repair_dispatch").mkdir()
    (tmp_path / "repair_dispatch" / "taken.txt.j2").write_text("{{ reference }}: gone, thanks.")
    assert trade_text(texted(NoticeKind.TAKEN), wording_folder=tmp_path) == "K7PM-4T2Q: gone, thanks."


# --- the courier


def test_a_text_goes_to_the_tradespersons_own_number_under_an_id_that_tells_nothing() -> None:
    way, notice = RealTexts(), texted(NoticeKind.OFFER, public_id="0d7a4ff1-5d0c-5b4e-8f55-0a4d5b1c9e11")
    told = TradeTexts(way, trade_text).tell(notice, a_permit(notice))
    [outgoing] = way.taken
    assert (outgoing.to, outgoing.key) == (notice.phone, notice.public_id)
    assert outgoing.message_id == outgoing.key, "else nobody learns that it did not arrive"
    assert notice.offer_id not in outgoing.key
    assert outgoing.written.text == trade_text(notice)
    assert (told.verdict, told.provider_id) == (NoticeVerdict.TOLD, "SM1")


def test_what_is_kept_of_a_text_that_left_answers_for_nobody() -> None:
    notice = texted(NoticeKind.OFFER)
    told = TradeTexts(RealTexts(), trade_text).tell(notice, a_permit(notice))
    assert LINK not in told.shown
    assert WITHOUT_LINK in told.shown


def test_in_a_rehearsal_the_link_is_shown_so_that_somebody_can_answer() -> None:
    way, notice = TradeTexts(SimulatedProvider(), trade_text), texted(NoticeKind.OFFER)
    assert way.simulated
    assert LINK in way.tell(notice, a_permit(notice)).shown


@pytest.mark.parametrize(
    ("said", "means"),
    [
        (Verdict.ACCEPTED, NoticeVerdict.TOLD),
        (Verdict.REJECTED, NoticeVerdict.REJECTED),
        (Verdict.NOT_TRIED, NoticeVerdict.NOT_TRIED),
        (Verdict.UNKNOWN, NoticeVerdict.UNKNOWN),
    ],
)
def test_what_the_provider_of_texts_proves_is_handed_on(said: Verdict, means: NoticeVerdict) -> None:
    notice = texted(NoticeKind.OFFER)
    told = TradeTexts(RealTexts(said), trade_text).tell(notice, a_permit(notice))
    assert (told.verdict, told.why) == (means, "As told.")


def test_nobody_is_texted_without_the_gates_permit_for_it() -> None:
    way, notice = RealTexts(), texted(NoticeKind.OFFER)
    for wrong in (None, "allowed", a_permit(replace(notice, key="another"))):
        with pytest.raises(NotPermitted):
            TradeTexts(way, trade_text).tell(notice, wrong)
    assert way.taken == []
