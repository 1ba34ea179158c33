from datetime import timedelta

from sqlalchemy import event

from domain.vocabulary import NextActionKind, Outcome, Stage
from store.tokens import Maker
from tests.builders import DAY, HOUR, NOW
from tests.store.lives import Office, another_person

WEB = Maker(token_id="t-web", role="system", name="Web")


def test_lists_are_read_page_by_page_newest_first(office: Office) -> None:
    made = [office.receives(another_person(n), at=NOW + n * HOUR).referral_id for n in range(5)]
    first = office.referrals.list_views(limit=3)
    rest = office.referrals.list_views(limit=3, after=(first[-1].received_at, first[-1].id))
    assert [view.id for view in first + rest] == made[::-1]


def test_a_list_never_skips_or_repeats_those_received_at_the_same_moment(office: Office) -> None:
    made = {office.receives(another_person(n)).referral_id for n in range(7)}
    seen: list[str] = []
    after = None
    while page := office.referrals.list_views(limit=2, after=after):
        seen += [view.id for view in page]
        after = (page[-1].received_at, page[-1].id)
    assert len(seen) == 7
    assert set(seen) == made


def test_lists_are_narrowed_by_stage_outcome_owner_and_due_date(office: Office) -> None:
    contacting = office.begins(another_person(1))
    held = office.begins(another_person(2, incident__kind="assault", suspects=[]))
    excluded = office.begins(another_person(3, incident__kind="antisocial_behaviour"))
    office.receives(another_person(4), by=WEB)

    def ids(**wanted) -> list[str]:
        return [view.id for view in office.referrals.list_views(**wanted)]

    assert ids(stage=Stage.CONTACTING) == [contacting.id]
    assert ids(stage=Stage.HELD) == [held.id]
    assert ids(outcome=Outcome.EXCLUDED) == [excluded.id]
    assert len(ids(owner=WEB.owner)) == 1
    assert ids(stage=Stage.HELD, due_before=NOW + DAY) == []
    assert ids(stage=Stage.HELD, due_before=NOW + 3 * DAY) == [held.id]


def test_the_worklist_puts_the_most_urgent_first(office: Office) -> None:
    plain = office.begins(another_person(1))
    lapsed = office.begins(another_person(2)).waits(5 * HOUR)
    high_risk = office.begins(another_person(3, risk={"level": "high"}), at=NOW + 5 * HOUR)
    promised = office.begins(another_person(4)).rings("hung_up")
    escalated = office.begins(another_person(5)).waits(20 * HOUR)
    danger = office.begins(another_person(6)).rings("immediate_danger")
    held = office.begins(another_person(7)).decides("hold")
    assert lapsed.state.call.lapses == 1
    assert escalated.state.escalated_at
    order = [view.id for view in office.referrals.worklist(NOW + DAY)]
    lives = [danger, escalated, promised, high_risk, lapsed, plain, held]
    assert order == [life.id for life in lives]


def test_the_worklist_leaves_out_what_is_not_wanted_yet(office: Office) -> None:
    later = office.begins(another_person(1)).rings("no_answer")
    office.begins(another_person(2)).is_silent()
    office.begins(another_person(3)).rings("answered").decides("single_call")
    office.begins(another_person(4)).rings("answered").decides("ongoing_support")
    assert office.referrals.worklist(NOW) == []
    assert [view.id for view in office.referrals.worklist(NOW, due_within=4 * HOUR)] == [later.id]
    assert [view.id for view in office.referrals.worklist(NOW + 4 * HOUR)] == [later.id]


def test_whoever_has_to_be_decided_about_is_on_the_worklist(office: Office) -> None:
    life = office.begins().rings("answered")
    (view,) = office.referrals.worklist(NOW - timedelta(days=1))
    assert view.id == life.id
    assert view.next_action.kind is NextActionKind.DECIDE


def test_the_worklist_is_no_longer_than_asked_for(office: Office) -> None:
    for number in range(5):
        office.begins(another_person(number))
    assert len(office.referrals.worklist(NOW, limit=3)) == 3


def test_the_first_page_of_the_worklist_is_read_in_the_order_of_its_index(office: Office) -> None:
    # Condition and order have to be the index's word for word: otherwise every open referral is read for a page.
    office.begins(another_person(1))
    seen: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(office.engine, "before_cursor_execute", note)
    office.referrals.worklist(NOW)
    event.remove(office.engine, "before_cursor_execute", note)
    ((statement, parameters),) = seen
    with office.engine.connect() as connection:
        cursor = connection.connection.cursor()
        for other_way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET enable_{other_way} = off")  # which so few rows would be read by
        cursor.execute(f"EXPLAIN {statement}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    _, _, reached = plan.partition("Index Scan using referral_worklist")
    assert reached.splitlines()[1].strip().startswith("Index Cond: (CASE"), plan


def test_a_hold_is_shown_with_who_may_lift_it_and_when_it_is_reviewed(office: Office) -> None:
    life = office.begins(another_person(1, incident__kind="assault", suspects=[])).decides("hold")
    view = life.view
    assert [hold.kind for hold in view.holds] == ["confirm_safety", "other"]
    assert view.hold.kind == "confirm_safety"
    assert view.hold.review_at == NOW + 2 * DAY
    assert view.next_action.kind is NextActionKind.CONFIRM_SAFETY


def test_a_number_is_known_by_its_opaque_id(office: Office) -> None:
    view = office.begins().view
    assert view.number_of(view.number_id("+447700900123")) == "+447700900123"
    assert view.number_of(view.number_id("+447700900999")) is None
    assert view.number_id("+447700900123") == view.state.facts.phones[0].id


def test_metrics_count_and_tell_nothing_else(office: Office) -> None:
    office.receives(another_person(1))
    office.begins(another_person(2)).is_silent().is_told(event=_reply())
    office.begins(another_person(3)).waits(20 * HOUR)
    counts = office.metrics.counts()
    assert counts.referrals_by_stage == {
        "received": 1, "held": 0, "contacting": 1, "writing": 1, "supporting": 0, "closed": 0,
    }  # fmt: skip
    assert counts.messages_by_state["held"] == 1
    assert (counts.outbox_waiting, counts.commands_pending, counts.lapsed, counts.escalated) == (1, 1, 1, 1)


def _reply():
    from domain.events import Replied
    from domain.vocabulary import ReplyChannel

    return Replied(channel=ReplyChannel.WEB)
