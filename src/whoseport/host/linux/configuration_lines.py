"""What do the lines of a configuration file set? Keys with their values, and the parts of the file around them.

One reader for the usual syntaxes: sections in brackets, blocks in braces, keys with others indented below, markup,
JSON, options of a command line. Only lines with a word that has to do with ports are taken apart.
"""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    Scope = tuple[bytes, ...]

MOST_LINES = 50_000
LONGEST_LINE = 4096
_DEEPEST = 32
_KEY_CHARACTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_DIGITS = b"0123456789"
ENDS_OF_VALUE = b" \t;,\"'()[]<>"
_WORDS = (b"port", b"listen", b"bind", b"addr", b"host", b"socket", b"serverrun", b"interface", b"local", b"inet")
"""One of these is in every line that matters."""


class Statement(Record):
    """A key and its value, on one line with others or alone."""

    line: int
    key: bytes
    value: bytes
    scope: Scope
    text: bytes


def may_set(data: bytes) -> bool:
    """Whether it is worth reading at all: a line that is no comment has a word of ours and a digit."""
    if b"\0" in data:
        return False
    lower = data.lower()
    for word in _WORDS:
        at = lower.find(word)
        while at >= 0:
            end = lower.find(b"\n", at)
            line = lower[lower.rfind(b"\n", 0, at) + 1 : end if end >= 0 else len(lower)]
            if line.lstrip()[:1] not in (b"#", b";") and len(line.translate(None, _DIGITS)) < len(line):
                return True
            at = lower.find(word, end) if end >= 0 else -1
    return False


def statements_of(data: bytes, *, markup: bool = False, arguments: bool = False) -> list[Statement]:
    """Keys with their values, each with the parts of the file around it; comments are left out.

    `markup`: the file is XML. `arguments`: values may hold a command line, whose options are keys, too.
    """
    found: list[Statement] = []
    parts = _Parts(markup=markup, comments=(b"-->" if markup else b"*/") in data)
    whole = data.lower()
    words = [word for word in _WORDS if word in whole]
    lines = zip(data.split(b"\n")[:MOST_LINES], whole.split(b"\n"), strict=False)
    for number, (line, lower) in enumerate(lines, 1):
        if line[:1] in b"#;" and not markup:
            continue  # most lines of most files, and empty ones
        interesting = False
        for word in words:
            if word in lower:
                interesting = True
                break
        if len(line) > LONGEST_LINE or (not interesting and not parts.changed_by(line)):
            continue
        code = parts.code(line)
        if not code:
            continue
        for fragment, scope in parts.fragments(code):
            if not interesting:
                continue
            pairs = _markup(fragment) if parts.markup else _pairs(fragment, arguments=arguments)
            found += (Statement(line=number, key=key, value=value, scope=scope, text=line) for key, value in pairs)
    return found


