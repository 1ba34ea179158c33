import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.inbound_words import contains, meaning_of, threatens
from domain.vocabulary import TextMeaning

STOPS = (
    "STOP", "stop", " Stop. ", "STOP!!!", "Stop please", "please stop", "Please STOP 🙏", "s.t.o.p", "S T O P",
    "STOPALL", "Stop all", "UNSUBSCRIBE", "Cancel", "CANCEL.", "END", "quit", "REVOKE", "OPTOUT", "opt out", "Opt-out",
    "ARRET", "arrêt", "Stop texting me", "stop texting me.", "Please stop texting me", "Can you stop texting me please",
    "could you please stop messaging me", "I want you to stop contacting me", "No more texts", "no more texts please",
    "No more messages!!", "Leave me alone", "leave me alone!!! 😡", "please just leave me alone", "LEAVE US ALONE",
    "don't text me", "Don\N{RIGHT SINGLE QUOTATION MARK}t text me again", "do not contact me", "Do not message this number", "Take me off your list",
    "remove my number", "stop these texts", "STOP SENDING ME TEXTS", "fuck off and stop texting me", "stop it", "🛑",
    "Stopio", "STOPIO!", "Kāti", "kati", "Stop. Who is this?", "Stop please I dont want this", "STOP STOP STOP",
    "Don't call me", "do not ring me ever again", "Peidiwch â thecstio", "I would like to opt out", "unsubscribe me",
)  # fmt: skip
STARTS = ("START", "start", "Start please", "UNSTOP", "unstop.", "Dechrau", "Tīmata")
CALLS = (
    "call me", "Call me please", "please ring me", "ring me", "Phone me please", "phone me", "can you call",
    "Can you call me?", "could you ring me tomorrow after 5", "Hi, please call me back", "call back please",
    "Can someone ring me", "I would like a call", "please give me a ring", "give me a bell", "ffoniwch fi",
    "Waea mai", "Thanks for the text. Can you call me on Monday?",
)  # fmt: skip
QUESTIONS = (
    "who is this", "Who is this?", "who's this?", "Who\N{RIGHT SINGLE QUOTATION MARK}s this", "whos this", "who are you", "who r u", "Who dis",
    "wrong number who is this", "Wrong number", "wrong number mate", "Sorry, who is this?", "who the hell is this",
    "who texted me", "How did you get my number?", "new phone, who dis", "Who is this please", "Pwy yw hwn?",
    "Ko wai tēnei?", "Hello who is this",
)  # fmt: skip
ABUSE = (
    "fuck you", "Fuck off", "you stupid bitch", "You are a slut", "I will kill you", "im going to find you",
    "I'll kill you", "kill yourself", "i know where you live", "I know where she lives", "you're dead", "bitch",
    "watch your back",
)  # fmt: skip
REPLIES = (
    "I can't stop crying", "He won't stop texting me", "he wont leave me alone", "I told him to leave me alone",
    "please stop him", "Make him stop calling me", "I want it to end", "when does it end", "I had to cancel, sorry",
    "cancel my appointment on Monday", "please don't stop", "Yes", "ok thanks", "Thank you", "", "👍", "👋", "12",
    "He said he will kill me", "he called me a bitch", "my husband called me", "He keeps calling me",
    "Don't call me, text me", "Not before six", "I don't know who is this man", "they stopped me in the street",
    "The bus stop is near", "can you call the police", "No more texts from him since Sunday",
    "I quit my job because of it", "I'm at the end of it", "We start on Monday", "nonstop", "he started again",
    "Can't talk, he is here", "this has to stop", "it needs to stop", "who is this man he asked",
)  # fmt: skip
MEANINGS = [
    *((words, TextMeaning.STOP) for words in STOPS),
    *((words, TextMeaning.START) for words in STARTS),
    *((words, TextMeaning.CALL_ME) for words in CALLS),
    *((words, TextMeaning.WHO_ARE_YOU) for words in QUESTIONS),
    *((words, TextMeaning.ABUSE) for words in ABUSE),
    *((words, TextMeaning.REPLY) for words in REPLIES),
]
AROUND = st.text(alphabet=" .!?🙂\n,", max_size=6)
ANY_TEXT = st.text(max_size=200)


@pytest.mark.parametrize(("words", "meaning"), MEANINGS, ids=lambda value: repr(value)[:50])
def test_a_text_means_what_a_person_would_read_in_it(words: str, meaning: TextMeaning) -> None:
    assert meaning_of(words) is meaning


@given(
    st.sampled_from(
        ["stop", "STOP", "Unsubscribe", "cancel", "END", "quit", "optout", "Arrêt", "stopio", "kāti"]
    ),
    AROUND,
    AROUND,
)
def test_a_stop_is_heard_whatever_marks_stand_around_it(word: str, before: str, after: str) -> None:
    # A person who asks us to stop and is texted again may be in danger because of it.
    assert meaning_of(before + word + after) is TextMeaning.STOP


@given(st.sampled_from([words for words, _ in MEANINGS]))
def test_neither_case_nor_the_kind_of_apostrophe_changes_what_is_meant(words: str) -> None:
    meaning = meaning_of(words)
    assert meaning_of(words.upper()) is meaning
    assert meaning_of(words.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")) is meaning


@given(ANY_TEXT)
def test_whatever_comes_in_has_one_meaning(words: str) -> None:
    assert meaning_of(words) in TextMeaning


@given(
    st.sampled_from(["he ", "She said ", "my ex ", "They "]),
    st.sampled_from(["won't stop texting me", "will not leave me alone", "keeps ringing me", "will kill me"]),
)
def test_what_a_victim_tells_of_somebody_else_is_never_taken_for_a_request(who: str, what: str) -> None:
    assert meaning_of(who + what) is TextMeaning.REPLY


def test_a_threat_is_seen_beside_a_stop() -> None:
    # Else the one text that shows who holds the phone would look like any other STOP.
    words = "Stop texting my wife or I'll kill you"
    assert meaning_of(words) is TextMeaning.STOP
    assert threatens(words)
    assert not threatens("STOP")


@pytest.mark.parametrize(
    ("words", "agreed", "found"),
    [
        ("I saw the Kettle today", "kettle", True),
        ("KĒTTLE!", "kettle", True),
        ("kettles", "kettle", False),
        ("the blue, kettle", "Blue kettle", True),
        ("kettle blue", "blue kettle", False),
        ("anything", "", False),
        ("", "kettle", False),
    ],
)
def test_an_agreed_word_is_found_as_a_word(words: str, agreed: str, found: bool) -> None:
    assert contains(words, agreed) is found
