async def test_first(officer, coordinator):
    r = await officer.refer()
    print(r)
    f = await coordinator.see(r)
    print(f)
    x = await coordinator.ring(r, "no_answer")
    print(x.status_code, x.json())
