"""Compiles the facts of practice into the file that the program reads, without building the package: make data."""

from __future__ import annotations

import sys
from pathlib import Path

from whoseport.practice.compiler import compile_folder
from whoseport.practice.facts import FactError

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Exit status 0 when done, 1 when a fact is not let through."""
    try:
        compile_folder(ROOT / "data", ROOT / "src" / "whoseport" / "practice" / "facts.bin")
    except FactError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
