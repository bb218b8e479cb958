"""Compiles the facts and the message catalogues when the package is built; an editable install is a build, too."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileHook(BuildHookInterface[Any]):
    """Makes snapshot.bin from data/registry, facts.bin from the other data, each whoseport.mo from its whoseport.po."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        try:
            from whoseport.practice.compiler import compile_folder as compile_practice
            from whoseport.registry.compiler import compile_folder
        finally:
            sys.path.pop(0)
        compile_folder(root / "data" / "registry", root / "src" / "whoseport" / "registry" / "snapshot.bin")
        compile_practice(root / "data", root / "src" / "whoseport" / "practice" / "facts.bin")
        compile_catalogues(root / "src" / "whoseport" / "render" / "locale")


def compile_catalogues(folder: Path) -> None:
    """Compiles every LANG/LC_MESSAGES/whoseport.po below the folder, each replaced in one step."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in sorted(folder.glob("*/LC_MESSAGES/whoseport.po")):
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parent.parent.name)
        # which would else be now, and no two builds alike
        catalogue.creation_date = datetime(1970, 1, 1, tzinfo=UTC)
        unfinished = source.with_suffix(".mo.new")
        with unfinished.open("wb") as compiled:
            write_mo(compiled, catalogue)
        unfinished.replace(source.with_suffix(".mo"))
