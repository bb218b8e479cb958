"""What do a project's files call it, and on what does it depend? Read with as little of their languages as that takes.

Anyone may have written them: whatever is not what it should be counts as not there.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

FRAMEWORKS = frozenset(
    (
        *(
            "next",
            "nuxt",
            "vite",
            "webpack",
            "webpack-dev-server",
            "react-scripts",
            "@angular/cli",
            "@angular/core",
            "vue",
        ),
        *(
            "@vue/cli-service",
            "svelte",
            "@sveltejs/kit",
            "astro",
            "gatsby",
            "@remix-run/dev",
            "@remix-run/node",
            "parcel",
        ),
        *("storybook", "@storybook/react", "@docusaurus/core", "vitepress", "vuepress", "@11ty/eleventy", "express"),
        *(
            "fastify",
            "koa",
            "@nestjs/core",
            "hono",
            "@hapi/hapi",
            "nodemon",
            "ts-node",
            "tsx",
            "electron",
            "expo",
            "metro",
        ),
        *(
            "json-server",
            "browser-sync",
            "live-server",
            "serve",
            "http-server",
            "esbuild",
            "rollup",
            "turbo",
            "nx",
            "solid-start",
        ),
        *("django", "flask", "fastapi", "uvicorn", "gunicorn", "starlette", "sanic", "aiohttp", "tornado", "bottle"),
        *("streamlit", "gradio", "dash", "jupyter", "notebook", "jupyterlab", "mkdocs", "celery", "litestar", "quart"),
        *("laravel/framework", "symfony/framework-bundle", "actix-web", "axum", "rocket", "warp", "hyper"),
        *("github.com/gin-gonic/gin", "github.com/labstack/echo/v4", "github.com/gofiber/fiber/v2"),
    )
)
_MOST = 256
_LONGEST = 214
"""Characters of a name: what npm allows, and more than the others do."""


def name_of(marker: str, content: bytes) -> str | None:
    """What the file of this name calls its project; None where it says nothing."""
    if marker in ("package.json", "composer.json"):
        found = _json(content).get("name")
        return _short(found) if isinstance(found, str) else None
    text = content.decode("utf-8", "backslashreplace")
    if marker == "go.mod":
        for line in text.splitlines():
            if line.startswith("module "):
                return _short(line[7:].strip().strip('"'))
        return None
    wanted = {"pyproject.toml": ("project", "tool.poetry"), "Cargo.toml": ("package",)}.get(marker, ())
    for table, key, value in _toml(text):
        if table in wanted and key == "name":
            return _short(_unquoted(value))
    return None


def dependencies_of(marker: str, content: bytes) -> tuple[str, ...]:
    """Names of what the file of this name asks for, in its order, at most 256."""
    if marker in ("package.json", "composer.json"):
        document = _json(content)
        found: dict[str, None] = {}
        for key in ("dependencies", "devDependencies", "require", "require-dev"):
            part = document.get(key)
            if isinstance(part, dict):
                found.update(dict.fromkeys([name for name in part if isinstance(name, str)]))
        return _bounded(found)
    text = content.decode("utf-8", "backslashreplace")
    if marker == "requirements.txt":
        return _bounded(dict.fromkeys(filter(None, [requirement(line) for line in text.splitlines()])))
    if marker == "pyproject.toml":
        return _bounded(dict.fromkeys(_of_pyproject(text)))
    if marker == "Cargo.toml":
        tables = ("dependencies", "dev-dependencies")
        return _bounded(dict.fromkeys([key for table, key, _ in _toml(text) if table in tables]))
    if marker == "go.mod":
        words = [line.removeprefix("require ").split() for line in text.splitlines()]
        return _bounded(dict.fromkeys([word[0] for word in words if len(word) > 1 and word[1].startswith("v")]))
    return ()


def requirement(line: str) -> str | None:
    """The name that a requirement begins with, as PEP 503 normalises it; None for an option, a comment, an address.

    >>> requirement("Flask_Cors[async]>=3 ; python_version > '3'"), requirement("-r other.txt")
    ('flask-cors', None)
    """
    name = ""
    for letter in line.strip():
        if not (letter.isascii() and (letter.isalnum() or letter in "-_.")):
            break
        name += letter
    if not name or not name[0].isalnum() or "://" in line.partition("@")[0]:
        return None
    return name.lower().replace("_", "-").replace(".", "-")


def _unquoted(value: str) -> str:
    """The text of a TOML string on one line, with what follows it left out."""
    return value[1:].partition(value[0])[0] if value[:1] in ('"', "'") else value.partition("#")[0].strip()


def _of_pyproject(text: str) -> Iterator[str]:
    """Of `dependencies = [...]` in [project] (PEP 621), and of the keys of [tool.poetry.dependencies]."""
    for table, key, value in _toml(text):
        if table == "project" and key == "dependencies":
            for quoted in value.replace("'", '"').split('"')[1::2]:
                if name := requirement(quoted):
                    yield name
        elif table in ("tool.poetry.dependencies", "tool.poetry.group.dev.dependencies") and (name := requirement(key)):
            yield name


def _toml(text: str) -> Iterator[tuple[str, str, str]]:
    """Table, key and raw value of each assignment; of an array that spans lines the whole, as far as it closes."""
    table = ""
    waiting: list[str] | None = None
    pending = ""
    for raw in text.splitlines():
        line = raw.strip()
        if waiting is not None:
            if not line.startswith("#"):
                waiting.append(line)
            if line.endswith("]") or line.startswith("]"):
                yield table, pending, " ".join(waiting)
                waiting = None
            continue
        if line.startswith("["):
            table = line.partition("#")[0].strip().strip("[]").strip()
            continue
        key, equals, value = line.partition("=")
        if not equals or line.startswith("#"):
            continue
        key, value = key.strip().strip("\"'"), value.strip()
        if value.startswith("[") and not value.partition("#")[0].rstrip().endswith("]"):
            pending, waiting = key, [value]
            continue
        yield table, key, value


class _Scanning:
    """What the scanner of `_json` wants to know; to load the package around it takes longer than to read a file."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = float
    parse_constant = str


def _json(content: bytes) -> dict[str, object]:
    text = content.decode("utf-8-sig", "backslashreplace").lstrip()
    try:
        try:
            from _json import make_scanner
        except ImportError:  # an interpreter built without the accelerator
            import json

            document = json.loads(text)
        else:
            document = make_scanner(_Scanning)(text, 0)[0]  # type: ignore[arg-type]
    except (ValueError, RecursionError, StopIteration):
        return {}
    return document if isinstance(document, dict) else {}


def _bounded(found: dict[str, None]) -> tuple[str, ...]:
    return tuple([name for name in (_short(one) for one in found) if name][:_MOST])


def _short(name: str) -> str | None:
    """A name as it can be printed and stored: bounded, and without half of a surrogate pair."""
    return name[:_LONGEST].encode("utf-8", "backslashreplace").decode() or None
