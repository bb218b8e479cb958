"""A damaged snapshot is named unreadable, wherever the damage lies; it never answers wrongly, hangs or crashes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.strategies import facts_of, row
from whoseport.model import BrokenSurroundings
from whoseport.registry.compiler import compile_facts
from whoseport.registry.snapshot_file import (
    AT_CHECKSUM,
    AT_FORMAT,
    AT_RECORDS,
    BLOCK,
    SECTIONS,
    OtherFormat,
    SnapshotFile,
    SnapshotMissing,
    checksum,
)
from whoseport.registry.store import Registry

SMALL = compile_facts(
    facts_of(
        [
            row("0-1", None, None, "Reserved", notes="why"),
            row("80", "tcp", "http", "World Wide Web HTTP"),
            row("6000-6063", None, "x11", "X Window System"),
            row("", "tcp", "named-only"),
        ]
    )
)
HEADER = int.from_bytes(SMALL[20:24], "little")


def reason(path: Path) -> object:
    with pytest.raises(BrokenSurroundings) as refused:
        Registry(str(path))
    assert refused.value.problem == "snapshot-unreadable"
    assert refused.value.fields["path"] == str(path)
    assert refused.value.exit_status == 4
    return refused.value.fields["reason"]


def answers(registry: Registry) -> object:
    return [
        registry.snapshot,
        [registry.lookup(port) for port in (0, 1, 80, 971, 6030, 65535)],
        registry.named("x11"),
        registry.search("window", limit=5),
        list(registry.records()),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "cut"),
        (SMALL[:10], "cut"),
        (SMALL[:BLOCK], "cut"),
        (SMALL[:-1], "cut"),
        (SMALL + b"x", "cut"),
        (b"<!DOCTYPE html>" + bytes(5000), "not-a-snapshot"),
        (bytes(5000), "not-a-snapshot"),
        (SMALL.replace(b"\r\n", b"\n", 1) + b" ", "not-a-snapshot"),
        (SMALL[:AT_RECORDS] + b"\xff" + SMALL[AT_RECORDS + 1 :], "checksum"),
    ],
)
def test_damage_is_named_when_the_file_is_opened(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "snapshot.bin").write_bytes(content)
    assert reason(tmp_path / "snapshot.bin") == why


def test_what_is_no_file(tmp_path: Path) -> None:
    assert reason(tmp_path) == "not-a-file"
    os.mkfifo(tmp_path / "pipe")
    assert reason(tmp_path / "pipe") == "not-a-file"
    with pytest.raises(SnapshotMissing, match="missing"):
        Registry(str(tmp_path / "nothing"))
    (tmp_path / "loop").symlink_to("loop")
    assert reason(tmp_path / "loop") == "not-a-file"


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.bin"
    path.write_bytes(SMALL)
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        assert reason(path) == "not-permitted"
    finally:
        if user == 0:
            os.seteuid(0)


@pytest.mark.parametrize("version", [0, 2, 0xFFFFFFFF])
def test_another_format_is_told_apart_from_damage(tmp_path: Path, version: int) -> None:
    path = tmp_path / "snapshot.bin"
    path.write_bytes(SMALL[:AT_FORMAT] + version.to_bytes(4, "little") + SMALL[AT_FORMAT + 4 :])
    with pytest.raises(OtherFormat, match="other-format"):
        Registry(str(path))


@given(st.integers(0, 8 * len(SMALL) - 1))
def test_no_flipped_bit_changes_an_answer(tmp_path_factory: pytest.TempPathFactory, bit: int) -> None:
    damaged = bytearray(SMALL)
    damaged[bit // 8] ^= 1 << bit % 8
    path = tmp_path_factory.mktemp("bit") / "snapshot.bin"
    path.write_bytes(SMALL)
    right = answers(Registry(str(path)))
    path.write_bytes(damaged)
    try:
        given_answers = answers(Registry(str(path)))
    except BrokenSurroundings as refused:
        if refused.problem != "snapshot-unreadable":
            raise
    else:
        assert given_answers == right
    with pytest.raises(BrokenSurroundings, match="snapshot-unreadable"):
        Registry(str(path)).verify()


@given(st.integers(HEADER, len(SMALL) - 1), st.binary(min_size=1, max_size=64))
def test_a_forged_checksum_leads_to_no_other_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, piece: bytes
) -> None:
    """Damage that all checksums agree with: a wrong answer may come of it, but never a wild error or a hang."""
    body = bytearray(SMALL[HEADER:])
    body[at - HEADER : at - HEADER + len(piece)] = piece[: len(SMALL) - at]
    sums = b"".join(checksum(bytes(body[at : at + BLOCK])).to_bytes(4, "little") for at in range(0, len(body), BLOCK))
    head = bytearray(SMALL[: HEADER - len(sums)] + sums)
    head[AT_CHECKSUM:AT_RECORDS] = checksum(bytes(head[:AT_CHECKSUM] + head[AT_RECORDS:])).to_bytes(4, "little")
    path = tmp_path_factory.mktemp("forged") / "snapshot.bin"
    path.write_bytes(head + body)
    registry = Registry(str(path))
    for ask in (answers, Registry.verify, Registry.names):
        try:
            ask(registry)
        except BrokenSurroundings as refused:
            if refused.problem != "snapshot-unreadable":
                raise


@given(st.integers(AT_RECORDS, HEADER - 1), st.binary(min_size=1, max_size=64))
def test_a_forged_header_leads_to_no_other_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, piece: bytes
) -> None:
    head = bytearray(SMALL[:HEADER])
    head[at : at + len(piece)] = piece[: HEADER - at]
    head[AT_CHECKSUM:AT_RECORDS] = checksum(bytes(head[:AT_CHECKSUM] + head[AT_RECORDS:])).to_bytes(4, "little")
    path = tmp_path_factory.mktemp("forged") / "snapshot.bin"
    path.write_bytes(head + SMALL[HEADER:])
    try:
        answers(Registry(str(path)))
    except BrokenSurroundings as refused:
        if refused.problem != "snapshot-unreadable":
            raise


def test_a_file_cut_while_it_is_open_is_named(tmp_path: Path, compiled: bytes) -> None:
    path = tmp_path / "snapshot.bin"
    path.write_bytes(compiled)
    registry = Registry(str(path))
    registry.lookup(971)
    os.truncate(path, BLOCK)
    with pytest.raises(BrokenSurroundings, match=re.escape("'cut'")):
        registry.verify()


def test_a_replaced_file_leaves_an_open_one_whole(tmp_path: Path, compiled: bytes) -> None:
    path = tmp_path / "snapshot.bin"
    path.write_bytes(compiled)
    registry = Registry(str(path))
    (tmp_path / "new").write_bytes(SMALL)
    (tmp_path / "new").replace(path)
    registry.verify()
    assert registry.snapshot != Registry(str(path)).snapshot


def test_a_look_up_touches_a_few_blocks(tmp_path: Path, compiled: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "snapshot.bin"
    path.write_bytes(compiled)
    read: list[int] = []
    original = os.pread

    def counted(descriptor: int, length: int, offset: int) -> bytes:
        read.append(length)
        return original(descriptor, length, offset)

    monkeypatch.setattr("whoseport.registry.snapshot_file._read_at", counted)
    Registry(str(path)).lookup(971)
    assert 0 < sum(read) <= 20 * BLOCK


def test_nothing_is_read_past_a_section(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.bin"
    path.write_bytes(SMALL)
    file = SnapshotFile(str(path))
    for name in SECTIONS:
        assert len(file.read(name, 0, file.length(name))) == file.length(name)
        for start, length in ((0, file.length(name) + 1), (file.length(name), 1), (-1, 1), (1, -1)):
            with pytest.raises(BrokenSurroundings, match="content"):
                file.read(name, start, length)


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.bin"
    path.write_bytes(SMALL)
    (tmp_path / "bad").write_bytes(SMALL[:-1])
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        Registry(str(path)).lookup(80)
        with pytest.raises(BrokenSurroundings):
            Registry(str(tmp_path / "bad"))
    assert len(os.listdir("/proc/self/fd")) <= before + 2
