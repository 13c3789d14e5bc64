"""Which addresses a request that a user steers may be sent to."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from kit.errors import SettingsError

PORTS = frozenset((80, 443))
_Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
# Public by their numbers, but not by what answers there: protocol assignments, Azure's metadata, relays to IPv4.
_NEVER = tuple(
    map(
        ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2001::/23", "64:ff9b:1::/48", "fec0::/10"),
    )
)


@dataclass(frozen=True)
class Allowed:
    """What ``OUTBOUND_ALLOW`` lists: networks, and hosts with a port or with ``None`` for any."""

    networks: tuple[object, ...] = ()
    hosts: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def of(cls, entries: Sequence[str]) -> Allowed:
        """Read the entries; ``SettingsError`` for one that is no network, address or host."""
        networks, hosts = [], set()
        for entry in entries:
            try:
                networks.append(ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                hosts.add(_host_and_port(entry))
        return cls(tuple(networks), frozenset(hosts))

    def names(self, host: str, port: int) -> bool:
        """Whether a host is listed, with this port or with any."""
        host = host.lower().strip("[]").rstrip(".")
        return (host, port) in self.hosts or (host, None) in self.hosts

    def holds(self, address: _Address) -> bool:
        """Whether an address lies in a network that is listed."""
        return any(address in network for network in self.networks)  # type: ignore[operator]  # networks all


def address_in(host: str) -> str:
    """The address that ``host`` is, in whatever way it is written, or always stands for; empty for other names."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return "127.0.0.1"
    with contextlib.suppress(ValueError):
        return str(ip_address(name))
    try:
        return socket.inet_ntoa(socket.inet_aton(name))  # 127.1, 0x7f.1, 2130706433
    except (OSError, UnicodeError):
        return ""


def may_reach(host: str, port: int, address: str, allowed: Allowed) -> bool:
    """Whether a connection to ``address``, which ``host`` resolved to, is anybody's to make."""
    if allowed.names(host, port):
        return True
    resolved = ip_address(address)
    forms = list(_forms(resolved))
    if any(map(allowed.holds, forms)):
        return True
    return port in PORTS and all(map(_is_public, forms))


def _forms(address: _Address) -> Iterator[_Address]:
    """An address and those within it that a gateway or the kernel would make of it."""
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address in _NAT64 or address in _COMPATIBLE:
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def _is_public(address: _Address) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return True  # what counts is the address within it
    if any(address in network for network in _NEVER):
        return False
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not is_special and not address.is_link_local and not address.is_private


def _host_and_port(entry: str) -> tuple[str, int | None]:
    host, colon, port = entry.rpartition(":") if entry.count(":") == 1 or "]:" in entry else (entry, "", "")
    host = host.lower().strip("[]").rstrip(".")
    if not host or "/" in host or " " in host or (colon and not (port.isascii() and port.isdigit())):
        raise SettingsError(f"OUTBOUND_ALLOW: must be hosts, host:port or networks (it has {entry!r})")
    return host, int(port) if colon else None
