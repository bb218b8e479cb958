"""The repository's own facts, and the snapshot compiled from them, made once for each process."""

from __future__ import annotations

from pathlib import Path

import pytest

from whoseport.registry.compiler import compile_facts
from whoseport.registry.facts import Facts, read_folder
from whoseport.registry.store import Registry

FOLDER = Path(__file__).parents[2] / "data" / "registry"


@pytest.fixture(scope="session")
def repository_facts() -> Facts:
    return read_folder(FOLDER)


@pytest.fixture(scope="session")
def compiled(repository_facts: Facts) -> bytes:
    return compile_facts(repository_facts)


@pytest.fixture(scope="session")
def snapshot_path(compiled: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("snapshot") / "snapshot.bin"
    path.write_bytes(compiled)
    return path


@pytest.fixture
def registry(snapshot_path: Path) -> Registry:
    return Registry(str(snapshot_path))
