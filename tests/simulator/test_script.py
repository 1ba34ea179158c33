"""The script: the same evening for the same seed, and exact scenes for tests."""

from collections import Counter

import pytest

from simulator.clock import now
from simulator.course import Call, course
from simulator.kept import Answer, Kept, Message, Way
from simulator.keys import Keys
from simulator.script import Concerns, Prompter, Provider, Script, Trouble

ALL = dict.fromkeys(Trouble, 0.3)


def evening(script: Script, calls: int = 200) -> list[frozenset[Trouble]]:
    prompter = Prompter(script)
    return [prompter.draw(Provider.TWILIO) for _ in range(calls)]


def test_the_same_seed_gives_the_same_evening_and_another_gives_another() -> None:
    assert evening(Script(seed=7, rates=ALL)) == evening(Script(seed=7, rates=ALL))
    assert evening(Script(seed=7, rates=ALL)) != evening(Script(seed=8, rates=ALL))


def test_what_one_provider_does_does_not_depend_on_the_others() -> None:
    prompter = Prompter(Script(seed=7, rates=ALL))
    mixed = []
    for number in range(200):
        prompter.draw(Provider.NOTIFY)
        mixed.append(prompter.draw(Provider.TWILIO))
        prompter.draw(Provider.SENDGRID) if number % 3 else None
    assert mixed == evening(Script(seed=7, rates=ALL))


def test_a_message_has_one_answer_and_one_fate_and_any_trouble_with_reports() -> None:
    for drawn in evening(Script(seed=1, rates=ALL), 500):
        concerns = Counter(trouble.concerns for trouble in drawn)
        assert concerns[Concerns.ANSWER] <= 1
        assert concerns[Concerns.FATE] <= 1


def test_a_rate_is_how_often_it_happens() -> None:
    drawn = evening(Script(seed=3, rates={Trouble.DUPLICATED: 0.25}), 2000)
    assert 0.2 < sum(Trouble.DUPLICATED in one for one in drawn) / 2000 < 0.3
    assert set().union(*drawn) == {Trouble.DUPLICATED}


def test_without_a_rate_nothing_goes_wrong() -> None:
    assert set(evening(Script(seed=5))) == {frozenset()}


def test_an_exact_scene_comes_first_for_its_provider_alone_and_once() -> None:
    prompter = Prompter(Script(rates={Trouble.SILENT: 1.0}))
    prompter.next(Provider.TWILIO, Trouble.REFUSED)
    prompter.next(Provider.TWILIO)
    assert prompter.draw(Provider.NOTIFY) == {Trouble.SILENT}
    assert prompter.draw(Provider.TWILIO) == {Trouble.REFUSED}
    assert prompter.draw(Provider.TWILIO) == set(), "a scene without troubles is one too"
    assert prompter.draw(Provider.TWILIO) == {Trouble.SILENT}


def test_a_scene_does_not_move_what_the_script_says_of_later_calls() -> None:
    prompter = Prompter(Script(seed=7, rates=ALL))
    prompter.next(Provider.TWILIO, Trouble.REFUSED)
    prompter.draw(Provider.TWILIO)
    assert [prompter.draw(Provider.TWILIO) for _ in range(50)] == evening(Script(seed=7, rates=ALL))[1:51]


def message(number: int = 0, **more: object) -> Message:
    made = {"provider": Provider.TWILIO, "way": Way.TEXT, "to": "+447700900123", "taken_at": now()}
    return Message(id=f"SM{number}", status="queued", **(made | more))


def test_reports_can_be_late_twice_and_the_wrong_way_round_together() -> None:
    def tell() -> Call:
        return Call(url="", body=b"", headers={})

    arranged = course(
        message(),
        [("queued", tell), ("sent", None), ("delivered", tell)],
        frozenset({Trouble.DUPLICATED, Trouble.REORDERED, Trouble.DELAYED}),
        Script(pace=1, delay=5),
    )
    assert [(step.status, step.after, bool(step.tell)) for step in arranged.steps] == [
        ("delivered", 6, True),
        ("delivered", 0, True),
        ("sent", 1, False),
        ("queued", 6, True),
        ("queued", 0, True),
    ]


def test_what_is_kept_is_bounded_by_number_and_by_weight() -> None:
    few = Kept(most=10)
    for number in range(25):
        few.keep(message(number))
    assert [one.id for one in few.messages()] == [f"SM{number}" for number in range(15, 25)]
    assert few.message("SM3") is None
    assert few.message(25) is few.message("SM24")
    light = Kept(most_bytes=10_000)
    for number in range(25):
        light.keep(message(number, pdf=b"x" * 4_000))
    assert len(light.messages()) == 2
    light.keep(message(99, pdf=b"x" * 50_000))
    assert [one.id for one in light.messages()] == ["SM99"], "the newest is never forgotten"


def test_a_conversation_is_everything_with_one_number() -> None:
    kept = Kept()
    kept.keep(message(1))
    kept.keep(Answer(id="SM2", sender="+447700900123", words="Yes", written_at=now()))
    kept.keep(message(3, to="+447700900124"))
    kept.keep(message(4, way=Way.EMAIL, to="ada@example.org"))
    assert {who: len(texts) for who, texts in kept.conversations().items()} == {
        "+447700900123": 2,
        "+447700900124": 1,
    }


def test_keys_are_invented_anew_unless_they_are_kept_in_a_file(tmp_path) -> None:
    file = tmp_path / "simulator-keys"
    urls = {"sendgrid_url": "s", "twilio_url": "t", "notify_url": "n", "trades_url": "b"}
    first, again = Keys.kept_in(file), Keys.kept_in(file)
    assert first.environment(**urls) == again.environment(**urls)
    assert Keys.invented().environment(**urls) != Keys.invented().environment(**urls)
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_is_explained(trouble: Trouble) -> None:
    from tests.servers import REPOSITORY

    assert f"| `{trouble}` |" in (REPOSITORY / "docs" / "simulator.md").read_text()
