"""Does a program on a command line hand out a shell, or hide what it does? Read by its words, language by language.

A one-line server is honest, also one that runs a fixed command. What gives it away is the wiring: standard streams put
on a connection beside a shell's name, or what was received being run.
"""

from __future__ import annotations

from whoseport.classifiers.code_words import LONGEST, MOST, NEAR, calls, has_word, is_fixed, names_shell
from whoseport.classifiers.commands import split_words, takes_commands, without_redirections
from whoseport.classifiers.places import base_name

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

_FROM_AFAR = ("os.environ", "os.getenv(", "__import__('os').environ", "urllib", "urlopen(", "requests.get(")
"""Where a program is taken from that runs what it finds there, so that its command line does not tell it."""

_RECEIVES = (
    "recv(", ".recv", "recvfrom(", "makefile(", "rfile.read", ".readline(", "reader.read", "data_received",
    "socket_read", "fread(", "fgets(", "stream_get_contents", "stream_get_line", "file_get_contents('php://input",
    "$_GET", "$_POST", "$_REQUEST", "sysread", "readline(", "<$", ".gets", ".readpartial", ".read_nonblock",
    ".sysread", "on('data'", 'on("data"', "on(`data`", ".receive(", "getline", "req.url", "req.body",
    "request.args", "request.data", "request.form", "query_string", "QUERY_STRING", "self.path", "parse_qs",
    "$_SERVER", "read(", "params[", "req.query", "env['rack",
)  # fmt: skip


_DECODING = ("base64 -d", "base64 --d", "base32 -d", "xxd -r", "openssl enc -d")
_UNPACKING = ("gunzip", "gzip", "zcat", "bunzip2", "xz", "unxz", "rev", "tr")


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
    if family == "python" and any(f"{one}{far}" in code for one in ("exec(", "eval(") for far in _FROM_AFAR):
        return True
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


def decodes_for(program: str, code: str) -> bool:
    """Whether a command of a shell decodes text and pipes what comes out to an interpreter of this name.

    >>> [decodes_for("python3.11", code) for code in ("echo cHJpbn | base64 -d | python3 -", "cat a | python3")]
    [True, False]
    """
    stem = program.rstrip("0123456789.")
    for pipeline in code[:LONGEST].replace("&&", ";").replace("||", ";").replace("\n", ";").split(";")[:MOST]:
        decoded = False
        for segment in pipeline.split("|"):
            words = split_words(segment)
            name = base_name(words[0]) if words else ""
            if decoded and name.rstrip("0123456789.") == stem:
                return True
            decoded = any(one in segment for one in _DECODING) or (decoded and name in _UNPACKING)
    return False


def runs_input(family: str, code: str) -> bool:
    """Whether the program is one that reads the real program from its standard input and runs it."""
    if family == "python":
        return "sys.stdin" in code and (calls(code, "exec") or calls(code, "eval"))
    return False


def _python(code: str) -> bool:
    received = any(one in code for one in _RECEIVES)
    run = (
        calls(code, "exec")
        or calls(code, "eval")
        or any(_called(code, one) for one in ("system", "popen", "getoutput", "getstatusoutput"))
        or _subprocess_by_shell(code)
        or "code.interact" in code
        or "InteractiveConsole" in code
    )
    if received and run and not runs_input("python", code) and not _runs_file(code):
        return True
    wired = "dup2" in code or "pty." in code or "stdin=" in code or "stdin =" in code or calls(code, "spawn")
    return (wired or received) and names_shell(code)


def _called(code: str, name: str) -> bool:
    """Whether a function, of a module by whatever name that goes, is called with something else than a fixed text."""
    if calls(code, name, variable=True):
        return True
    pieces = code.split(f".{name}(", MOST)[1:]
    return any(not is_fixed(rest) and not rest.startswith(")") for rest in [piece[:NEAR].lstrip() for piece in pieces])


def _subprocess_by_shell(code: str) -> bool:
    """`subprocess.run(text, shell=True)`, by whatever name the module goes."""
    if "shell=True" not in code and "shell = True" not in code:
        return False
    functions = ("run(", "Popen(", "call(", "check_output(")
    return any(
        not is_fixed(piece[:NEAR].lstrip()) and ("shell=True" in piece[:NEAR] or "shell = True" in piece[:NEAR])
        for function in functions
        for piece in code.split(function, MOST)[1:]
    )


def _runs_file(code: str) -> bool:
    """`exec(open(path).read())`, the way to run a file without naming it as the script."""
    pieces = code.split("exec(", MOST)[1:]
    beginnings = ("open(", "compile(open(", "compile(f.read", "f.read(", "compile(getattr(tokenize")
    others = ("os.system(", "os.popen(", "shell=True", "eval(", "code.interact", "InteractiveConsole")
    return (
        bool(pieces)
        and all(piece[:NEAR].lstrip(" (").startswith(beginnings) for piece in pieces)
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
        or f"{name}$" in code
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
    return all(is_fixed(piece) for piece in code.split(name)[1:])


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
    return any(not is_fixed(piece.lstrip()) for piece in code.split(f"{name}(")[1:])


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
