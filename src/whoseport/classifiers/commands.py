"""Does a command that is handed on run what it is sent: is it a shell, or an interpreter without a program?"""

from __future__ import annotations

from whoseport.classifiers.command_line import started_by
from whoseport.classifiers.interpreters import MULTI_CALL, family_of
from whoseport.classifiers.places import base_name
from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from whoseport.classifiers.command_line import Start

LONGEST = 1 << 16
"""Characters of a command that are taken apart."""
_MOST_WORDS = 512
_WRAPPERS = words(
    "env exec setsid nohup sudo doas su stdbuf timeout nice ionice chroot unshare nsenter setpriv runuser script "
    "rlwrap time chrt taskset busybox command builtin unbuffer catchsegv proxychains proxychains4 torsocks"
)
_NO_INPUT = words("java dotnet mono deno bun awk beam")
"""Interpreters that read no program from their standard input when they are given none."""


def reads_program(start: Start) -> bool:
    """Whether what was started is a shell or an interpreter that takes its program from its standard input."""
    if start.family is None or start.family in _NO_INPUT:
        return False
    if start.form == "script":
        if start.family == "shell" and any(_has_s(word) for word in start.options):
            return True
        return start.subject in ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
    return start.form == "input"


def takes_commands(words: Sequence[str]) -> bool:
    """Whether a command is a shell or an interpreter that runs what it reads from its input, and nothing of its own.

    >>> [takes_commands(one.split()) for one in ("/bin/sh -i", "-bash", "sh handler.sh", "sh -c date", "python3")]
    [True, True, False, False, True]
    """
    words = unwrapped(words)
    if not words:
        return False
    start = started_by((words[0].lstrip("-"), *words[1:]))
    if start.family == "shell" and start.form == "inline" and len(start.subject) < 4096:
        return takes_commands(without_redirections(split_words(start.subject)))
    return reads_program(start)


def unwrapped(words: Sequence[str]) -> tuple[str, ...]:
    """A command without the programs before it that only start it.

    >>> unwrapped(("env", "A=1", "/bin/sh", "-i")), unwrapped(("timeout", "10", "sh", "x.sh")), unwrapped(("cat",))
    (('/bin/sh', '-i'), ('sh', 'x.sh'), ('cat',))
    >>> unwrapped(("sudo", "-u", "ana", "setsid", "bash")), unwrapped(("script", "-qc", "bash -i", "/dev/null"))
    (('bash',), ('bash', '-i'))
    """
    words = tuple(words[:_MOST_WORDS])
    while words and (wrapper := base_name(words[0])) in _WRAPPERS:
        at = 2 if wrapper == "chroot" else 1
        while at < len(words):
            word = words[at]
            if wrapper == "script" and word.startswith("-") and word.endswith("c"):
                return unwrapped(split_words(words[at + 1])) if at + 1 < len(words) else ()
            after_option = at > 1 and len(words[at - 1]) == 2 and words[at - 1].startswith("-")
            if not (word.startswith("-") or word[:1].isdigit() or "=" in word):
                program = base_name(word)
                if not after_option or program in _WRAPPERS or family_of(program) or program in MULTI_CALL:
                    break
            at += 1
        words = words[at:]
    return words


def without_redirections(words: Sequence[str]) -> tuple[str, ...]:
    """A command's words without what redirects its streams.

    >>> without_redirections(("sh", "-i", "<&3", "2>&1", ">", "/dev/null"))
    ('sh', '-i')
    """
    kept: list[str] = []
    skip = False
    for word in words:
        bare = word.lstrip("0123456789&")
        if skip:
            skip = False
        elif bare.startswith(("<", ">")):
            skip = not bare.lstrip("<>&|")
        else:
            kept.append(word)
    return tuple(kept)


def split_words(text: str) -> tuple[str, ...]:
    """A command as a shell splits it, as far as quotes go.

    >>> split_words("/bin/sh -c 'echo \\"a b\\"' x")
    ('/bin/sh', '-c', 'echo "a b"', 'x')
    """
    words: list[str] = []
    word = ""
    quote = ""
    begun = False
    for character in text[:LONGEST]:
        if quote:
            if character == quote:
                quote = ""
            else:
                word += character
        elif character in "'\"":
            quote, begun = character, True
        elif character.isspace():
            if word or begun:
                words.append(word)
            word, begun = "", False
        else:
            word += character
    if word or begun:
        words.append(word)
    return tuple(words)


def _has_s(word: str) -> bool:
    """`-s` of a shell, also among other letters: it then reads commands whatever arguments it has (sh(1))."""
    return word.startswith("-") and not word.startswith("--") and "s" in word
