"""Which messages are there to translate? Extracts them from the sources; keeps template and catalogues in step.

    python -m tools.messages

writes src/whoseport/render/locale/whoseport.pot anew and brings every whoseport.po into step with it: new messages
come in untranslated, orphaned ones go. A test fails until a translator has filled in what is new.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src" / "whoseport"
LOCALE = SOURCES / "render" / "locale"
TEMPLATE = LOCALE / "whoseport.pot"

KEYWORDS = {"say": None, "count": (1, 2), "gettext": None, "_": None, "worded": None}
"""The functions whose first argument (of `count`: first two) is a message; they are explained in render/language.py."""

HEADER = """\
# Messages of whoseport, for translators. Written by tools/messages.py: change the sources, not this file.
# What stands in {braces} is filled in by the program and stays as it is.
#"""


def extracted() -> Catalog:
    """Every message of render/ and cli/, where sentences live, with the files that say it, ordered by file."""
    catalogue = Catalog(project="whoseport", header_comment=HEADER, fuzzy=False)
    found = extract_from_dir(
        SOURCES,
        method_map=[("render/**.py", "python"), ("cli/**.py", "python")],
        keywords=KEYWORDS,
        comment_tags=["Translators:"],
        strip_comment_tags=True,
    )
    for file, _line, message, comments, context in sorted(found, key=lambda one: (one[0], one[1])):
        location = [(f"src/whoseport/{file}", 0)]
        catalogue.add(message, locations=location, auto_comments=comments, context=context)
    return catalogue


def template() -> bytes:
    """The template's text; the same sources always give the same bytes."""
    return _written(extracted())


def catalogues() -> tuple[Path, ...]:
    """Every translation."""
    return tuple(sorted(LOCALE.glob("*/LC_MESSAGES/whoseport.po")))


def in_step(path: Path) -> bytes:
    """A catalogue's text after the messages of the sources were brought into it."""
    with path.open("rb") as text:
        catalogue = read_po(text, locale=path.parent.parent.name)
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return _written(catalogue)


def _written(catalogue: Catalog) -> bytes:
    text = BytesIO()
    write_po(text, catalogue, width=120, include_lineno=False, ignore_obsolete=True)
    dated = (
        b'"POT-Creation-Date:',
        b'"PO-Revision-Date:',
        b'"Generated-By:',
        b'"Report-Msgid-Bugs-To:',
        b'"Last-Translator',
    )
    return b"".join(line for line in text.getvalue().splitlines(keepends=True) if not line.startswith(dated))


def write_template() -> None:
    """Writes the template and brings the catalogues into step."""
    TEMPLATE.write_bytes(template())
    for path in catalogues():
        path.write_bytes(in_step(path))


if __name__ == "__main__":
    write_template()
