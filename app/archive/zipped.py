"""A zip with exactly one spelling: members stored in order, nothing beside them; archives are written and read by it.

A reader that rebuilds every byte from names and contents finds any byte that was changed, also between the members.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAGIC = b"PK\x03\x04"
MIDNIGHT, NEW_YEAR_1980 = 0, 0x21
MOST_BYTES, MOST_MEMBERS = 0xFFFF_FFFF, 0xFFFF
LARGEST_MEMBER = 64 * 1024 * 1024
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")


class Broken(OSError):
    """The file is not, or is no longer, what was written."""


@dataclass(frozen=True)
class Member:
    """One member as the directory at the end names it."""

    name: bytes
    checksum: int
    size: int
    offset: int

    def local(self) -> bytes:
        """What stands before its bytes."""
        return _LOCAL.pack(MAGIC, 20, 0, 0, *self._about(), len(self.name), 0) + self.name

    def central(self) -> bytes:
        """Its entry in the directory."""
        lengths = (len(self.name), 0, 0, 0, 0)
        return (
            _CENTRAL.pack(b"PK\x01\x02", 20, 20, 0, 0, *self._about(), *lengths, 0, self.offset) + self.name
        )

    def _about(self) -> tuple[int, int, int, int, int]:
        return MIDNIGHT, NEW_YEAR_1980, self.checksum, self.size, self.size


def directory(members: list[Member], offset: int) -> bytes:
    """All that follows the last member."""
    entries = b"".join(member.central() for member in members)
    counts = (0, 0, len(members), len(members))
    return entries + _END.pack(b"PK\x05\x06", *counts, len(entries), offset, 0)


class Zip:
    """Writes members one after the other; the file needs no way back."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._members: list[Member] = []
        self._offset = 0

    def add(self, name: str, data: bytes) -> None:
        """Write a member."""
        member = Member(name.encode("ascii"), zlib.crc32(data), len(data), self._offset)
        head = member.local()
        self._offset += len(head) + len(data)
        self._members.append(member)
        if self._offset > MOST_BYTES or len(self._members) > MOST_MEMBERS:
            raise Broken("the record is too large for one file: 4 GiB and 65,535 parts are the most")
        self._file.write(head)
        self._file.write(data)

    def close(self) -> None:
        """Write the directory and bring everything to stable storage."""
        self._file.write(directory(self._members, self._offset))
        self._file.flush()
        os.fsync(self._file.fileno())


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes in order; raises Broken at the first byte that is not as it was written."""
    found: list[Member] = []
    with path.open("rb") as file:
        while (head := file.read(_LOCAL.size))[:4] == MAGIC:
            member, data = _member(file, head)
            found.append(member)
            yield member.name.decode("ascii"), data
        rest = directory(found, file.tell() - len(head))
        if head + file.read(len(rest) + 1) != rest:
            raise Broken("the directory at the end is not the one of these members")


def _member(file: BinaryIO, head: bytes) -> tuple[Member, bytes]:
    if len(head) < _LOCAL.size:
        raise Broken("the file ends inside a member")
    checksum, size, _, length, _ = _LOCAL.unpack(head)[6:]
    offset = file.tell() - _LOCAL.size
    if size > LARGEST_MEMBER:
        raise Broken("a member is larger than any that is written")
    name, data = file.read(length), file.read(size)
    member = Member(name, zlib.crc32(data), len(data), offset)
    if not name.isascii() or member.checksum != checksum or member.local() != head + name:
        raise Broken(f"a member at byte {offset} was changed")
    return member, data
