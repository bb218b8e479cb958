"""Is it software that is known? By its executable, its script, its package, its unit, or the title it gives itself.

A name alone is what anybody may call a program: only likely. A package that owns the file proves it.
"""

from __future__ import annotations

from whoseport.classifiers.applets import applet_software
from whoseport.classifiers.found import cut
from whoseport.classifiers.places import base_name
from whoseport.model import Evidence, Finding
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from whoseport.classifiers.command_line import Start
    from whoseport.model import Certainty, Process, Software

    Named = Callable[[str], tuple[Software, ...]]

INSTALLED = ("/node_modules/", "/site-packages/", "/dist-packages/", "/gems/", "/vendor/bin/")
"""Parts of paths below which packages of languages lie: a file there is called as its package is."""
_SYSTEM = ("/usr/", "/opt/", "/bin/", "/sbin/", "/snap/", "/var/lib/", "/nix/store/")
_EXTENSIONS = (".js", ".mjs", ".cjs", ".py", ".pyc", ".pyz", ".rb", ".pl", ".php", ".phar", ".exe", ".dll", ".sh")
_DIGITS = "0123456789.-"


class Known(Record):
    """Software that a process shows itself to be, by which names, and how sure that is."""

    software: Software
    certainty: Certainty
    findings: tuple[Finding, ...]


def known_software(process: Process, start: Start, *, named: Named) -> tuple[Known, ...]:
    """The software that a process may be, the surest first: several where they share their names."""
    ways: dict[str, tuple[Software, list[str]]] = {}

    def note(way: str, names: Iterator[str] | tuple[str, ...], field: str) -> bool:
        for name in names:
            fitting = [
                one
                for one in named(name)
                if one.kind != "interpreter" and any(_fits(name, entry) for entry in getattr(one, field))
            ]
            for one in fitting:
                ways.setdefault(one.name, (one, []))[1].append(way)
            if fitting:
                return True
        return False

    def _fits(name: str, entry: str) -> bool:
        # of one letter, a name is nobody's: X is X.Org's, and x is everybody's
        return name == entry.lower() and (len(name) > 1 or entry == base_name(process.executable or process.name))

    if start.form == "applet":
        applet = applet_software(start.subject)
        if applet is not None:
            ways[applet.name] = applet, ["program"]
    elif start.family is None:
        note("program", program_names(start.name), "programs")
        if process.executable is not None:
            # what a file is called by: redis-server is a link to redis-check-rdb
            called = process.command[0] if process.command else ""
            if ways and called and base_name(called) != start.program:
                note("called", program_names(base_name(called)), "programs")
    elif start.form == "title":
        # a title is what the process likes: it may be that of software that runs so, not that of any program
        note("title", title_names(start.subject), "scripts")
    else:
        note("script", script_names(start), "scripts")
    package = file_package(process, start)
    if package is not None:
        note("package", (package.lower(), _versionless(package.lower())), "packages")
    if process.unit is not None:
        note("unit", unit_names(process.unit), "units")
    found = [
        Known(
            software=software,
            certainty=certainty,
            findings=_findings(process, start, software, names, package=package),
        )
        for software, names in ways.values()
        if (certainty := _certainty(process, start, names, package=package)) is not None
    ]
    found.sort(key=lambda one: (_WEIGHT[one.certainty], -len(ways[one.software.name][1])))
    return tuple(found)


_WEIGHT = {"proven": 0, "likely": 1, "guess": 2}


def _certainty(process: Process, start: Start, ways: list[str], *, package: str | None) -> Certainty | None:
    """How sure it is that a process is software that it was found to be in these ways; None: not at all."""
    by_file = "program" in ways or "script" in ways
    if by_file and package is not None:
        return "proven"
    if by_file:
        # without the executable, it is only what the process calls itself
        return "likely" if process.executable is not None or "unit" in ways else "guess"
    if "package" in ways:
        return "likely"
    if "title" in ways:
        return "likely"
    if "unit" in ways:
        return "likely" if package is not None or start.family is not None else "guess"
    return None


def _findings(
    process: Process, start: Start, software: Software, ways: list[str], *, package: str | None
) -> tuple[Finding, ...]:
    pid = process.pid
    by_file = "program" in ways or "script" in ways
    evidence = []
    if "title" in ways or "script" in ways or process.executable is None:
        where = "cmdline" if process.command else "comm"
        text = cut(" ".join(process.command[:16])) if process.command else process.name
        evidence.append(Evidence(source=f"/proc/{pid}/{where}", observed=text))
    if process.executable is not None:
        evidence.append(Evidence(source=f"/proc/{pid}/exe", observed=cut(process.executable)))
    found = []
    if package is not None and (by_file or "package" in ways):
        version = process.package_version
        told = f"{package} {version}" if version and package == process.package else package
        found.append(
            Finding(
                claim="packaged-server",
                certainty="proven" if by_file else "likely",
                evidence=(*evidence, Evidence(source="package", observed=cut(told))),
            )
        )
    elif by_file or "title" in ways:
        certainty: Certainty = "likely" if process.executable is not None else "guess"
        found.append(Finding(claim="known-program", certainty=certainty, evidence=tuple(evidence)))
    if "unit" in ways:
        found.append(
            Finding(
                claim="unit-of-server",
                certainty="likely",
                evidence=(Evidence(source=f"/proc/{pid}/cgroup", observed=cut(process.unit or "")),),
            )
        )
    return tuple(found)


