"""Whatever is sent, the answer is a problem that says what is wrong and repeats nothing."""

import json

import pytest
from sqlalchemy.exc import OperationalError

from tests.api.people import a_referral
from wiring import log

JSON = {"Content-Type": "application/json"}
SECRET = "Zebulon-0770-Secret"


async def send(person, raw: bytes, **headers: str):
    return await person.client.post("/api/v1/referrals", headers=person.headers | JSON | headers, content=raw)


def is_a_problem(answer, status: int) -> bool:
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and body["type"].startswith("urn:holdfast:problem:")
        and SECRET not in answer.text
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        f'{{"notes": "{SECRET}'.encode(),
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe{}",
        b'{"notes": "\xe4"}',
        b'{"risk": {"score": NaN}}',
        b'{"risk": {"score": Infinity}}',
        b'{"risk": {"score": ' + b"9" * 5000 + b"}}",
        b'{"risk": {"score": 1e999}}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"[" * 100_000,
        b'{"notes":' + b"[" * 50 + b"]" * 50 + b"}",
    ],
)
async def test_what_is_not_a_json_object_is_422(officer, raw):
    assert is_a_problem(await send(officer, raw), 422)


async def test_keys_given_twice_do_no_harm(officer):
    raw = json.dumps(a_referral())[:-1].encode() + b', "lane": "contact"}'
    assert (await send(officer, raw)).status_code == 201


async def test_a_body_that_is_too_large_is_413_also_without_a_length(officer):
    async def chunks():
        for _ in range(300):
            yield b" " * 1024

    declared = await send(officer, json.dumps({"notes": SECRET + "x" * 300_000}).encode())
    assert is_a_problem(declared, 413)
    streamed = await officer.client.post(
        "/api/v1/referrals", headers=officer.headers | JSON, content=chunks()
    )
    assert is_a_problem(streamed, 413)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"]
)
async def test_a_body_that_is_not_called_json_is_415(officer, media_type):
    assert is_a_problem(await send(officer, b"{}", **{"Content-Type": media_type}), 415)


async def test_a_compressed_body_is_415(officer):
    assert is_a_problem(await send(officer, b"\x1f\x8b", **{"Content-Encoding": "gzip"}), 415)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"source": None}, "source"),
        ({"incident": None}, "incident.kind"),
        ({"incident__kind": None}, "incident.kind"),
        ({"victim": None}, "victim"),
        ({"lane": None}, "lane"),
        ({"victim": {"phones": []}}, "victim"),
        ({"victim": {"given_name": "  "}}, "victim"),
        ({"victim__given_name": SECRET + "\x00"}, "victim.given_name"),
        ({"victim__given_name": "\ud800"}, "victim.given_name"),
        ({"victim__given_name": "a\nb"}, "victim.given_name"),
        ({"victim__given_name": "x" * 201}, "victim.given_name"),
        ({"victim__given_name": 5}, "victim.given_name"),
        ({"victim__date_of_birth": "1899-12-31"}, "victim.date_of_birth"),
        ({"victim__date_of_birth": "2999-12-31"}, "victim.date_of_birth"),
        ({"victim__date_of_birth": "1990-02-30"}, "victim.date_of_birth"),
        ({"victim__date_of_birth": 19900228}, "victim.date_of_birth"),
        ({"victim__phones": [{"number": SECRET}]}, "victim.phones[0].number"),
        ({"victim__phones": [{"number": "+447700900123"}, {"number": "12"}]}, "victim.phones[1].number"),
        ({"victim__phones": [{"number": "+447700900123", "safe": SECRET}]}, "victim.phones[0].safe"),
        ({"victim__phones": [{"number": "01223 960001 ext 12"}]}, "victim.phones[0].number"),
        ({"victim__phones": [{"number": "ring 01223 960001"}]}, "victim.phones[0].number"),
        ({"victim__phones": {"number": "+447700900123"}}, "victim.phones"),
        ({"victim__emails": [{"address": SECRET}]}, "victim.emails[0].address"),
        ({"victim__address": {"lines": ["a"] * 9}}, "victim.address.lines"),
        ({"victim__call_windows": [{"from": "9:00", "to": "10:00"}]}, "victim.call_windows[0].from"),
        ({"victim__call_windows": [{"from": "09:00", "to": "25:00"}]}, "victim.call_windows[0].to"),
        ({"victim__call_windows": [{"from": "09:00", "to": "09:00"}]}, "victim.call_windows[0]"),
        ({"victim__call_windows": [{"from": "24:00", "to": "09:00"}]}, "victim.call_windows[0]"),
        ({"victim__call_windows": [{"days": ["funday"], "from": "09:00", "to": "10:00"}]},
         "victim.call_windows[0].days[0]"),
        ({"victim__guardian": {"is_suspect": True}}, "victim.guardian.is_suspect"),
        ({"incident__occurred_at": "2026-11-20T22:10:00"}, "incident.occurred_at"),
        ({"incident__occurred_at": 1763676600}, "incident.occurred_at"),
        ({"incident__occurred_at": "2999-11-20T22:10:00Z"}, "incident.occurred_at"),
        ({"incident__occurred_at": "0001-01-01T00:00:00+14:00"}, "incident.occurred_at"),
        ({"risk": {"marac": "yes"}}, "risk.marac"),
        ({"risk": {"score": "7"}}, "risk.score"),
        ({"flags": ["domestic_abuse", SECRET]}, "flags[1]"),
        ({"source__reply_to": "nobody"}, "source.reply_to"),
        ({"unknown": SECRET}, "unknown"),
        ({"victim__Middle_Name": SECRET}, "victim.Middle_Name"),
        ({SECRET: 1}, "?"),
    ],
)  # fmt: skip
async def test_what_is_not_valid_is_named_and_never_repeated(officer, changes, path):
    raw = json.dumps(a_referral(**changes)).encode()
    answer = await send(officer, raw)
    assert is_a_problem(answer, 422)
    assert answer.json()["errors"][0]["path"] == path
    assert answer.json()["errors"][0]["reason"]


