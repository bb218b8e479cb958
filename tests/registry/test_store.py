"""The compiled snapshot says what the facts say, of every port on every transport, read here in the plainest way."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.registry.strategies import all_facts, facts_of, row
from whoseport.model import LAST_PORT, TRANSPORTS, BrokenSurroundings, Gap, Misuse, ServiceRecord, TransportStatus
from whoseport.registry.compiler import compile_facts, compile_folder
from whoseport.registry.facts import Facts, write_folder
from whoseport.registry.states import segments
from whoseport.registry.store import Registry

States = dict[tuple[int, str], tuple[str, tuple[str, ...]]]


def plain_reading(facts: Facts) -> States:
    """Port by port and transport by transport, with none of the compiler's means."""
    nameless: dict[tuple[int, str], tuple[tuple[bool, int], str]] = {}
    named: dict[tuple[int, str], list[tuple[tuple[bool, int], str]]] = {}
    for record in facts.records:
        first, last, name = record.assignment.first, record.assignment.last, record.assignment.service_name
        if first is None or last is None:
            continue
        weakness = (record.transport is None, last - first)
        for transport in TRANSPORTS if record.transport is None else (record.transport,):
            for port in range(first, last + 1):
                if name is not None:
                    named.setdefault((port, transport), []).append((weakness, name))
                elif (port, transport) not in nameless or weakness < nameless[port, transport][0]:
                    nameless[port, transport] = (weakness, record.assignment.description)
    found: States = {}
    for port in range(LAST_PORT + 1):
        for transport in TRANSPORTS:
            key = (port, transport)
            names = tuple(dict.fromkeys(name for _, name in sorted(named.get(key, ()), key=lambda each: each[0])))
            if port > 49151:
                state = "dynamic"
            elif names:
                state = "assigned"
            elif key not in nameless:
                state = "unlisted"
            else:
                state = "unassigned" if "unassigned" in nameless[key][1].lower() else "reserved"
            found[key] = (state, names)
    return found


@pytest.fixture(scope="session")
def plain(repository_facts: Facts) -> States:
    return plain_reading(repository_facts)


def statuses(registry: Registry, port: int) -> dict[str, TransportStatus]:
    return registry.lookup(port).transports.fields()


def test_the_dump_says_what_the_facts_say_of_every_port(registry: Registry, plain: States) -> None:
    rows = list(registry.dump())
    assert [(each.port, each.transport) for each in rows] == list(plain)
    assert len(rows) == 262_144
    assert {(each.port, each.transport): (each.state, each.names) for each in rows} == plain


def test_look_ups_say_what_the_facts_say_of_every_port(registry: Registry, plain: States) -> None:
    assigned = sorted({port for (port, _), (state, _) in plain.items() if state == "assigned"})
    below = dict(zip(assigned[1:], assigned, strict=False))
    nearest: int | None = None
    seen: set[str] = set()
    for port in range(LAST_PORT + 1):
        entry = registry.lookup(port)
        for transport, status in entry.transports.fields().items():
            state, names = plain[port, transport]
            assert status.state == state, (port, transport)
            assert tuple(dict.fromkeys(each.service_name for each in status.assignments if each.service_name)) == names
            assert all(each.first <= port <= each.last for each in status.assignments)
            assert (status.gap is None) == (state == "assigned")
            if status.gap is not None and str((transport, status.gap)) not in seen:
                first, last = status.gap.first, status.gap.last
                seen.add(str((transport, status.gap)))
                assert status.gap.length == last - first + 1
                assert all(plain[each, transport][0] == state for each in range(first, last + 1))
                assert plain.get((first - 1, transport), ("",))[0] != state
                assert plain.get((last + 1, transport), ("",))[0] != state
            assert status.gap is None or status.gap.first <= port <= status.gap.last
        neighbours = entry.neighbours
        assert (neighbours.below.port if neighbours.below else None) == nearest, port
        for neighbour in (neighbours.below, neighbours.above):
            if neighbour is not None:
                there = [plain[neighbour.port, transport] for transport in TRANSPORTS]
                assert neighbour.transports == tuple(
                    name for name, each in zip(TRANSPORTS, there, strict=True) if each[0] == "assigned"
                )
                assert neighbour.names == tuple(dict.fromkeys(name for _, names in there for name in names))
        if neighbours.above is not None:
            assert neighbours.above.port > port
            expected_below = below.get(neighbours.above.port)
            assert expected_below == (port if port in below or port == assigned[0] else nearest)
        else:
            assert port >= assigned[-1]
        if any(status.state == "assigned" for status in entry.transports.fields().values()):
            nearest = port


def test_ports_that_no_row_covers(registry: Registry, repository_facts: Facts) -> None:
    if repository_facts.snapshot.updated != "2026-08-17":
        pytest.skip("the ports are those of the registry of 2026-08-17")
    unlisted: dict[str, list[int]] = {name: [] for name in TRANSPORTS}
    for each in registry.dump():
        if each.state == "unlisted":
            unlisted[each.transport].append(each.port)
    both = [4502, 5090, 5091, 9082, 9902, 11997, 11998, 11999, 25471, 29169, 36423, 36424, 36443, 36444]
    assert unlisted["tcp"] == sorted([*both, 716, 1008, 9901])
    assert unlisted["udp"] == sorted([*both, 2376, 4913, 5883, 9876, 21801])


