"""The closed lists as our forms offer them, in the words of whoever fills the form in.

Every value of every list has its words here; a test counts them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from domain.vocabulary import (
    Access,
    Answer,
    CallerDisplay,
    ConsentStatus,
    Flag,
    IncidentKind,
    InterpreterGender,
    Lane,
    Outcome,
    Relationship,
    Request,
    RiskLevel,
    Stage,
    VictimRole,
    VoicemailRule,
    Weekday,
    Whereabouts,
)

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a list."""

    value: str
    text: str


def choices(words: Mapping[E, str], only: Iterable[E] | None = None) -> tuple[Choice, ...]:
    """Offer a list, or a part of it, in the order of its words."""
    wanted = frozenset(words if only is None else only)
    return tuple(Choice(value=value, text=text) for value, text in words.items() if value in wanted)


# What an officer reads.

INCIDENTS = {
    IncidentKind.ANTISOCIAL_BEHAVIOUR: "Antisocial behaviour",
    IncidentKind.ARSON: "Arson",
    IncidentKind.ASSAULT: "Assault",
    IncidentKind.BURGLARY: "Burglary",
    IncidentKind.CIVIL_EMERGENCY: "Civil emergency",
    IncidentKind.CRIMINAL_DAMAGE: "Criminal damage",
    IncidentKind.DOMESTIC_ABUSE: "Domestic abuse",
    IncidentKind.EXPLOITATION: "Exploitation or slavery",
    IncidentKind.FRAUD: "Fraud",
    IncidentKind.HARASSMENT: "Harassment",
    IncidentKind.HATE_CRIME: "Hate crime",
    IncidentKind.HOMICIDE: "Homicide",
    IncidentKind.HONOUR_BASED: "Honour-based abuse",
    IncidentKind.ROAD_CRASH: "Road crash",
    IncidentKind.ROBBERY: "Robbery",
    IncidentKind.SERIOUS_VIOLENCE: "Serious violence",
    IncidentKind.SEXUAL_OFFENCE: "Sexual offence",
    IncidentKind.STALKING: "Stalking",
    IncidentKind.SUDDEN_DEATH: "Sudden death",
    IncidentKind.SUICIDE: "Suicide",
    IncidentKind.TERRORISM: "Terrorism",
    IncidentKind.THEFT: "Theft",
    IncidentKind.OTHER: "Something else",
    IncidentKind.UNKNOWN: "Not known yet",
}
ROLES = {
    VictimRole.VICTIM: "Victim",
    VictimRole.WITNESS: "Witness",
    VictimRole.BEREAVED: "Bereaved",
    VictimRole.PARENT_GUARDIAN: "Parent or guardian of the victim",
    VictimRole.FAMILY: "Another relative of the victim",
}
ANSWERS = {Answer.YES: "Yes", Answer.NO: "No", Answer.UNKNOWN: "Not known"}
VOICEMAILS = {
    VoicemailRule.NONE: "Leave no message",
    VoicemailRule.NEUTRAL: "Neutral message only",
    VoicemailRule.NAMED: "May name the service",
}
CALLER_DISPLAYS = {
    CallerDisplay.WITHHELD: "Nothing: our number is withheld",
    CallerDisplay.NEUTRAL: "A number that says nothing of what we do",
    CallerDisplay.SERVICE: "The service's own number",
}
INTERPRETER_GENDERS = {
    InterpreterGender.ANY: "Either",
    InterpreterGender.WOMAN: "A woman",
    InterpreterGender.MAN: "A man",
}
ACCESS = {
    Access.NO_PHONE: "Cannot use the telephone",
    Access.TEXTPHONE: "Textphone",
    Access.RELAY: "Relay service",
    Access.SIGN_LANGUAGE: "Sign language",
    Access.LARGE_PRINT: "Large print",
    Access.EASY_READ: "Easy read",
}
RELATIONSHIPS = {
    Relationship.PARTNER: "Partner",
    Relationship.EX_PARTNER: "Former partner",
    Relationship.FAMILY: "Family",
    Relationship.HOUSEHOLD: "Somebody in the household",
    Relationship.CARER: "Carer",
    Relationship.ACQUAINTANCE: "Acquaintance",
    Relationship.STRANGER: "Stranger",
    Relationship.UNKNOWN: "Not known",
}
WHEREABOUTS = {
    Whereabouts.CUSTODY: "In custody",
    Whereabouts.BAIL: "On bail",
    Whereabouts.AT_LARGE: "At large",
    Whereabouts.UNKNOWN: "Not known",
}
RISKS = {
    RiskLevel.STANDARD: "Standard",
    RiskLevel.MEDIUM: "Medium",
    RiskLevel.HIGH: "High",
    RiskLevel.UNKNOWN: "Not assessed",
}
LANES = {
    Lane.CONTACT: "Please ring this person",
    Lane.INFORMATION: "Only let them know that you exist, by one letter or e-mail",
}
CONSENTS = {
    ConsentStatus.GIVEN: "They agreed",
    ConsentStatus.INFORMED: "They were told, and did not object",
    ConsentStatus.NOT_ASKED: "Nobody has asked them",
    ConsentStatus.REFUSED: "They said no",
}
FLAGS = {
    Flag.DOMESTIC_ABUSE: "Domestic abuse",
    Flag.SEXUAL_OFFENCE: "Sexual offence",
    Flag.STALKING: "Stalking",
    Flag.HONOUR_BASED: "Honour-based abuse",
    Flag.EXPLOITATION: "Exploitation or slavery",
    Flag.CHILD: "Child",
    Flag.VULNERABLE_ADULT: "Vulnerable adult",
    Flag.BEREAVED: "Bereaved",
    Flag.HATE_CRIME: "Hate crime",
    Flag.COUNTER_ALLEGATION: "Counter-allegation: may also be a suspect",
    Flag.REPEAT: "Repeat victim",
}
REQUESTS = {
    Request.BOARD_UP: "Boarding up",
    Request.LOCKS: "Locks",
    Request.DOOR: "Door repaired",
    Request.WINDOW: "Window repaired",
    Request.KEY_SAFE: "Key safe",
    Request.ALARM: "Alarm",
    Request.GOODS: "Furniture or household goods",
    Request.VISIT: "A visit",
    Request.COURT_SUPPORT: "Support at court",
    Request.FINANCIAL_HELP: "Help with money",
    Request.INFORMATION: "Information",
    Request.OTHER: "Something else",
}

