"""The table of leases: what ends a lease, what a damaged table does, and that a lock dies with its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.leasing.leases import Lease, Table, _parse, _text, leases_folder
from whoseport.leasing.owners import Owner, owner_of
from whoseport.model import BrokenSurroundings

ME = owner_of(os.getpid())
assert ME is not None
GONE = Owner(pid=ME.pid, start="1")
"""The same number, and another process."""


def lease(port: int = 20000, *, owner: Owner = ME, until: int | None = None, key: str = "ab") -> Lease:
    assert ME is not None
    return Lease(port=port, transport="tcp", namespace="net:[1]", key=key, owner=owner, asker=ME, until=until)


def test_a_lease_lasts_as_long_as_its_owner(tmp_path: Path) -> None:
    with Table(str(tmp_path / "leases")) as table:
        table.leases += [lease(1), lease(2, owner=GONE)]
    with Table(str(tmp_path / "leases")) as table:
        assert [one.port for one in table.leases] == [1]


def test_a_lease_with_a_time_lasts_until_then_whoever_lives(tmp_path: Path) -> None:
    now = int(time.time())
    with Table(str(tmp_path / "leases")) as table:
        table.leases += [lease(1, until=now - 1), lease(2, owner=GONE, until=now + 1000)]
    with Table(str(tmp_path / "leases")) as table:
        assert [one.port for one in table.leases] == [2]


def test_no_lease_survives_another_boot(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    (proc / "sys/kernel/random").mkdir(parents=True)
    (proc / str(os.getpid())).mkdir()
    (proc / str(os.getpid()) / "stat").write_bytes(Path("/proc/self/stat").read_bytes())
    boot = proc / "sys/kernel/random/boot_id"
    boot.write_text("first\n")
    with Table(str(tmp_path / "leases"), proc=str(proc)) as table:
        table.leases.append(lease())
    with Table(str(tmp_path / "leases"), proc=str(proc)) as table:
        assert table.leases
    boot.write_text("second\n")
    with Table(str(tmp_path / "leases"), proc=str(proc)) as table:
        assert table.leases == []


def test_a_holder_of_the_lock_that_is_killed_lets_go_of_it(tmp_path: Path) -> None:
    folder = str(tmp_path / "leases")
    code = (
        "import sys; from whoseport.leasing.leases import Table\n"
        "with Table(sys.argv[1]): print('locked', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == b"locked\n"
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=30)
        with Table(folder) as table:
            assert table.leases == []
    finally:
        holder.kill()
        holder.wait(timeout=30)
        holder.stdin.close()
        holder.stdout.close()


def test_an_error_below_the_lock_changes_nothing(tmp_path: Path) -> None:
    folder = str(tmp_path / "leases")
    with Table(folder) as table:
        table.leases.append(lease(1))

    def fail() -> None:
        with Table(folder) as table:
            table.leases.clear()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with Table(folder) as table:
        assert [one.port for one in table.leases] == [1]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a folder away")
def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with pytest.raises(BrokenSurroundings, match="leases-unusable"), Table(str(folder)):
        pass


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(BrokenSurroundings, match="not-ours"), Table(str(folder)):
        pass


def test_a_link_in_place_of_the_table_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    folder.mkdir(mode=0o700)
    (tmp_path / "elsewhere").write_text("kept")
    (folder / "leases").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BrokenSurroundings, match="leases-unusable"), Table(str(folder)):
        pass
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_the_folder_is_the_sessions_own_or_the_users(tmp_path: Path) -> None:
    assert leases_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == f"{tmp_path}/whoseport"
    assert leases_folder({"XDG_RUNTIME_DIR": "relative", "TMPDIR": "/var/tmp"}, uid=7) == "/var/tmp/whoseport-7"
    assert leases_folder({}, uid=7) == "/tmp/whoseport-7"


words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)
owners = st.builds(Owner, pid=st.integers(1, 2**31), start=words)
some_leases = st.lists(
    st.builds(
        Lease,
        port=st.integers(0, 65535),
        transport=st.sampled_from(("tcp", "udp")),
        namespace=words,
        key=words,
        owner=owners,
        asker=owners,
        until=st.none() | st.integers(0, 2**40),
    ),
    max_size=5,
)


@given(leases=some_leases, boot=words)
def test_what_is_written_is_read_again(leases: list[Lease], boot: str) -> None:
    assert _parse(_text(leases, boot).encode(), boot) == leases


@given(content=st.binary(max_size=300), lines=st.lists(st.binary(max_size=60), max_size=4))
def test_any_bytes_are_read_or_dropped(content: bytes, lines: list[bytes]) -> None:
    assert isinstance(_parse(content, "boot"), list)
    assert isinstance(_parse(b"\n".join([b"whoseport leases 1\tboot", *lines]), "boot"), list)
