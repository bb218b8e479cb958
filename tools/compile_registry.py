"""Compiles IANA's XML file into the facts of data/registry and the program's snapshot: make data FROM=FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from whoseport.model import WhoseportError
from whoseport.registry.compiler import compile_folder
from whoseport.registry.facts import read_folder, write_folder
from whoseport.registry.iana_xml import SOURCE, parse

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Exit status 0 when done, 2 on wrong usage, 4 when the file is not the registry."""
    if len(arguments) != 1:
        print(
            "usage: python -m tools.compile_registry FILE    (IANA's service-names-port-numbers.xml)", file=sys.stderr
        )
        return 2
    folder = ROOT / "data" / "registry"
    try:
        facts = parse(Path(arguments[0]).read_bytes(), source=SOURCE)
        write_folder(folder, facts)
        if read_folder(folder) != facts:
            print("the written facts do not read back as they were", file=sys.stderr)
            return 4
        compile_folder(folder, ROOT / "src" / "whoseport" / "registry" / "snapshot.bin")
    except (OSError, WhoseportError) as failure:
        print(failure, file=sys.stderr)
        return 4
    print(f"{facts.snapshot.records} records of {facts.snapshot.updated} in {folder.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