class _Parts:
    """Follows the parts of a file from line to line: sections, blocks in braces, keys with others indented below."""

    def __init__(self, *, markup: bool, comments: bool) -> None:
        self.markup = markup
        self._comments = comments
        self._comment: bytes | None = None
        self._section: Scope = ()
        self._blocks: list[bytes] = []
        self._parents: list[tuple[int, bool, bytes]] = []
        self._items = 0

    def changed_by(self, line: bytes) -> bool:
        """Whether a line without a word of ours could begin or end a part; False only where it surely does not."""
        if self.markup or self._comment is not None or self._parents:
            return True
        begin = line.lstrip()[:1]
        if not begin or begin in b"#;":
            return False
        return begin in b"[-/" or b"{" in line or b"}" in line or b"/*" in line or line.rstrip()[-1:] == b":"

    def code(self, line: bytes) -> bytes:
        """The line without comments; empty where nothing is left."""
        opening, closing = (b"<!--", b"-->") if self.markup else (b"/*", b"*/")
        if self._comment is not None:
            _, ended, line = line.partition(self._comment)
            if not ended:
                return b""
            self._comment = None
        stripped = line.strip()
        if not stripped or (not self.markup and (stripped[:1] in b"#;!%" or stripped[:2] in (b"//", b"--"))):
            return line if stripped[:2] == b"--" and stripped[2:3].isalpha() else b""
        # a glob such as conf.d/*.conf opens no comment
        if not self.markup and not stripped.startswith(opening):
            opening = b" " + opening
        before, opened, after = line.partition(opening) if self._comments else (line, b"", b"")
        if opened:
            _, ended, rest = after.partition(closing)
            if not ended:
                self._comment = closing
            return before + rest if (before + rest).strip() else b""
        if not self.markup:
            for mark in (b" #", b"\t#"):
                line = line.partition(mark)[0]
        return line.rstrip()

    def fragments(self, code: bytes) -> list[tuple[bytes, Scope]]:
        """The statements of a line, with the parts that each stands in."""
        stripped = code.strip()
        if self.markup:
            return self._elements(stripped)
        if stripped[:1] == b"[" and stripped[-1:] == b"]" and b"=" not in stripped and b":" not in stripped:
            self._section = (stripped.strip(b"[]").strip(b"\"' "),)
            self._parents.clear()
            return []
        self._indent(code, stripped)
        if b"{" not in stripped and b"}" not in stripped:
            return [(stripped, self._scope())]
        found = []
        piece = b""
        for at in range(len(stripped)):
            letter = stripped[at : at + 1]
            if letter == b"{":
                found.append((piece, self._scope()))
                name = piece.strip().rstrip(b":= \t")
                name = name.strip(b"\"'") if name[:1] in (b'"', b"'") else name
                if len(self._blocks) < _DEEPEST:
                    self._blocks.append(name[:80])
                piece = b""
            elif letter == b"}":
                found.append((piece, self._scope()))
                piece = b""
                if self._blocks:
                    self._blocks.pop()
            elif letter in b";," and self._blocks:
                found.append((piece, self._scope()))
                piece = b""
            else:
                piece += letter
        return [*found, (piece, self._scope())]

    def _scope(self) -> Scope:
        return (*self._section, *self._blocks, *(name for _, _, name in self._parents))

    def _indent(self, code: bytes, stripped: bytes) -> None:
        """`server:` has what is indented below it; each `- ` begins a part of its own (YAML 1.2.2, 8.2)."""
        depth = len(code) - len(code.lstrip())
        item = stripped[:2] == b"- "
        while self._parents:
            above, was_item, _ = self._parents[-1]
            if above > depth or (above == depth and (was_item or not item)):
                self._parents.pop()
            else:
                break
        if len(self._parents) >= _DEEPEST:
            return
        if item:
            self._items += 1
            self._parents.append((depth, True, b"\0%d" % self._items))
        name = stripped.removeprefix(b"- ").strip()
        if name[-1:] == b":" and b" " not in name and len(name) < 80:
            self._parents.append((depth + 2 if item else depth, False, name[:-1].strip(b"\"'")))

    def _elements(self, stripped: bytes) -> list[tuple[bytes, Scope]]:
        """Elements that are open around this line; one that opens and closes on it stays a fragment."""
        found = [(stripped, tuple(self._blocks))]
        if stripped[:2] == b"</":
            if self._blocks:
                self._blocks.pop()
        elif stripped[:1] == b"<" and stripped[-1:] == b">" and stripped[-2:-1] not in b"/?" and b"</" not in stripped:
            words = stripped.strip(b"<>").split(None, 1)
            if words and len(self._blocks) < _DEEPEST and words[0][:1] != b"!":
                self._blocks.append(words[0][:80])
        return found


def _markup(fragment: bytes) -> list[tuple[bytes, bytes]]:
    """`<port>8000</port>` and `port="8080" address="127.0.0.1"`."""
    tag, closed, rest = fragment.partition(b">")
    if tag[:1] == b"<" and closed and b"</" in rest:
        return [(tag[1:].split(None, 1)[0] if tag[1:].split() else b"", rest.partition(b"</")[0].strip())]
    found = []
    for word in tag.lstrip(b"<").split():
        key, equals, value = word.partition(b"=")
        if equals and value[:1] in (b'"', b"'"):
            found.append((key, value.strip(b"\"'/")))
    # the address of the element goes with the port of the same one
    ports = [value for key, value in found if key == b"port"]
    address = [value for key, value in found if key in (b"address", b"bindAddress")]
    if len(ports) == 1 and len(address) == 1 and ports[0].isdigit():
        place = b"[" + address[0] + b"]:" if b":" in address[0] else address[0] + b":"
        return [(b"port", place + ports[0])]
    return found


