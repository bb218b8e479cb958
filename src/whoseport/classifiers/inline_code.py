"""Does a program on a command line hand out a shell, or hide what it does? Read by its words, language by language.

A one-line server is honest, also one that runs a fixed command. What gives it away is the wiring: standard streams put
on a connection beside a shell's name, or what was received being run.
"""

from __future__ import annotations

from whoseport.classifiers.commands import split_words, takes_commands, without_redirections

_SHELL_NAMES = ("sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "busybox", "cmd.exe", "powershell")
LONGEST = 1 << 18
"""Characters of a program that are looked at."""
_MOST = 1 << 12
"""Places at which one word is looked at."""
_NEAR = 4096
"""Characters behind it that are looked at."""
_LONGEST_PATH = 64
"""Characters of the folder before a shell's name."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DECODERS = (
    "b64decode", "base64.decode", "base64_decode", "decode_base64", "a85decode", "b85decode", "b32decode",
    "b16decode", "unhexlify", "fromhex", "zlib.decompress", "bz2.decompress", "lzma.decompress", "gzip.decompress",
    "gzinflate", "gzuncompress", "str_rot13", "rot13", "rot_13", "marshal.loads", "pickle.loads", "codecs.decode",
    "Base64.decode64", "Base64.urlsafe_decode64", 'unpack("m', "unpack('m", 'unpack1("m', "unpack1('m",
    "unpack1('H", 'unpack("u', "unpack('u", "unpack u", "unpack(u", "unpack('H", 'unpack("H', "pack('H", 'pack("H',
    "pack(q", "pack 'H", 'pack "H', '["hex2bin', "hex2bin", '"base64"', "'base64'", '"hex"', "'hex'", "atob(",
    "fromCharCode", "xxd -r", "convert_uu", "base64 -d", "base64 --decode", "openssl enc -d", "decompress(",
    "Buffer.from(",
)  # fmt: skip

_RECEIVES = (
    "recv(", ".recv", "recvfrom(", "makefile(", "rfile.read", ".readline(", "reader.read", "data_received",
    "socket_read", "fread(", "fgets(", "stream_get_contents", "stream_get_line", "file_get_contents('php://input",
    "$_GET", "$_POST", "$_REQUEST", "sysread", "readline(", "<$", ".gets", ".readpartial", ".read_nonblock",
    ".sysread", "on('data'", 'on("data"', "on(`data`", ".receive(", "getline", "req.url", "req.body",
    "request.args", "request.data", "request.form", "query_string", "QUERY_STRING", "self.path", "parse_qs",
    "$_SERVER", "read(", "params[", "req.query", "env['rack",
)  # fmt: skip


def gives_shell(family: str, code: str) -> bool:
    """Whether the program hands a shell, or the running of what it is sent, to whoever connects."""
    code = code[:LONGEST]
    reader = _READERS.get(family)
    return reader is not None and reader(code)


def is_encoded(family: str, code: str) -> bool:
    """Whether the program decodes text and runs what comes out."""
    code = code[:LONGEST]
    if family == "shell":
        return ("base64 -d" in code or "base64 --decode" in code or "xxd -r" in code) and (
            "| sh" in code or "|sh" in code or "| bash" in code or "|bash" in code or "eval" in code
        )
    if not any(decoder in code for decoder in _DECODERS):
        return False
    if family == "python":
        return calls(code, "exec") or calls(code, "eval") or "__import__('builtins').exec" in code or ".exec(" in code
    if family in ("node", "bun", "deno"):
        return calls(code, "eval") or calls(code, "Function") or "runInThisContext" in code or "._compile(" in code
    if family in ("perl", "php", "ruby"):
        return (
            calls(code, "eval") or calls(code, "assert") or "instance_eval" in code or has_word(code, "eval")
            or "create_function" in code or "class_eval" in code or "RubyVM" in code
        )  # fmt: skip
    return calls(code, "load") or calls(code, "loadstring") or calls(code, "eval")


def runs_input(family: str, code: str) -> bool:
    """Whether the program is one that reads the real program from its standard input and runs it."""
    if family == "python":
        return "sys.stdin" in code and (calls(code, "exec") or calls(code, "eval"))
    return False


def calls(code: str, name: str, *, variable: bool = False) -> bool:
    """Whether a function is called by its bare name; with `variable`, with something else than a fixed text.

    >>> calls("exec(a)", "exec"), calls("os.execv(a)", "exec"), calls("literal_eval(x)", "eval")
    (True, False, False)
    >>> calls("os.system('date')", "os.system", variable=True), calls("os.system(d)", "os.system", variable=True)
    (False, True)
    """
    for at in _places(code, name):
        before = code[at - 1 : at]
        rest = code[at + len(name) : at + len(name) + _NEAR].lstrip(" \t")
        if not rest.startswith("(") or before.isalnum() or before in ("_", ".", "$"):
            continue
        if not variable or not _is_fixed(rest[1:].lstrip()):
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
    left = _MOST
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


def _is_fixed(argument: str) -> bool:
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


def _python(code: str) -> bool:
    received = any(one in code for one in _RECEIVES)
    run = (
        calls(code, "exec")
        or calls(code, "eval")
        or any(
            _called(code, one) for one in ("os.system", "os.popen", "system", "popen", "getoutput", "getstatusoutput")
        )
        or _subprocess_by_shell(code)
        or "code.interact" in code
        or "InteractiveConsole" in code
    )
    if received and run and not runs_input("python", code) and not _runs_file(code):
        return True
    wired = "dup2" in code or "pty." in code or "stdin=" in code or "stdin =" in code or calls(code, "spawn")
    return (wired or received) and names_shell(code)


def _called(code: str, name: str) -> bool:
    return any(calls(code, f"{prefix}{name}", variable=True) for prefix in ("", "subprocess."))


def _subprocess_by_shell(code: str) -> bool:
    """`subprocess.run(text, shell=True)`, by whatever name the module goes."""
    if "shell=True" not in code and "shell = True" not in code:
        return False
    functions = ("run(", "Popen(", "call(", "check_output(")
    return any(
        not _is_fixed(piece[:_NEAR].lstrip()) and ("shell=True" in piece[:_NEAR] or "shell = True" in piece[:_NEAR])
        for function in functions
        for piece in code.split(function, _MOST)[1:]
    )


def _runs_file(code: str) -> bool:
    """`exec(open(path).read())`, the way to run a file without naming it as the script."""
    pieces = code.split("exec(", _MOST)[1:]
    beginnings = ("open(", "compile(open(", "compile(f.read", "f.read(", "compile(getattr(tokenize")
    others = ("os.system(", "os.popen(", "shell=True", "eval(", "code.interact", "InteractiveConsole")
    return (
        bool(pieces)
        and all(piece[:_NEAR].lstrip(" (").startswith(beginnings) for piece in pieces)
        and not any(word in code for word in others)
    )


def _perl(code: str) -> bool:
    wired = ("STDIN" in code and ("&" in code or "dup2" in code)) or "->fdopen" in code or "dup2" in code
    if wired and (names_shell(code) or "/sh" in code or "/bash" in code):
        return True
    received = any(
        one in code for one in ("<$", "<>", "<STDIN>", "recv", "sysread", "getline", "readline", "<C", "<CLIENT", "<S")
    )
    runs = (
        ("qx" in code and "$" in code)
        or "`$" in code
        or calls(code, "system", variable=True)
        or (has_word(code, "system") and _perl_of_variable(code, "system"))
        or _perl_of_variable(code, "exec")
        or calls(code, "exec", variable=True)
        or _perl_of_variable(code, "eval")
        or ("open(" in code and "|" in code and names_shell(code))
        or calls(code, "eval", variable=True)
    )  # fmt: skip
    return (received and runs) or (received and names_shell(code))


def _perl_of_variable(code: str, name: str) -> bool:
    """`system $cmd`, without brackets."""
    return (
        f"{name} $" in code
        or f"{name} <" in code
        or f"{name}($" in code
        or f'{name} "$' in code
        or f'{name}("$' in code
    )


def _ruby(code: str) -> bool:
    wired = any(one in code for one in ("<&", ">&", "in:", ":in", "reopen", "dup2", "$stdin", "STDIN", "PTY.spawn"))
    received = any(one in code for one in (".gets", ".read", ".recv", "each_line"))
    if (wired or received) and (names_shell(code) or "/bin/sh" in code or "/bin/bash" in code):
        return True
    runs = (
        ("IO.popen(" in code and not _after_fixed(code, "IO.popen("))
        or "`#{" in code
        or ("%x" in code and "#{" in code)
        or calls(code, "system", variable=True)
        or calls(code, "eval", variable=True)
        or calls(code, "exec", variable=True)
        or "Open3." in code
    )  # fmt: skip
    return received and runs


def _after_fixed(code: str, name: str) -> bool:
    return all(_is_fixed(piece) for piece in code.split(name)[1:])


def _node(code: str) -> bool:
    spawns = "child_process" in code or "Bun.spawn" in code or "Deno.Command" in code or "Deno.run" in code
    piped = ".pipe(" in code or "stdin" in code or "stdio" in code
    if spawns and piped and names_shell(code):
        return True
    received = any(one in code for one in ("'data'", '"data"', "`data`", ".url", ".body", ".query", "searchParams"))
    runs = spawns and any(
        _any_call(code, one) for one in ("exec", "execSync", "spawn", "spawnSync", "execFile", "execFileSync")
    )
    return received and (runs or calls(code, "eval", variable=True) or calls(code, "Function", variable=True))


def _any_call(code: str, name: str) -> bool:
    """Whether a function, also of an object, is called with something else than a fixed text."""
    return any(not _is_fixed(piece.lstrip()) for piece in code.split(f"{name}(")[1:])


def _php(code: str) -> bool:
    runs = ("shell_exec", "exec", "system", "passthru", "popen", "proc_open", "eval", "assert", "pcntl_exec")
    received = any(one in code for one in _RECEIVES)
    if received and any(calls(code, one, variable=True) for one in runs):
        return True
    if received and "`$" in code:
        return True
    return names_shell_loosely(code) and any(calls(code, one) for one in runs)


def names_shell_loosely(code: str) -> bool:
    """A shell's name with redirections behind it, as in `exec("/bin/sh -i <&3 >&3 2>&3")`."""
    return names_shell(code) or any(f"{one} -i" in code or f"{one} <&" in code for one in ("sh", "bash"))


def _lua(code: str) -> bool:
    received = ":receive" in code or ":read" in code or "recv" in code
    return received and (
        calls(code, "io.popen", variable=True)
        or calls(code, "os.execute", variable=True)
        or calls(code, "load", variable=True)
        or calls(code, "loadstring", variable=True)
        or names_shell(code)
    )


def _awk(code: str) -> bool:
    """gawk(1): what is read from `/inet/...` and run, by `command |& getline`, `command | getline` or system()."""
    if "/inet" not in code:
        return False
    read = {_identifier(piece) for piece in code.split("getline")[1:]} - {""}
    ran = set()
    for operator in ("|& getline", "|&getline", "| getline", "|getline"):
        ran |= {_last_identifier(piece) for piece in code.split(operator)[:-1]}
    for piece in code.split("system(")[1:]:
        ran.add(_identifier(piece))
    if (
        "system($" in code.replace(" ", "")
        or "$0|&getline" in code.replace(" ", "")
        or "$0|getline" in code.replace(" ", "")
    ):
        return True
    return bool(read & ran) or names_shell(code)


def _identifier(text: str) -> str:
    text = text.lstrip(" (")
    end = 0
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[:end] if text[:1].isalpha() else ""


def _last_identifier(text: str) -> str:
    text = text.rstrip(" )")
    start = len(text)
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    return text[start:]


def _shell(code: str) -> bool:
    """`a; b`: each command that takes commands from the connection, or a line that was read being run."""
    if has_word(code, "read") and any(one in code for one in ('eval "$', "eval $", 'sh -c "$', "sh -c $", "`$", "$($")):
        return True
    for part in code.replace("&&", ";").replace("||", ";").replace("\n", ";").split(";"):
        segments = part.split("|")
        first, last = split_words(segments[0]), without_redirections(split_words(segments[-1]))
        fed = len(segments) > 1 and first[:1] in (("echo",), ("printf",))
        if not fed and takes_commands(last):
            return True
    return False


def _anything(code: str) -> bool:
    return names_shell(code) and any(one in code for one in _RECEIVES)


_READERS = {
    "python": _python,
    "perl": _perl,
    "ruby": _ruby,
    "node": _node,
    "bun": _node,
    "deno": _node,
    "php": _php,
    "lua": _lua,
    "awk": _awk,
    "shell": _shell,
    "tcl": _anything,
    "guile": _anything,
    "julia": _anything,
    "beam": _anything,
    "powershell": _anything,
    "r": _anything,
}
