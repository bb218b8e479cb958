"""What goes wrong: misuse, a "no", broken surroundings. Each carries a problem word and fields, no prose."""

from __future__ import annotations


class WhoseportError(Exception):
    """Misuse, or broken surroundings. `problem` is a word that render/ knows a sentence for, `fields` fill it in."""

    exit_status = 2

    def __init__(self, problem: str, **fields: object) -> None:
        super().__init__(problem, fields)
        self.problem = problem
        self.fields = fields

    def __str__(self) -> str:
        return " ".join([self.problem, *(f"{name}={value!r}" for name, value in self.fields.items())])


class Misuse(WhoseportError):
    """The question or an option makes no sense: exit status 2."""


class NotFound(WhoseportError):
    """The answer is "no": an unknown name, nothing found: exit status 1."""

    exit_status = 1


class BrokenSurroundings(WhoseportError):
    """An unreadable snapshot, no network for `update`, a full disk: exit status 4."""

    exit_status = 4