# What a person reads who asks for support.

INCIDENTS_TOLD = {
    IncidentKind.UNKNOWN: "I would rather not say, or I am not sure",
    IncidentKind.BURGLARY: "Somebody broke into a home",
    IncidentKind.THEFT: "Something was stolen",
    IncidentKind.ROBBERY: "Something was taken by force or threat",
    IncidentKind.CRIMINAL_DAMAGE: "Something was damaged on purpose",
    IncidentKind.ARSON: "A fire was set on purpose",
    IncidentKind.ASSAULT: "Somebody was hit or hurt",
    IncidentKind.SERIOUS_VIOLENCE: "Somebody was badly hurt",
    IncidentKind.DOMESTIC_ABUSE: "Abuse by a partner, former partner or relative",
    IncidentKind.SEXUAL_OFFENCE: "Something sexual that was not wanted",
    IncidentKind.STALKING: "Being followed or watched again and again",
    IncidentKind.HARASSMENT: "Being pestered or threatened again and again",
    IncidentKind.HONOUR_BASED: "Being forced, threatened or punished for the family's honour",
    IncidentKind.EXPLOITATION: "Being used or made to work, or kept from leaving",
    IncidentKind.HATE_CRIME: "Being attacked or insulted for who you are",
    IncidentKind.FRAUD: "Being tricked out of money or details",
    IncidentKind.ANTISOCIAL_BEHAVIOUR: "Trouble with neighbours or in the street",
    IncidentKind.ROAD_CRASH: "A crash on the road",
    IncidentKind.HOMICIDE: "Somebody was killed",
    IncidentKind.SUICIDE: "Somebody took their own life",
    IncidentKind.SUDDEN_DEATH: "Somebody died suddenly",
    IncidentKind.TERRORISM: "A terrorist attack",
    IncidentKind.CIVIL_EMERGENCY: "A flood, a large fire or another emergency",
    IncidentKind.OTHER: "Something else",
}
RELATIONSHIPS_TOLD = {
    Relationship.PARTNER: "Husband, wife or partner",
    Relationship.EX_PARTNER: "Former husband, wife or partner",
    Relationship.FAMILY: "Somebody in the family",
    Relationship.HOUSEHOLD: "Somebody else in the same home",
    Relationship.CARER: "Somebody who gives care",
    Relationship.ACQUAINTANCE: "Somebody known, such as a friend or neighbour",
    Relationship.STRANGER: "A stranger",
    Relationship.UNKNOWN: "I do not know, or would rather not say",
}
ANSWERS_TOLD = {Answer.YES: "Yes", Answer.NO: "No", Answer.UNKNOWN: "I am not sure"}
AGREEMENTS = {
    Answer.YES: "Yes, they agree",
    Answer.NO: "No, they do not know",
    Answer.UNKNOWN: "They know, but I am not sure that they agree",
}
INTERPRETER_GENDERS_TOLD = {
    InterpreterGender.ANY: "I do not mind",
    InterpreterGender.WOMAN: "A woman",
    InterpreterGender.MAN: "A man",
}
ACCESS_TOLD = {
    Access.NO_PHONE: "I cannot use the telephone",
    Access.TEXTPHONE: "I use a textphone",
    Access.RELAY: "I use a relay service",
    Access.SIGN_LANGUAGE: "I use sign language",
    Access.LARGE_PRINT: "I need large print",
    Access.EASY_READ: "I need words that are easy to read",
}
REQUESTS_TOLD = {
    Request.LOCKS: "New locks",
    Request.BOARD_UP: "A broken window or door boarded up",
    Request.DOOR: "A door repaired",
    Request.WINDOW: "A window repaired",
    Request.KEY_SAFE: "A key safe",
    Request.ALARM: "An alarm",
    Request.GOODS: "Furniture or things for the home",
    Request.VISIT: "Somebody to visit",
    Request.COURT_SUPPORT: "Help with going to court",
    Request.FINANCIAL_HELP: "Help with money",
    Request.INFORMATION: "Information",
    Request.OTHER: "Something else",
}


