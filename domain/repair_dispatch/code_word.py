"""A word for the door: the victim is told it, the tradesperson says it, and nobody else can.

Two words that are easily said and heard on a bad line, and tell nothing: no names, nothing that could frighten, no two
that sound alike.  Source: docs/repairs.md#asking-for-a-repair.
"""

_FIRST = (
    "amber",
    "bronze",
    "copper",
    "crimson",
    "golden",
    "indigo",
    "ivory",
    "purple",
    "scarlet",
    "silver",
    "turquoise",
    "violet",
    "autumn",
    "summer",
    "winter",
    "early",
)
_SECOND = (
    "acorn",
    "anchor",
    "basket",
    "blanket",
    "button",
    "candle",
    "carpet",
    "cushion",
    "dolphin",
    "feather",
    "garden",
    "hammock",
    "island",
    "jigsaw",
    "kettle",
    "lantern",
    "magnet",
    "napkin",
    "orchard",
    "parcel",
    "pebble",
    "pillow",
    "quilt",
    "ribbon",
    "saddle",
    "teapot",
    "thimble",
    "tractor",
    "tulip",
    "umbrella",
    "walnut",
    "whistle",
)


def code_word_from(random_bytes: bytes) -> str:
    """Make a word such as `copper lantern` from two random bytes.

    Five hundred of them are enough: whoever stands at the door has one try.
    """
    return f"{_FIRST[random_bytes[0] % len(_FIRST)]} {_SECOND[random_bytes[1] % len(_SECOND)]}"
