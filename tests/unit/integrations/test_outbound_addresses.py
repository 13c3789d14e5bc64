from __future__ import annotations

import pytest

from integrations.outbound_addresses import Allowed, may_reach
from kit.errors import SettingsError

NOBODY = Allowed()


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_reached_on_their_ports(address: str) -> None:
    assert may_reach("example.com", 443, address, NOBODY)
    assert may_reach("example.com", 80, address, NOBODY)
    assert not may_reach("example.com", 8080, address, NOBODY)
    assert not may_reach("example.com", 22, address, NOBODY)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255"),  # noqa: S104  # refused
        *("192.168.1.1", "169.254.169.254", "169.254.1.1", "100.64.0.1", "100.100.100.200", "198.18.0.1"),
        *("192.0.0.192", "192.0.2.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250"),
        *("240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
        *(
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
        ),
        *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "100::1"),
    ],
)
def test_no_private_or_special_address_is_reached(address: str) -> None:
    for port in (80, 443):
        assert not may_reach("example.com", port, address, NOBODY)


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "reached"),
    [
        ("10.0.0.0/8", "a.example", 8080, "10.1.2.3", True),
        ("10.0.0.0/8", "a.example", 80, "::ffff:10.1.2.3", True),
        ("10.0.0.0/8", "a.example", 80, "11.0.0.1", True),  # public
        ("10.0.0.0/8", "a.example", 80, "192.168.0.1", False),
        ("10.0.0.0/8", "a.example", 8080, "11.0.0.1", False),
        ("127.0.0.1", "a.example", 9000, "127.0.0.1", True),
        ("127.0.0.1", "a.example", 9000, "127.0.0.2", False),
        ("127.0.0.1:9000", "127.0.0.1", 9000, "127.0.0.1", True),
        ("127.0.0.1:9000", "127.0.0.1", 9001, "127.0.0.1", False),
        ("127.0.0.1:9000", "other.example", 9000, "127.0.0.1", False),
        ("Intranet.Local", "intranet.local.", 8443, "192.168.0.9", True),
        ("intranet.local:80", "intranet.local", 8443, "192.168.0.9", False),
        ("intranet.local", "evil.intranet.local", 80, "192.168.0.9", False),
        ("fd00::/8", "a.example", 80, "fd00::7", True),
        ("[::1]:8000", "::1", 8000, "::1", True),
        ("::1", "a.example", 8000, "::1", True),
    ],
)
def test_what_is_allowed_is_that_and_no_more(
    entry: str, host: str, port: int, address: str, *, reached: bool
) -> None:
    assert may_reach(host, port, address, Allowed.of([entry])) is reached


@pytest.mark.parametrize("entry", ["http://a.example", "a b", "a.example:http", ":80", "10.0.0.0/40"])
def test_an_entry_that_is_none_stops_the_start(entry: str) -> None:
    with pytest.raises(SettingsError, match="OUTBOUND_ALLOW"):
        Allowed.of([entry])
