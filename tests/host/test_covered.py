"""Lines of mounts, as the kernel writes them and as nobody does; what covers a process is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux.covered import covered_processes, pids_in

LINE = b"36 35 8:1 /e %s rw,relatime shared:1 - ext4 /dev/sda1 rw"


def test_only_processes_folders_count() -> None:
    points = (
        b"/proc/812",
        b"/proc/7/root",
        b"/proc/kcore",
        b"/proc",
        b"/srv/proc/9",
        b"/proc/12345678901234",
        b"/proc/",
    )
    assert pids_in(b"\n".join(LINE % point for point in points)) == (7, 812)


def test_a_source_below_proc_covers_nothing() -> None:
    assert pids_in(b"36 35 8:1 /proc/5 /mnt rw - ext4 /proc/6 rw") == ()


def test_another_root_of_proc() -> None:
    assert pids_in(LINE % b"/other/5", proc="/other") == (5,)


def test_nothing_is_covered_where_nothing_can_be_read() -> None:
    assert covered_processes("/nonexistent") == ()


@given(
    st.lists(st.sampled_from([b"/proc/", b"1", b" ", b"\n", b"/", b"x", b"\xff", b" - "]), max_size=60).map(b"".join)
)
def test_any_bytes(data: bytes) -> None:
    found = pids_in(data)
    assert list(found) == sorted(set(found))
    assert all(str(pid).encode() in data for pid in found)
