import threading
import uuid
from dataclasses import replace

from sqlalchemy import delete, select

from domain.events import MessageReported, OptedIn, OptedOut
from domain.vocabulary import ContactChannel, DeliveryReport, MessageState, OptOutWay
from store.opt_out import OPT_OUT, OptOutStore
from store.opt_out_asked import OptOutRequests
from store.referral_document import email_id_of, number_id
from store.referral_row import REFERRAL
from tests.builders import NOW
from tests.store.lives import WRITTEN, Office, another_person
from tests.store.test_message import leaving

TEXT, EMAIL, LETTER, PHONE = (
    ContactChannel.TEXT,
    ContactChannel.EMAIL,
    ContactChannel.LETTER,
    ContactChannel.PHONE,
)


def opts_out(channel: ContactChannel, way: OptOutWay = OptOutWay.PHONE) -> OptedOut:
    return OptedOut(channel=channel, way=way)


def known(office: Office, **changes) -> tuple[ContactChannel, ...]:
    return OptOutStore(office.engine, office.keyring).known(another_person(1, **changes))


def test_an_opt_out_is_known_from_the_moment_it_is_stored(office: Office) -> None:
    # Nobody applies the command here: Temporal may be away.
    life = office.begins(another_person(1))
    life.is_told(opts_out(EMAIL))
    assert known(office) == (EMAIL,)


def test_each_channel_is_known_by_its_own_addresses(office: Office) -> None:
    life = office.begins(another_person(1))
    for channel in ContactChannel:
        life.is_told(opts_out(channel))
    assert known(office) == tuple(ContactChannel)
    other = {
        "victim__phones": [{"number": "+447700900777"}],
        "victim__emails": [{"address": "new@example.org"}],
    }
    assert known(office, **other) == (LETTER,)
    assert known(office, victim__address=None) == (PHONE, TEXT, EMAIL)


def test_spelling_does_not_hide_an_opt_out(office: Office) -> None:
    life = office.begins(another_person(1))
    life.is_told(opts_out(EMAIL))
    life.is_told(opts_out(LETTER))
    respelt = {
        "victim__phones": [],
        "victim__emails": [{"address": " Person1@Example.ORG "}],
        "victim__address": {"lines": ["1 example  STREET", "cambridge"], "postcode": "cb12ab"},
    }
    assert known(office, **respelt) == (EMAIL, LETTER)


def test_an_opt_out_survives_the_erasure_of_its_referral(office: Office) -> None:
    # Who asked us to stop would otherwise be written to again because she also asked us to forget her.
    life = office.begins(another_person(1))
    life.is_told(opts_out(TEXT))
    with office.engine.begin() as connection:
        connection.execute(delete(REFERRAL).where(REFERRAL.c.id == life.id))
    assert known(office) == (TEXT,)


def test_nothing_of_the_person_is_kept_in_an_opt_out(office: Office) -> None:
    office.begins(another_person(1)).is_told(opts_out(EMAIL))
    with office.engine.connect() as connection:
        [row] = connection.execute(select(OPT_OUT)).all()
    assert len(row.hash) == 32
    assert "person1" not in str(tuple(row))


def test_the_same_address_looks_different_in_each_channel(office: Office) -> None:
    # Else two rows would show that a text and a call go to one phone.
    life = office.begins(another_person(1))
    life.is_told(opts_out(TEXT))
    life.is_told(opts_out(PHONE))
    with office.engine.connect() as connection:
        hashes = set(connection.scalars(select(OPT_OUT.c.hash)))
    assert len(hashes) == 2


def test_at_the_victims_word_it_is_lifted_and_may_be_said_again(office: Office) -> None:
    life = office.begins(another_person(1))
    life.is_told(opts_out(EMAIL))
    life.is_told(OptedIn(channel=EMAIL))
    assert known(office) == ()
    life.is_told(opts_out(EMAIL))
    assert known(office) == (EMAIL,)


