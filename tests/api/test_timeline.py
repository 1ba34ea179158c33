async def test_the_timeline_says_what_happened_who_did_it_and_why_oldest_first(officer, coordinator):
    referral = await officer.refer()
    await coordinator.ring(referral, "no_answer", note="It rang for long.")
    await coordinator.decide(referral, "hold", reason="The police asked us to wait.")
    lines = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
    assert lines[0]["what"] == "The referral was received."
    assert lines[0]["by"] == "a police (police)"
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    by_what = {line["what"]: line for line in lines}
    assert by_what["Triage ran."]["by"] == "Holdfast"
    assert by_what["Call: no answer."]["by"] == "a coordinator (coordinator)"
    assert by_what["Call: no answer."]["words"] == "It rang for long."
    assert by_what["Held (other)."]["words"] == "The police asked us to wait."


async def test_the_timeline_is_read_page_by_page(officer, coordinator):
    referral = await officer.refer()
    for _ in range(3):
        await coordinator.ring(referral, "engaged")
    whole = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
    path, seen = f"/referrals/{referral['id']}/timeline?limit=2", []
    while path:
        answer = await coordinator.get(path)
        seen += answer.json()["items"]
        path = answer.links.get("next", {}).get("url")
    assert seen == whole
    assert len(whole) >= 5


async def test_an_unknown_referral_has_no_timeline(coordinator):
    assert (await coordinator.get("/referrals/x/timeline")).status_code == 404