def file_package(process: Process, start: Start) -> str | None:
    """The package that owns what runs: the executable, or the script behind an interpreter; None where none does.

    What the dynamic loader was told to run (ld.so(8)) is no part of the loader's package either.
    """
    own = start.form == "applet" or process.executable is None or base_name(process.executable) == start.program
    if start.family is None and own:
        return process.package
    if start.form in ("script", "jar", "program"):
        base = start.name
        for file in process.files or ():
            if file.package is not None and base_name(file.path) == base:
                return file.package
    return None


def program_names(program: str) -> tuple[str, ...]:
    """The names by which a program may be known: as it is, and without the version that ends it.

    >>> program_names("php-fpm8.2"), program_names("nginx")
    (('php-fpm8.2', 'php-fpm'), ('nginx',))
    """
    name = program.lower().removesuffix(" (deleted)")
    bare = _versionless(name)
    return (name,) if bare == name else (name, bare)


def script_names(start: Start) -> tuple[str, ...]:
    """The names by which what an interpreter runs may be known, the most telling first."""
    subject = start.subject
    if start.form == "module":
        top = subject.partition(".")[0]
        return tuple(dict.fromkeys((subject.lower(), top.lower())))
    if start.form == "class":
        module, _, name = subject.lower().rpartition("/")
        return (name, module) if module else (name,)
    if start.form not in ("script", "jar"):
        return ()
    base = base_name(subject).lower()
    names = [base]
    stem = base.removesuffix(".jar").removesuffix(".war")
    if stem != base:
        names += [stem, _versionless(stem)]
        return tuple(dict.fromkeys(names))
    package = package_of_path(subject)
    if package is not None:
        names.append(package)
    if package is not None or subject.startswith(_SYSTEM):
        names.append(without_extension(base))
    names.append(_versionless(base))
    return tuple(dict.fromkeys(name for name in names if name))


def package_of_path(path: str) -> str | None:
    """The language's package in which a file lies: `@scope/name` too; None outside of any.

    >>> package_of_path("/a/node_modules/@angular/cli/bin/ng.js"), package_of_path("/a/node_modules/.bin/vite")
    ('@angular/cli', 'vite')
    """
    path = f"/{path}"
    for part in INSTALLED:
        place = path.rfind(part)
        if place < 0:
            continue
        components = path[place + len(part) :].split("/")
        first = components[0]
        if first == ".bin" or part == "/vendor/bin/":
            return components[-1].lower()
        if first.startswith("@") and len(components) > 1:
            return f"{first}/{components[1]}".lower()
        if part == "/gems/":
            first = _versionless(first)
        return without_extension(first.lower())
    return None


def without_extension(name: str) -> str:
    """A file's name without what tells its language: `ng.js` is `ng`."""
    for extension in _EXTENSIONS:
        if name.endswith(extension) and name != extension:
            return name[: -len(extension)]
    return name


def title_names(title: str) -> tuple[str, ...]:
    """The names in a title that a process gives itself: its first word, without what frames it.

    >>> title_names("gunicorn: master [app:app]"), title_names("[celeryd: a@b:MainProcess]"), title_names("-")
    (('gunicorn',), ('celeryd', 'celery'), ())
    """
    first = title.split(None, 1)[0] if title.strip() else ""
    word = base_name(first.strip("[]():").partition(":")[0]).lower()
    if not word.strip("-"):
        return ()
    names = [word]
    if word.endswith("d") and len(word) > 4:
        names.append(word[:-1])
    return tuple(names)


def unit_names(unit: str) -> tuple[str, ...]:
    """A unit as it may be known: without its ending, and a template without its instance.

    >>> unit_names("postgresql@16-main.service"), unit_names("session-3.scope")
    (('postgresql@', 'postgresql'), ())
    """
    name = unit.lower()
    for ending in (".service", ".socket"):
        if name.endswith(ending):
            stem, template, _instance = name.removesuffix(ending).partition("@")
            return (f"{stem}@", stem) if template else (stem, f"{stem}@")
    return ()


def _versionless(name: str) -> str:
    """Without the digits, dots and hyphens that end a name; a name of nothing else stays."""
    bare = name.rstrip(_DIGITS)
    return bare if len(bare) > 1 else name
