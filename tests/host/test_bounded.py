"""How much of a file is read: to its end, to a limit, or nothing."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from whoseport.host.linux.bounded import read_start, start_or_nothing


@pytest.mark.parametrize("size", [0, 1, 4096, (1 << 18) - 1, 1 << 18, (1 << 18) + 1])
def test_a_file_is_read_to_its_end_or_to_the_limit(size: int, tmp_path: Path) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    assert read_start(str(tmp_path / "file"), limit=1 << 20) == content
    assert read_start(str(tmp_path / "file"), limit=4096) == content[:4096]


def test_a_short_answer_is_not_the_end(tmp_path: Path) -> None:
    """As with files of /proc that have many records: only an empty answer is the end."""
    fifo = tmp_path / "records"
    os.mkfifo(fifo)

    def tell() -> None:
        with fifo.open("wb", buffering=0) as told:
            for record in (b"one\n", b"two\n", b"three\n"):
                told.write(record)

    teller = threading.Thread(target=tell)
    teller.start()
    assert read_start(str(fifo), limit=1 << 20) == b"one\ntwo\nthree\n"
    teller.join()


def test_what_cannot_be_read_is_an_error_or_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_start(str(tmp_path / "none"), limit=10)
    assert start_or_nothing(str(tmp_path / "none"), limit=10) == b""
    assert start_or_nothing(str(tmp_path), limit=10) == b""
