import pytest

from api.rate_limit import place_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"),
        ("fe80::1%eth0", "fe80::2%eth1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_whoever_has_many_addresses_of_one_network_is_one_visitor(one: str, other: str) -> None:
    # Otherwise one machine fills the worklist from the 2^64 addresses that every connection comes with.
    assert place_of(one) == place_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:2::1"),
        ("192.0.2.1", "192.0.2.2"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("testclient", "another"),
    ],
)
def test_people_at_different_places_share_no_limit(one: str, other: str) -> None:
    assert place_of(one) != place_of(other)
