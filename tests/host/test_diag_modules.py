"""Asking must not load a module: what counts as being there already."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from whoseport.host.linux.diag_modules import HANDLERS, askable


class Roots:
    """A machine made of files, whose kernel can load modules unless told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "proc" / "sys" / "kernel").mkdir(parents=True)
        (folder / "proc" / "modules").touch()
        self.disable("0")

    def disable(self, text: str) -> None:
        (self.folder / "proc" / "sys" / "kernel" / "modules_disabled").write_text(f"{text}\n")

    def load(self, *names: str) -> None:
        for name in names:
            (self.folder / "sys" / "module" / name).mkdir(parents=True)

    def build_in(self, *names: str) -> None:
        folder = self.folder / "modules" / os.uname().release
        folder.mkdir(parents=True)
        (folder / "modules.builtin").write_text("".join(f"kernel/net/ipv4/{name}.ko\n" for name in names))

    def askable(self) -> set[str]:
        found = askable(**{name: str(self.folder / name) for name in ("proc", "sys", "modules")})
        return {name for name in HANDLERS if name in found}


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    return Roots(tmp_path)


def test_nothing_there_nothing_asked(roots: Roots) -> None:
    assert roots.askable() == set()


def test_loaded_modules(roots: Roots) -> None:
    roots.load("tcp_diag", "udp_diag")
    assert roots.askable() == set()
    roots.load("inet_diag")
    assert roots.askable() == {"tcp", "udp", "udplite"}


def test_built_in_and_loaded_ones_together(roots: Roots) -> None:
    roots.build_in("inet_diag", "tcp_diag")
    assert roots.askable() == {"tcp"}
    roots.load("sctp_diag")
    assert roots.askable() == {"tcp", "sctp"}


def test_a_name_that_only_ends_alike_does_not_count(roots: Roots) -> None:
    roots.build_in("inet_diag", "my_tcp_diag", "tcp_diagnosis")
    assert roots.askable() == set()


def test_where_nothing_can_be_loaded_everything_is_asked(roots: Roots) -> None:
    roots.disable("1")
    assert roots.askable() == set(HANDLERS)


def test_a_kernel_without_modules_is_asked_everything(roots: Roots) -> None:
    (roots.folder / "proc" / "modules").unlink()
    assert roots.askable() == set(HANDLERS)