def test_a_guardians_address_is_known_too(office: Office) -> None:
    guardian = {"given_name": "Bo", "emails": [{"address": "bo@example.org"}]}
    office.begins(another_person(1, victim__guardian=guardian)).is_told(opts_out(EMAIL))
    assert known(office, victim__emails=[{"address": "bo@example.org"}]) == (EMAIL,)


def test_a_letter_to_an_address_that_once_opted_out_waits_for_a_person(office: Office) -> None:
    # Rule 11: on a new incident an earlier opt-out is shown to a person, and no machine writes over it.
    office.begins(another_person(1)).is_told(opts_out(LETTER))
    life = leaving(office, 2)
    draft = office.messages.draft(life.key)
    begun = office.messages.begin(life.key, WRITTEN, life.now, turn=draft.turn)
    assert (begun.state, begun.asks_person) == (MessageState.HELD, True)
    assert "asked us to stop" in begun.why


def test_a_complaint_about_an_e_mail_asks_us_to_stop_e_mails_to_that_address(office: Office) -> None:
    emails = [{"address": "Ada@Example.org", "safe": "yes"}, {"address": "other@example.org", "safe": "no"}]
    life = office.begins(another_person(1, victim__emails=emails))
    address_id = email_id_of(number_id(office.keyring))(emails[0])
    complained = MessageReported(report=DeliveryReport.COMPLAINED, key="k", address_id=address_id)
    life.is_told(complained)
    assert known(office, victim__emails=emails[:1]) == (EMAIL,)
    assert known(office, victim__emails=emails[1:]) == ()


def requests(office: Office) -> OptOutRequests:
    return OptOutRequests(office.engine, office.keyring)


def test_the_same_request_is_heard_once_until_it_is_lifted(office: Office) -> None:
    # Mail programs press the button again and again; the timeline would drown.
    life = office.begins(another_person(1))
    ask = requests(office).ask
    event = opts_out(EMAIL, OptOutWay.EMAIL)
    assert ask(life.id, event, now=NOW)
    assert not ask(life.id, event, now=NOW)
    for command in office.commands.pending(f"referral-{life.id}"):
        life.takes_in(command)
    assert not ask(life.id, event, now=NOW)
    life.takes_in(life.is_told(OptedIn(channel=EMAIL)))
    assert ask(life.id, event, now=NOW)


def test_a_request_after_an_opt_in_that_waits_is_heard(office: Office) -> None:
    # Otherwise whoever asks again while Temporal is away would be written to.
    life = office.begins(another_person(1))
    life.takes_in(life.is_told(opts_out(EMAIL)))
    life.is_told(OptedIn(channel=EMAIL))
    assert requests(office).ask(life.id, opts_out(EMAIL), now=NOW)
    assert known(office) == (EMAIL,)


def test_requests_at_once_are_one(office: Office) -> None:
    life = office.begins(another_person(1))
    heard: list[bool] = []

    def ask() -> None:
        heard.append(requests(office).ask(life.id, opts_out(EMAIL), now=NOW))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == [False, False, False, True]


def test_a_request_for_nobody_changes_nothing(office: Office) -> None:
    assert not requests(office).ask(str(uuid.uuid4()), opts_out(EMAIL), now=NOW)
    assert requests(office).referral_of("XXXX-XXXX") is None


def test_an_opt_out_by_text_speaks_of_the_number_it_came_from_alone(office: Office) -> None:
    from store.command import NewCommand
    from store.opt_out import hash_of
    from tests.store.lives import JO

    phones = [{"number": "+447700900001"}, {"number": "+447700900002"}]
    life = office.begins(another_person(1, victim__phones=phones))
    new = NewCommand(
        id=str(uuid.uuid4()), referral_id=life.id, kind="opt_out", event=opts_out(TEXT), by=JO, made_at=NOW
    )
    office.commands.store(replace(new, number_hash=hash_of(office.keyring, TEXT, "+447700900001")))
    assert known(office, victim__phones=phones[:1]) == (TEXT,)
    assert known(office, victim__phones=phones[1:]) == ()
