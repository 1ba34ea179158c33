"""Links as tradespeople are given them: a repair is asked for, and two who never sleep are asked."""

import itertools
from dataclasses import dataclass, field

from store.keyring import Keyring
from store.repair_dispatch.token import offer_token
from tests.journeys.people import Json, People, eventually
from tests.servers import Tree
from wiring.settings import parse_keys

_COLUMNS = (
    "name,firm,phone,email,channel,firm_id,skills,base,areas,most_km,hours,on_call,"
    "vetting_until,insurance_until,safeguarding_until,capacity,languages,active"
)
_ALWAYS = "mon-sun 00:00-00:00"
_TRADES = (
    "Tane Joiner,Joiner and Daughters,07700 900801",
    "Una Smith,Smith Locks,07700 900802",
)
_BROKEN_WINDOW: Json = {
    "kinds": ["board_up", "locks"],
    "urgency": "open_property",
    "suspect_tenure": "no",
    "address": {"lines": ["3 Example Row", "Cambridge"], "postcode": "CB1 2AB"},
    "access": "The side gate sticks.",
    "code_word": "copper lantern",
}
_number = itertools.count(1)


@dataclass
class Doorsteps:
    """Makes repairs, each with the links of two who were asked."""

    people: People
    tree: Tree
    _registered: list[bool] = field(default_factory=list)

    def links(self) -> tuple[str, str]:
        """Ask for a repair, and give the two links."""
        self.register()
        referral = self.people.force.refer(
            victim__phones=[{"number": f"+4477009008{next(_number) + 10:02}", "safe": "yes"}]
        )
        asked = self.people.coordinator.post(f"/referrals/{referral}/repairs", _BROKEN_WINDOW)
        assert asked.status_code in {201, 202}, asked.text
        one, other = eventually(lambda: self._offers(referral), 30, or_else="nobody was asked")
        return self._link(one), self._link(other)

    def repair(self, *answers: str, **said: object) -> str:
        """Ask for a repair, let who was asked first answer by telephone, and give its page."""
        self.register()
        coordinator = self.people.coordinator
        number = next(_number) + 10
        referral = self.people.force.refer(
            victim__phones=[{"number": f"+4477009008{number:02}", "safe": "yes"}]
        )
        own = {"address": {"lines": [f"{number} Example Row", "Cambridge"], "postcode": "CB1 2AB"}}
        asked = coordinator.post(f"/referrals/{referral}/repairs", _BROKEN_WINDOW | own | said)
        assert asked.status_code in {201, 202}, asked.text
        [offer, *_] = (
            eventually(lambda: self._offers(referral), 30, or_else="nobody was asked") if answers else [""]
        )
        [found] = coordinator.get(f"/referrals/{referral}/repairs").json()["items"]
        for answer in answers:
            told = coordinator.post(f"/repairs/{found['id']}/answers", {"offer": offer, "answer": answer})
            assert told.status_code == 200, told.text
        return f"/repairs/{found['id']}"

    def register(self) -> None:
        """Bring both into the register, once."""
        if self._registered:
            return
        rest = f",,text,,board_up; locks,CB1,,30,{_ALWAYS},,2030-12-31,2030-12-31,2030-12-31,50,en,yes"
        sheet = "\n".join([_COLUMNS, *(trade + rest for trade in _TRADES)]) + "\n"
        sent = self.people.manager.http.post(
            "/tradespeople/import", content=sheet, headers={"Content-Type": "text/csv"}
        )
        assert sent.status_code in {200, 201}, sent.text
        self._registered.append(True)

    def _offers(self, referral: str) -> list[str]:
        found = self.people.coordinator.get(f"/referrals/{referral}/repairs").json()["items"]
        offers = [offer["id"] for repair in found for offer in repair["offers"] if offer["made_at"]]
        return offers[:2] if len(offers) >= 2 else []

    def _link(self, offer: str) -> str:
        keyring = Keyring(parse_keys(self.tree.data.keys_or_new()))
        return f"/trades/{offer_token(keyring, offer)}"
