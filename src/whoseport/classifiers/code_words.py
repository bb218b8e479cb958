"""What do the words of a program's text tell, without understanding it: is a function called, is a shell named?"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SHELL_NAMES = ("sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "busybox", "cmd.exe", "powershell")
LONGEST = 1 << 18
"""Characters of a program that are looked at."""
MOST = 1 << 12
"""Places at which one word is looked at."""
NEAR = 4096
"""Characters behind it that are looked at."""
_LONGEST_PATH = 64
"""Characters of the folder before a shell's name."""


def calls(code: str, name: str, *, variable: bool = False) -> bool:
    """Whether a function is called by its bare name; with `variable`, with something else than a fixed text.

    >>> calls("exec(a)", "exec"), calls("os.execv(a)", "exec"), calls("literal_eval(x)", "eval")
    (True, False, False)
    >>> calls("os.system('date')", "os.system", variable=True), calls("os.system(d)", "os.system", variable=True)
    (False, True)
    """
    for at in _places(code, name):
        before = code[at - 1 : at]
        rest = code[at + len(name) : at + len(name) + NEAR].lstrip(" \t")
        if not rest.startswith("(") or before.isalnum() or before in ("_", ".", "$"):
            continue
        if not variable or not is_fixed(rest[1:].lstrip()):
            return True
    return False


def has_word(code: str, word: str) -> bool:
    """Whether a word stands alone somewhere.

    >>> has_word("eval unpack", "eval"), has_word("evaluate", "eval")
    (True, False)
    """
    for at in _places(code, word):
        before, after = code[at - 1 : at], code[at + len(word) : at + len(word) + 1]
        if not (before.isalnum() or before in ("_", ".", "$", "@", "%")) and not (after.isalnum() or after == "_"):
            return True
    return False


def names_shell(code: str) -> bool:
    """Whether a shell is named as a program: a text that is its path or name, by itself or with options only.

    >>> names_shell("spawn('/bin/sh')"), names_shell('["bash", "-i"]'), names_shell("'bash build.sh'")
    (True, True, False)
    """
    return any(_is_shell_here(code, at, name) for name in _SHELL_NAMES for at in _places(code, name))


def _places(code: str, word: str) -> Iterator[int]:
    """Where a word occurs, at no more places than are worth looking at."""
    at = code.find(word)
    left = MOST
    while at >= 0 and left:
        yield at
        left -= 1
        at = code.find(word, at + len(word))


def _is_shell_here(code: str, at: int, name: str) -> bool:
    start = at
    if start and (code[start - 1].isalnum() or code[start - 1] in "._-"):
        return False
    while start and at - start < _LONGEST_PATH and (code[start - 1].isalnum() or code[start - 1] in "/._-"):
        start -= 1
    path = code[start:at]
    if start and code[start - 1] not in "\"'`(q{[ </=,":
        return False
    if not path and (not start or code[start - 1] not in "\"'`"):
        return False
    rest = code[at + len(name) : at + len(name) + 40]
    if rest[:1].isalnum() or rest[:1] in ("_", ".", "-", "/"):
        return False
    if rest[:1] in "\"'`" and rest[:1]:
        return not _fixed_program(rest[1:])
    word = rest.lstrip(" ").split("'")[0].split('"')[0]
    return not rest.startswith(" ") or not word or word.startswith(("-i", "-l", "-s", "<", ">", "0<", "2>", "1>"))


def _fixed_program(rest: str) -> bool:
    """Whether the list that begins with a shell goes on with `-c` or a script: `['sh', '-c', 'date']`."""
    rest = rest.lstrip(" ,[(")
    if not rest[:1] or rest[:1] not in "\"'`":
        return False
    word = rest[1:].split(rest[0], 1)[0]
    if word in ("-c", "-lc", "-ec", "/c"):
        following = rest[len(word) + 2 :].lstrip(" ,")
        return following[:1] in ("'", '"') and bool(following)
    return bool(word) and not word.startswith("-")


def is_fixed(argument: str) -> bool:
    """Whether an argument begins with a text, to which nothing is added."""
    argument = argument.lstrip("[(")
    quote = argument[:1]
    if quote in ("r", "b", "u") and argument[1:2] in ("'", '"'):
        argument, quote = argument[1:], argument[1]
    if quote not in ("'", '"', "`") or not quote:
        return False
    end = argument.find(quote, 1)
    if end < 0:
        return True
    if quote == "`" and "${" in argument[:end]:
        return False
    after = argument[end + 1 :].lstrip()
    return not after.startswith(("%", "+", ".format", ". ", ".$"))
