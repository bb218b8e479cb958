"""Which programs run other people's code, and which of their options take a value, a code or a module?

Read from their manual pages: python(1), node(1), perlrun(1), ruby(1), php(1), java(1), bash(1), lua(1), gawk(1),
erl(1), Rscript(1), and the --help of deno, bun, dotnet and pwsh.
"""

from __future__ import annotations

from whoseport.record import Record


class Dialect(Record):
    """How an interpreter reads its command line.

    `letters` are one-letter options that take a value, attached or as the next word; `attached` those whose value, if
    any, is attached; `code` one-letter options that give the program itself; `module` the letter that names a module.
    `words` are long options whose value is the next word, `long_code` long ones that give the program, `files` options
    that name the script. With `subcommands`, the first operand is one of the tool's own verbs. `first_is_code`: the
    first operand is the program's text unless a file was named. `single_dash`: long options have one dash (Java).
    """

    letters: str = ""
    attached: str = ""
    code: str = ""
    module: str = ""
    files: str = ""
    words: frozenset[str] = frozenset()
    long_code: frozenset[str] = frozenset()
    subcommands: frozenset[str] = frozenset()
    first_is_code: bool = False
    code_is_operand: bool = False
    script_after_code: bool = False
    single_dash: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHELL = Dialect(letters="oO", code="c", code_is_operand=True, words=_words("--rcfile --init-file"))
_AWK = Dialect(
    letters="FvliE",
    files="f",
    words=_words("--field-separator --assign --include --load"),
    long_code=_words("--source"),
    first_is_code=True,
)

DIALECTS: dict[str, Dialect] = {
    "python": Dialect(letters="WXQ", code="c", module="m", words=_words("--check-hash-based-pycs")),
    "node": Dialect(
        letters="rC",
        code="ep",
        words=_words(
            "--require --import --loader --experimental-loader --conditions --env-file --env-file-if-exists --title"
            " --input-type --icu-data-dir --openssl-config --redirect-warnings --watch-path --test-name-pattern"
            " --experimental-config-file --localstorage-file --inspect-port --debug-port"
        ),
        long_code=_words("--eval --print -pe"),
    ),
    "deno": Dialect(
        letters="cLr",
        words=_words("--config --import-map --lock --cert --port --host --env-file --location --seed --log-level"),
        subcommands=_words("run serve task test bench eval repl lsp jupyter compile"),
    ),
    "bun": Dialect(
        letters="rc",
        code="ep",
        words=_words("--preload --config --cwd --env-file --port --define --loader --tsconfig-override"),
        long_code=_words("--eval --print"),
        subcommands=_words("run x dev test exec start"),
    ),
    "ruby": Dialect(letters="rIC", attached="FKTWx0Ei", code="e", words=_words("--encoding --external-encoding")),
    "perl": Dialect(letters="I", attached="MmixlF0CDV", code="eE"),
    "php": Dialect(
        letters="cdztSgk",
        code="rBRE",
        files="fF",
        words=_words("--php-ini --define --docroot --server --zend-extension"),
        long_code=_words("--run --process-begin --process-code --process-end"),
    ),
    "lua": Dialect(letters="lj", attached="bO", code="e", script_after_code=True),
    "java": Dialect(
        words=_words(
            "-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --limit-modules"
            " --add-opens --add-exports --add-reads --patch-module --source --enable-native-access --describe-module"
        ),
        single_dash=True,
    ),
    "dotnet": Dialect(
        words=_words(
            "--additionalprobingpath --fx-version --roll-forward --depsfile --runtimeconfig --additional-deps"
        ),
        subcommands=_words("exec run watch test fsi"),
    ),
    "mono": Dialect(words=_words("--config")),
    "shell": _SHELL,
    "awk": _AWK,
    "tcl": Dialect(words=_words("-encoding"), files="f", code="c"),
    "r": Dialect(code="e", files="f", words=_words("--file")),
    "julia": Dialect(letters="JtpCL", code="eE", words=_words("--project --sysimage --threads --procs")),
    "guile": Dialect(letters="Llx", code="c", files="se", words=_words("-x")),
    "powershell": Dialect(
        words=_words("-executionpolicy -ep -configurationname -workingdirectory -wd"),
        long_code=_words("-command -c -encodedcommand -enc -ec"),
        single_dash=True,
    ),
    "lisp": Dialect(words=_words("--script --load --core --eval")),
    "beam": Dialect(),
}

_NAMES = {
    "python": "python pypy pythonw jython micropython graalpy ipython",
    "node": "node nodejs iojs electron",
    "deno": "deno",
    "bun": "bun bunx",
    "ruby": "ruby jruby truffleruby rbx mruby",
    "perl": "perl",
    "php": "php php-cgi php-cli",
    "lua": "lua luajit luau texlua resty-lua",
    "java": "java jsvc javaw",
    "dotnet": "dotnet",
    "mono": "mono mono-sgen",
    "shell": "bash sh dash zsh ksh mksh pdksh ash yash posh rbash fish tcsh csh loksh oksh",
    "awk": "gawk mawk awk nawk original-awk",
    "tcl": "tclsh wish expect jimsh",
    "r": "rscript r",
    "julia": "julia",
    "guile": "guile",
    "powershell": "pwsh powershell",
    "lisp": "sbcl clisp racket chez scheme gosh csi",
    "beam": "beam.smp beam erl erlexec",
}
"""Names of programs by family, without the version that often ends them (python3.12, php8.2)."""
_FAMILIES = {name: family for family, names in _NAMES.items() for name in names.split()}

LOADERS = (
    "ld-linux",
    "ld-musl",
    "ld.so",
    "qemu-aarch64",
    "qemu-arm",
    "qemu-x86_64",
    "qemu-i386",
    "qemu-riscv",
    "box64",
)
"""Beginnings of the names of programs that load another one into themselves: ld.so(8), qemu's user mode."""
MULTI_CALL = frozenset({"busybox", "toybox", "busybox.static", "busybox-static"})
"""Programs that are many: the first argument, or the name they are called by, says which."""


def family_of(program: str) -> str | None:
    """The family of interpreters that a program's name belongs to, whatever its version; None for another program.

    >>> family_of("python3.12"), family_of("php8.2"), family_of("tclsh8.6"), family_of("postgres")
    ('python', 'php', 'tcl', None)
    """
    name = program.lower()
    family = _FAMILIES.get(name)
    if family is None and name:
        stem = name.rstrip("0123456789.-")
        if stem == name:
            stem = name.removesuffix("-dbg").removesuffix("t").rstrip("0123456789.-") if name[-1] in "gt" else name
        family = _FAMILIES.get(stem)
    return family
