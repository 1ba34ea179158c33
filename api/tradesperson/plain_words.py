"""The words in which the pages of the register speak.  A test counts those of the closed lists."""

from api.mending import FieldWords
from domain.repair_dispatch.kinds import Skill, TradeChannel
from domain.tradesperson import Paper
from domain.tradesperson_import import RowChange

SKILLS = {
    Skill.BOARD_UP: "Boarding up",
    Skill.GLAZING: "Glazing",
    Skill.LOCKS: "Locks",
    Skill.DOORS: "Doors",
    Skill.KEY_SAFES: "Key safes",
    Skill.ALARMS: "Alarms",
    Skill.GOODS: "Goods: beds, bedding, kettles",
}
CHANNELS = {
    TradeChannel.API: "Through their own system (the tradesperson API)",
    TradeChannel.TEXT: "By text with a link",
}
PAPERS = {
    Paper.VETTING: "Vetting",
    Paper.INSURANCE: "Insurance",
    Paper.SAFEGUARDING: "Safeguarding",
}
CHANGES = {
    RowChange.ADDED: "Added",
    RowChange.CHANGED: "Changed",
    RowChange.SAME: "Stays as it is",
}
_HOURS = "such as mon-fri 08:00-18:00; sat 09:00-13:00"
FIELDS = {
    "name": FieldWords(name="Name", ask="Enter the name of who comes to the door"),
    "firm": FieldWords(name="Firm", ask="Enter the firm in one line"),
    "phone": FieldWords(name="Telephone number", ask="Enter a telephone number"),
    "email": FieldWords(name="E-mail address", ask="Enter an e-mail address"),
    "channel": FieldWords(name="How they are asked", ask="Choose how they are asked"),
    "firm_id": FieldWords(
        name="Code of the API", ask="Enter what the API calls them, such as firm-01, or choose to ask by text"
    ),
    "skills[]": FieldWords(name="What they can do", ask="Choose at least one thing they can do"),
    "base": FieldWords(
        name="Base", ask="Enter an outward code such as CT1, or a New Zealand postcode such as 8011"
    ),
    "areas": FieldWords(name="Areas", ask="Enter outward codes or postcodes, with spaces between them"),
    "most_km": FieldWords(name="Farthest distance", ask="Enter how many kilometres they go at most"),
    "hours": FieldWords(name="Working hours", ask=f"Enter days and times, {_HOURS}"),
    "on_call": FieldWords(name="On-call hours", ask=f"Enter days and times, {_HOURS}"),
    "vetting_until": FieldWords(name="Vetting", ask="Enter the last day of the vetting"),
    "insurance_until": FieldWords(name="Insurance", ask="Enter the last day of the insurance"),
    "safeguarding_until": FieldWords(
        name="Safeguarding", ask="Enter the last day of the safeguarding training"
    ),
    "capacity": FieldWords(name="Repairs at a time", ask="Enter how many repairs they take at a time"),
    "languages": FieldWords(
        name="Languages", ask="Enter language tags such as en or pl, with spaces between them"
    ),
    "active": FieldWords(name="Whether they work for us", ask="Choose whether they work for us"),
}
"""Every field of the form, by its name there."""


def column_in_words(column: str) -> str:
    """Name a column of a sheet as the form does."""
    own = {"id": "Id", "revision": "Revision", "": "The whole row", "skills": FIELDS["skills[]"].name}
    papers = {f"{paper}_until": f"{words}, last day" for paper, words in PAPERS.items()}
    named = own | papers
    if column == "papers":
        return "Vetting, insurance or safeguarding"
    return named[column] if column in named else FIELDS[column].name