def test_971(registry: Registry) -> None:
    entry = registry.lookup(971)
    assert (entry.range, entry.procedures) == ("system", ("IETF Review", "IESG Approval"))
    for status in entry.transports.fields().values():
        assert status == TransportStatus(state="unassigned", gap=Gap(first=954, last=988, length=35), assignments=())
    below, above = entry.neighbours.below, entry.neighbours.above
    assert below is not None
    assert above is not None
    assert (below.port, below.transports, below.names) == (953, ("tcp",), ("rndc",))
    assert (above.port, above.transports, above.names) == (989, ("tcp", "udp"), ("ftps-data",))


def test_several_names_of_a_port(registry: Registry) -> None:
    assert [each.service_name for each in statuses(registry, 80)["tcp"].assignments] == ["http", "www", "www-http"]
    assert [each.service_name for each in statuses(registry, 3000)["tcp"].assignments] == ["hbci", "remoteware-cl"]


def test_reserved_ports_tell_why(registry: Registry) -> None:
    (mail,) = statuses(registry, 24)["tcp"].assignments
    assert (mail.service_name, mail.description) == (None, "any private mail system")
    (deassigned,) = statuses(registry, 2)["tcp"].assignments
    assert (deassigned.modified, deassigned.notes) == (
        "2025-02-13",
        "De-assigned on 2025-02-13, previously compressnet by Bernie Volz",
    )
    assert statuses(registry, 953)["udp"] == TransportStatus(
        state="reserved", gap=Gap(first=953, last=953, length=1), assignments=()
    )


def test_ranges_and_procedures(registry: Registry) -> None:
    user = ("IETF Review", "IESG Approval", "Expert Review")
    assert {port: (registry.lookup(port).range, registry.lookup(port).procedures) for port in (1024, 49151)} == {
        1024: ("user", user),
        49151: ("user", user),
    }
    for port in (49152, 65535):
        assert (registry.lookup(port).range, registry.lookup(port).procedures) == ("dynamic", ())
        assert statuses(registry, port)["tcp"].gap == Gap(first=49152, last=65535, length=16384)
    assert [registry.lookup(port).range for port in (0, 1023)] == ["system", "system"]
    assert registry.lookup(0).neighbours.below is None
    assert registry.lookup(65535).neighbours.above is None


@pytest.mark.parametrize("number", [-1, 65536, 1 << 40])
def test_no_such_port(registry: Registry, number: int) -> None:
    with pytest.raises(Misuse, match="port-out-of-range"):
        registry.lookup(number)


def test_every_record_reads_back(registry: Registry, repository_facts: Facts) -> None:
    assert tuple(registry.records()) == repository_facts.records
    assert registry.snapshot == repository_facts.snapshot


def test_every_name_is_found_in_any_case(registry: Registry, repository_facts: Facts) -> None:
    by_name: dict[str, list[ServiceRecord]] = {}
    for record in repository_facts.records:
        if record.assignment.service_name:
            by_name.setdefault(record.assignment.service_name.lower(), []).append(record)
    for name, records in by_name.items():
        assert registry.named(name.upper()) == tuple(records)
    assert registry.names() == tuple(sorted(by_name))


@pytest.mark.parametrize("name", ["", "nosuchname", "https ", "\x1f", "zzzzzzz", "\ud800", "s\u017fh"])
def test_an_unknown_name_is_not_found(registry: Registry, name: str) -> None:
    assert registry.named(name) == ()


def test_aliases_are_names(registry: Registry) -> None:
    assert {record.assignment.first for record in registry.named("whois++")} == {63}
    assert {record.assignment.first for record in registry.named("whoispp")} == {63}


def test_compiling_is_deterministic(repository_facts: Facts, compiled: bytes) -> None:
    assert compile_facts(repository_facts) == compiled


def test_a_folder_compiles_in_one_step(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("data")
    target = tmp_path_factory.mktemp("target") / "snapshot.bin"
    facts = facts_of([row("1", "tcp", "tcpmux")])
    write_folder(folder, facts)
    compile_folder(folder, target)
    assert target.read_bytes() == compile_facts(facts)
    assert list(target.parent.iterdir()) == [target]
    (folder / "user.tsv").unlink()
    with pytest.raises(BrokenSurroundings):
        compile_folder(folder, target)
    assert target.read_bytes() == compile_facts(facts)


def test_what_would_break_the_format_is_not_compiled() -> None:
    for record in (
        row("1", "tcp", "a\x1fb"),
        row("1", "tcp", "a\ud800"),
        ServiceRecord(transport="tcp", assignment=row("1").assignment.replace(references=("",))),
        ServiceRecord(transport="tcp", assignment=row("1").assignment.replace(references=("a\x1eb",))),
    ):
        with pytest.raises(BrokenSurroundings, match="registry-bad-record"):
            compile_facts(facts_of([record]))


@given(all_facts)
def test_any_facts_compile_and_read_back(tmp_path_factory: pytest.TempPathFactory, facts: Facts) -> None:
    path = tmp_path_factory.mktemp("any") / "snapshot.bin"
    path.write_bytes(compile_facts(facts))
    registry = Registry(str(path))
    registry.verify()
    assert tuple(registry.records()) == facts.records
    for part in segments(facts.records):
        for port in (part.first, part.last):
            for told, status in zip(part.transports, registry.lookup(port).transports.fields().values(), strict=True):
                assert status.state == told.state
                assert status.assignments == tuple(facts.records[index].assignment for index in told.records)
                run = status.gap and (status.gap.first, status.gap.last)
                assert run == (None if told.state == "assigned" else (told.run_first, told.run_last))
