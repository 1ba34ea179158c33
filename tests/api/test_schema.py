from pydantic import TypeAdapter

from api.referral_out import AttemptRecorded, ReferralInFull, ReferralStatus


async def test_the_schema_describes_every_route_its_body_its_problems_and_who_may_come_in(client):
    schema = (await client.get("/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    for path in (
        "/referrals",
        "/referrals/{referral_id}",
        "/referrals/{referral_id}/timeline",
        "/referrals/{referral_id}/contact-attempts",
        "/referrals/{referral_id}/decisions",
        "/referrals/{referral_id}/corrections",
        "/referrals/{referral_id}/withdrawal",
        "/worklist",
        "/statistics",
        "/messages",
        "/messages/{message_id}/letter.pdf",
        "/commands/{command_id}",
    ):
        for route in schema["paths"][f"/api/v1{path}"].values():
            assert route["security"] == [{"HTTPBearer": []}]
            assert "application/problem+json" in route["responses"]["401"]["content"]
            assert "application/problem+json" in route["responses"]["500"]["content"]
    post = schema["paths"]["/api/v1/referrals"]["post"]
    assert post["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/ReferralIn")
    assert "Idempotency-Key" in {parameter["name"].title() for parameter in post["parameters"]}
    assert "application/json" not in post["responses"]["422"]["content"]


async def test_every_reference_of_the_schema_leads_somewhere(client):
    schema = (await client.get("/openapi.json")).json()

    def references(part):
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    for reference in set(references(schema)):
        there = schema
        for step in reference.removeprefix("#/").split("/"):
            there = there[step]


async def test_answers_are_what_the_schema_promises(officer, coordinator):
    referral = await officer.refer(
        victim__guardian={"given_name": "Bea", "phones": [{"number": "+447700900124"}]}
    )
    TypeAdapter(ReferralStatus).validate_python(await officer.see(referral))
    TypeAdapter(ReferralInFull).validate_python(await coordinator.see(referral))
    called = await coordinator.ring(referral, "language_barrier")
    TypeAdapter(AttemptRecorded).validate_python(called.json())
