import base64


async def with_a_letter(officer, coordinator):
    referral = await officer.refer()
    answer = await coordinator.decide(referral, "write_now")
    assert answer.json()["stage"] == "writing"
    (message,) = (await coordinator.get(f"/messages?referral={referral['id']}")).json()["items"]
    return referral, message


async def test_a_message_says_what_it_is_where_it_is_and_why(officer, coordinator):
    referral, message = await with_a_letter(officer, coordinator)
    assert (message["channel"], message["state"], message["referral"]) == ("letter", "held", referral["id"])
    assert message["why"]
    assert message["leaves_at"]
    assert message["sent_at"] is None


async def test_a_letter_that_has_not_left_is_shown_as_it_would_leave(officer, coordinator):
    _, message = await with_a_letter(officer, coordinator)
    answer = await coordinator.get(f"/messages/{message['id']}/letter.pdf")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


async def test_there_is_no_letter_behind_an_unknown_message(coordinator):
    for message in ("x", "6a5bbf7c-0a5e-4d4a-9d6e-2f7f4c3f0c11"):
        assert (await coordinator.get(f"/messages/{message}/letter.pdf")).status_code == 404


async def test_a_text_has_no_letter(officer, coordinator):
    referral = await officer.refer(victim__address=None, victim__emails=None)
    await coordinator.decide(referral, "write_now")
    (message,) = (await coordinator.get(f"/messages?referral={referral['id']}")).json()["items"]
    assert message["channel"] == "text"
    assert (await coordinator.get(f"/messages/{message['id']}/letter.pdf")).status_code == 404


async def test_the_post_room_lists_the_latest_first_page_by_page(officer, coordinator):
    made = [(await with_a_letter(officer, coordinator))[1]["id"] for _ in range(3)]
    path, seen = "/messages?limit=2", []
    while path:
        answer = await coordinator.get(path)
        seen += [message["id"] for message in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url")
    assert seen == made[::-1]


async def test_a_cursor_of_the_version_before_still_leads_on(officer, coordinator):
    made = [(await with_a_letter(officer, coordinator))[1] for _ in range(2)]
    newest = base64.urlsafe_b64encode(made[1]["made_at"].encode()).decode()
    answer = await coordinator.get(f"/messages?cursor={newest}")
    assert [message["id"] for message in answer.json()["items"]] == [made[0]["id"]]
    nonsense = base64.urlsafe_b64encode(b"lately").decode()
    assert (await coordinator.get(f"/messages?cursor={nonsense}")).status_code == 422


async def test_messages_of_an_unknown_referral_are_404(coordinator):
    assert (await coordinator.get("/messages?referral=x")).status_code == 404
