"""One question to a MongoDB server, made by hand: whether it answers."""

from __future__ import annotations

import socket
import struct

OP_MSG = 2013
HEADER = struct.Struct("<iiii")  # length, request id, response to, operation
REQUEST_ID = 1
# {"ping": 1, "$db": "admin"} as BSON: int32 and string fields, each a type, a name and a value.
_FIELDS = b"\x10ping\x00\x01\x00\x00\x00" + b"\x02$db\x00\x06\x00\x00\x00admin\x00"
_DOCUMENT = struct.pack("<i", len(_FIELDS) + 5) + _FIELDS + b"\x00"
_BODY = b"\x00\x00\x00\x00" + b"\x00" + _DOCUMENT  # no flags; one section of kind 0
PING = HEADER.pack(HEADER.size + len(_BODY), REQUEST_ID, 0, OP_MSG) + _BODY
# How "ok" begins among the answer's fields, and the forms that its 1 has.
_OK = (b"\x10ok\x00\x01\x00\x00\x00", b"\x01ok\x00" + struct.pack("<d", 1.0))


def answers(port: int, timeout_s: float) -> bool:
    """Whether the server on this loopback port answers a ping within ``timeout_s`` seconds at each step."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
            connection.sendall(PING)
            length, _, response_to, operation = HEADER.unpack(_exactly(connection, HEADER.size))
            answer = _exactly(connection, length - HEADER.size)
    except (OSError, EOFError):
        return False
    return operation == OP_MSG and response_to == REQUEST_ID and any(ok in answer for ok in _OK)


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        part = connection.recv(count - len(received))
        if not part:
            raise EOFError
        received += part
    return bytes(received)