def voicemails_told(*, neutral_name: str, service_name: str) -> dict[VoicemailRule, str]:
    """What we may leave on an answerphone, with the names we would say."""
    return {
        VoicemailRule.NONE: "No, leave no message",
        VoicemailRule.NEUTRAL: f"Yes, but say only “{neutral_name}” and a number",
        VoicemailRule.NAMED: f"Yes, and you may say “{service_name}”",
    }


WEEKDAYS = {
    Weekday.MON: "Monday",
    Weekday.TUE: "Tuesday",
    Weekday.WED: "Wednesday",
    Weekday.THU: "Thursday",
    Weekday.FRI: "Friday",
    Weekday.SAT: "Saturday",
    Weekday.SUN: "Sunday",
}

# What an officer is told of a referral: where it is, never why.

STAGES_TO_REFERRERS = {
    Stage.RECEIVED: "Received",
    Stage.HELD: "Waiting for a person to check it",
    Stage.CONTACTING: "We are trying to reach the person",
    Stage.WRITING: "We are writing to the person",
    Stage.SUPPORTING: "The person is being supported",
    Stage.CLOSED: "Closed",
}
OUTCOMES_TO_REFERRERS = {
    Outcome.SINGLE_CALL: "Closed: supported in one call",
    Outcome.SUPPORT_COMPLETED: "Closed: support completed",
    Outcome.DECLINED: "Closed: the person said no",
    Outcome.DECLINED_BY_GUARDIAN: "Closed: a guardian said no",
    Outcome.NOT_REACHED: "Closed: we could not reach the person",
    Outcome.DISENGAGED: "Closed: the person is no longer in touch",
    Outcome.UNSAFE_TO_CONTACT: "Closed: contact would not have been safe",
    Outcome.RETURNED_TO_REFERRER: "Returned to you: something is missing. Please call us",
    Outcome.OUT_OF_AREA: "Closed: outside our area",
    Outcome.EXCLUDED: "Closed: not something this service takes",
    Outcome.DUPLICATE: "Closed: here already under another reference",
    Outcome.DIED: "Closed: the person has died",
    Outcome.MOVED_AWAY: "Closed: the person has moved away",
    Outcome.WITHDRAWN: "Closed: withdrawn",
    Outcome.INFORMED: "Closed: the person was told that we exist",
}
