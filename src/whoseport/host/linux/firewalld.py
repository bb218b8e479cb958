"""Which ports do firewalld's zones name? firewalld.zone(5), firewalld.service(5), .policy(5), .direct(5).

Told are the zones that files make active: those with an interface or a source of their own, and the default zone. A
zone that NetworkManager alone assigns to an interface is not seen. Services are those of /etc/firewalld, else of
/usr/lib/firewalld. The mention is the zone's line; rules of the kernel tell what is in force.
"""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import read_regular, reason_of
from whoseport.host.linux.named_ports import TRANSPORT_OF, port_range, shown
from whoseport.host.linux.ufw import destination_ports
from whoseport.model import Mention, Unseen
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Transport

FOLDERS = ("/etc/firewalld", "/usr/lib/firewalld")
_LARGEST = 1 << 20
_MOST_ELEMENTS = 20_000
_MOST_FILES = 1000
_DEEPEST_INCLUDE = 8
_MOST = 20_000
_UNIT_LINKS = ("/etc/systemd/system/multi-user.target.wants/firewalld.service",)


class Element(Record):
    """An element of a file, with what its parents are called, and the line where it begins."""

    name: str
    attributes: dict[str, str]
    parents: tuple[str, ...]
    line: int
    text: str


def read(*, port: int | None = None, root: str = "") -> tuple[tuple[Mention, ...], tuple[Unseen, ...]]:
    """The lines on this port, or on any, and the files that could not be read."""
    if not os.path.isdir(root + FOLDERS[0]):
        return (), ()
    reader = _Reader(root)
    found = [
        mention
        for mention in (*reader.zones(), *reader.policies(), *reader.direct())
        if port is None or mention.first <= port <= mention.last
    ]
    return tuple(found[:_MOST]), tuple(reader.unseen)


