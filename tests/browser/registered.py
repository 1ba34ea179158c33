"""Entries of the register for the pages: one who may be sent, one whose paper ends soon, one whose paper has ended.

They live at the other end of the country, so that no repair of another test asks them.
"""

from datetime import UTC, datetime, timedelta

from tests.journeys.people import People

HEADER = (
    "name,firm,phone,email,channel,firm_id,skills,base,areas,most_km,hours,on_call,"
    "vetting_until,insurance_until,safeguarding_until,capacity,languages,active"
)


def sheet(*, base: str = "TR19") -> bytes:
    """A sheet of three."""
    today = datetime.now(UTC).date()
    lines = [
        f"{name},{name} and Company,07700 90086{number},,text,,locks; doors,{base},,5,mon-fri 08:00-18:00,,"
        f"{today + timedelta(days=days)},2030-12-31,2030-12-31,2,en,yes"
        for number, (name, days) in enumerate({"Wenna": 900, "Jory": 20, "Kerra": -3}.items())
    ]
    return "\n".join([HEADER, *lines]).encode()


def put_in(people: People) -> str:
    """Bring them into the register, once or again, and give the id of one."""
    manager = people.manager.http
    sent = manager.post("/tradespeople/import", content=sheet(), headers={"Content-Type": "text/csv"})
    assert sent.status_code == 200, sent.text
    [jory] = manager.get("/tradespeople", params={"papers": "expiring", "area": "TR19"}).json()["items"]
    return str(jory["id"])