async def test_a_value_outside_a_closed_list_is_refused_with_the_list(officer):
    answer = await officer.post("/referrals", a_referral(incident__kind="witchcraft"))
    error = answer.json()["errors"][0]
    assert error["path"] == "incident.kind"
    assert {"burglary", "other", "unknown"} <= set(error["allowed"])


@pytest.mark.parametrize(
    "number", ["+447700900123", "07700 900123", "01632 960001", "+44 (0)7700 900123", "+64 3 555 0123"]
)
async def test_the_regulators_numbers_for_tests_can_be_rung(officer, coordinator, number):
    referral = await officer.refer(victim__phones=[{"number": number}])
    kept = (await coordinator.see(referral))["victim"]["phones"][0]["number"]
    assert kept.startswith("+")
    assert kept[1:].isdigit()


async def test_ordinary_names_of_the_world_are_kept_as_they_are(officer, coordinator):
    for name in ("Zoë", "Ngũgĩ", "O’Brien-Ó Súilleabháin", "李小龍", "أحمد", "Tāne", "Siân", "می‌خواهم"):  # noqa: RUF001
        referral = await officer.refer(victim__given_name=name)
        assert (await coordinator.see(referral))["victim"]["given_name"] == name


async def test_a_number_given_twice_is_as_safe_as_its_less_safe_mention(officer, coordinator):
    phones = [{"number": "+447700900123", "safe": "yes"}, {"number": "07700 900123", "safe": "no"}]
    seen = await coordinator.see(await officer.refer(victim__phones=phones))
    assert [phone["safe"] for phone in seen["victim"]["phones"]] == ["no"]


async def test_a_whole_day_is_a_window_and_stays_one_when_corrected(officer, coordinator):
    referral = await officer.refer(victim__call_windows=[{"from": "00:00", "to": "24:00"}])
    answer = await officer.post(f"/referrals/{referral['id']}/corrections", {"notes": "x"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("GET", f"/api/v1/{SECRET}", 404),
        ("DELETE", "/api/v1/referrals", 405),
        ("PUT", "/healthz", 405),
        ("GET", "/api/v1/referrals/", 404),
    ],
)
async def test_an_address_we_do_not_have_is_a_problem_too(officer, method, path, status):
    answer = await officer.client.request(method, path, headers=officer.headers)
    assert is_a_problem(answer, status)


async def test_while_the_database_is_away_the_answer_is_503_and_when_to_come_back(
    officer, services, monkeypatch
):
    def away(*_, **__):
        raise OperationalError(SECRET, {}, ConnectionError(SECRET))

    monkeypatch.setattr(services.referrals, "list_views", away)
    answer = await officer.get("/referrals")
    assert is_a_problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0


async def test_our_own_mistakes_are_500_and_logged_without_what_was_sent(
    officer, services, monkeypatch, capfd
):
    def mistake(*_, **__):
        raise ValueError(SECRET)

    log.configure("api")  # on the standard error of this test
    monkeypatch.setattr(services.referrals, "receive", mistake)
    answer = await officer.post("/referrals", a_referral(notes=SECRET))
    assert is_a_problem(answer, 500)
    logged = capfd.readouterr().err
    assert "request failed" in logged
    assert "/api/v1/referrals" in logged
    assert SECRET not in logged


async def test_nothing_is_cached_and_nothing_is_guessed(officer):
    for answer in (
        await officer.get("/referrals"),
        await officer.get("/api/v1/nowhere"),
        await officer.get("/healthz"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