class _Reader:
    """Reads each file once."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._services: dict[str, tuple[tuple[Transport, int, int], ...]] = {}
        self._active: set[str] = set()
        self.unseen: list[Unseen] = []
        self._enabled = any(os.path.lexists(root + link) for link in _UNIT_LINKS)

    def zones(self) -> list[Mention]:
        """What the active zones name."""
        default = default_zone(self._content("/etc/firewalld/firewalld.conf") or b"")
        self._active.add(default)
        found = []
        for name in self._names("zones"):
            path, elements = self._elements("zones", name)
            assigned = any(one.name in ("interface", "source") and one.parents == ("zone",) for one in elements)
            if assigned or name == default:
                self._active.add(name)
                found += self._mentions(elements, path=path, name=name)
        return found

    def policies(self) -> list[Mention]:
        """What policies name that begin at an active zone, at any, or at this machine."""
        found = []
        for name in self._names("policies"):
            path, elements = self._elements("policies", name)
            begins = {one.attributes.get("name", "") for one in elements if one.name == "ingress-zone"}
            if begins & (self._active | {"ANY", "HOST"}):
                found += self._mentions(elements, path=path, name=name)
        return found

    def direct(self) -> list[Mention]:
        """What rules of direct.xml match as their destination port."""
        path = "/etc/firewalld/direct.xml"
        found = []
        for one in parse(self._content(path) or b""):
            if one.name == "rule":
                words = one.text.replace(">", "> ").replace("<", " <").encode().split()
                for transport, first, last, address in destination_ports(words):
                    found.append(
                        self._mention(one, path=path, name=None, ports=(transport, first, last), address=address)
                    )
        return found

    def _names(self, kind: str) -> list[str]:
        names: set[str] = set()
        for folder in FOLDERS:
            try:
                names.update(name[:-4] for name in os.listdir(f"{self._root}{folder}/{kind}") if name.endswith(".xml"))
            except FileNotFoundError:
                continue
            except OSError as error:
                self._miss(f"{folder}/{kind}", error)
        return sorted(names)[:_MOST_FILES]

    def _elements(self, kind: str, name: str) -> tuple[str, list[Element]]:
        """The file of that name, of the folder that counts first; no elements where there is none."""
        for folder in FOLDERS:
            path = f"{folder}/{kind}/{name}.xml"
            content = self._content(path)
            if content is not None:
                return path, parse(content)
        return "", []

    def _content(self, path: str) -> bytes | None:
        try:
            return read_regular(self._root + path, limit=_LARGEST)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._miss(path, error)
            return None

    def _miss(self, path: str, error: OSError | ValueError) -> None:
        reason = reason_of(error) if isinstance(error, OSError) else "unreadable"
        self.unseen.append(Unseen(missing="rules", reason=reason, subject=f"path:{path}"))

    def _mentions(self, elements: list[Element], *, path: str, name: str) -> list[Mention]:
        found = []
        for one in elements:
            if one.parents not in _PLACES:
                continue
            if one.name in ("port", "forward-port"):
                ports = tuple(_ports(one))
            elif one.name == "service":
                ports = self._service(one.attributes.get("name", ""))
            else:
                continue
            found += [self._mention(one, path=path, name=name, ports=each, address=None) for each in ports]
        return found

    def _service(self, name: str, depth: int = 0) -> tuple[tuple[Transport, int, int], ...]:
        if name not in self._services and depth < _DEEPEST_INCLUDE and name.replace("-", "").replace("_", "").isalnum():
            self._services[name] = ()  # one that includes itself ends here
            _path, elements = self._elements("services", name)
            ports: list[tuple[Transport, int, int]] = []
            for one in elements:
                if one.name == "port":
                    ports += _ports(one)
                elif one.name == "include":
                    ports += self._service(one.attributes.get("service", ""), depth + 1)
            self._services[name] = tuple(dict.fromkeys(ports))[:_MOST_ELEMENTS]
        return self._services.get(name, ())

    def _mention(
        self,
        element: Element,
        *,
        path: str,
        name: str | None,
        ports: tuple[Transport | None, int, int],
        address: str | None,
    ) -> Mention:
        transport, first, last = ports
        return Mention(
            kind="firewalld",
            path=path,
            line=element.line,
            transport=transport,
            first=first,
            last=last,
            address=address,
            name=name,
            program=None,
            package=None,
            text=shown(element.text.encode("utf-8", "surrogatepass")),
            enabled=self._enabled or None,
        )


_PLACES = (("zone",), ("zone", "rule"), ("policy",), ("policy", "rule"))


def _ports(element: Element) -> list[tuple[Transport, int, int]]:
    transport = TRANSPORT_OF.get(element.attributes.get("protocol", "").encode())
    ports = port_range(element.attributes.get("port", "").encode("utf-8", "surrogatepass"))
    return [(transport, *ports)] if transport is not None and ports is not None else []


def default_zone(content: bytes) -> str:
    """`DefaultZone=` of firewalld.conf(5); `public` where it is not said."""
    for line in content.split(b"\n"):
        key, _, value = line.strip().partition(b"=")
        if key == b"DefaultZone" and value.strip():
            return value.strip().decode("utf-8", "backslashreplace")
    return "public"


def parse(content: bytes) -> list[Element]:
    """Every element of an XML file, as far as it is well-formed. One with a document type is not read: it could define
    entities without end, and firewalld's own files have none."""
    if not content:
        return []
    from pyexpat import ExpatError, ParserCreate

    lines = content.split(b"\n")
    found: list[Element] = []
    parents: list[str] = []
    parser = ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(found) >= _MOST_ELEMENTS or len(parents) > 64:
            raise _Enough
        number = parser.CurrentLineNumber
        text = lines[number - 1].decode("utf-8", "backslashreplace") if number <= len(lines) else ""
        found.append(Element(name=name, attributes=attributes, parents=tuple(parents), line=number, text=text))
        parents.append(name)

    def end(_name: str) -> None:
        parents.pop()

    def refuse(*_declaration: object) -> None:
        raise _Enough

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (ExpatError, ValueError, LookupError, _Enough):
        return found  # what came before is as it stands; an encoding that Python does not know raises the others
    return found


class _Enough(Exception):
    """The file holds what is not read."""