def _pairs(fragment: bytes, *, arguments: bool) -> list[tuple[bytes, bytes]]:
    """What a statement sets: one key, or in arguments each option; forms that are more than a key and a value first."""
    words = fragment.split()
    if not words:
        return []
    special = _special(fragment, words)
    if special is not None:
        return special
    if words[0][:1] == b"-" and words[0] != b"-":
        return _options(words)
    if words[0] in (b"-", b"export", b"set", b"declare", b"typeset", b"option") and len(words) > 1:
        fragment = fragment.strip().removeprefix(words[0]).strip()
    fragment = fragment.strip().lstrip(b"$")
    key, value = _split(fragment)
    if not key:
        return []
    pairs = [(key, value)]
    if arguments and b"-" in value:
        pairs += _options(value.strip(b"\"'").split())
    return pairs


def _split(fragment: bytes) -> tuple[bytes, bytes]:
    """The key, quoted or not, of several words where an equals sign follows, and the rest."""
    if fragment[:1] in (b'"', b"'"):
        key, _, rest = fragment[1:].partition(fragment[:1])
        rest = rest.lstrip()
        return (key, rest[1:].strip()) if rest[:1] in (b":", b"=") and _KEY_CHARACTERS.issuperset(key) else (b"", b"")
    at = 0
    while at < len(fragment) and fragment[at] in _KEY_CHARACTERS:
        at += 1
    key, rest = fragment[:at], fragment[at:]
    if not key or (rest and rest[:1] not in (b" ", b"\t", b"=", b":")):
        return b"", b""
    value = rest.lstrip()
    # what follows a space may be an address that begins with colons
    if value[:1] == b"=" or (value[:1] == b":" and (not rest[:1].isspace() or value[1:2] in (b"", b" ", b"\t"))):
        return key, value[1:].lstrip(b">").strip()
    before, equals, after = value.partition(b"=")
    if equals and len(before) < 40 and _KEY_CHARACTERS.issuperset(before.strip()) and not before.strip().isdigit():
        return key + b"." + before.strip(), after.strip()  # smb.conf: `smb ports = 445`
    return key, value


def _special(fragment: bytes, words: list[bytes]) -> list[tuple[bytes, bytes]] | None:
    """Statements in which the port is not the first value; None for any other."""
    first = words[0].lower()
    if first in (b"listen-on", b"listen-on-v6", b"inet", b"set") and b"port" in words[:-1]:
        # named.conf: `listen-on port 53`, `inet 127.0.0.1 port 953`; monitrc: `set httpd port 2812`
        number = words[words.index(b"port") + 1].strip(ENDS_OF_VALUE)
        where = words[1] if first == b"inet" else b""
        return [(b"port", where + b":" + number if where not in (b"", b"port") else number)]
    if first in (b"$udpserverrun", b"$inputtcpserverrun", b"$inputrelpserverrun") and len(words) == 2:
        return [(b"udp.port" if first == b"$udpserverrun" else b"tcp.port", words[1])]
    if first.startswith(b"input(") or b" input(" in fragment:
        kind = b"udp" if b"imudp" in fragment else b"tcp" if b"imtcp" in fragment or b"imptcp" in fragment else None
        number = fragment.partition(b'port="')[2].partition(b'"')[0]
        return [(kind + b".port", number)] if kind is not None and number else []
    if first.startswith(b'$server["socket"]'):
        return [(b"listen", fragment.partition(b"==")[2].partition(b"{")[0].strip())]
    if b' listen="' in fragment and b"cmd=" in fragment:
        return [(b"listen", fragment.partition(b' listen="')[2].partition(b'"')[0])]  # cyrus.conf(5)
    if first == b"daemon_smtp_ports":
        return [(b"ports", fragment.partition(b"=")[2].strip())]
    return None


def _options(words: list[bytes]) -> list[tuple[bytes, bytes]]:
    """`--port=80`, `--port 80`, `-http.port 80`; of single letters nothing is known."""
    found = []
    for word, following in zip(words, [*words[1:], b""], strict=True):
        key, equals, value = word.partition(b"=")
        name = key.strip(b"\"'")
        if name[:1] == b"-" and len(name.lstrip(b"-")) > 2:
            if not equals:
                value = following if following[:1] != b"-" else b""
            found.append((name.lstrip(b"-"), value.strip(b"\"'")))
    return found
