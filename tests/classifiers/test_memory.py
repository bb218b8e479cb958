"""Code that no file holds, libraries from odd places, preloaded ones: hostile beside honest."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.classifiers.making import concern_of, daemon, process, project, subject
from whoseport.classifiers import memory, preload
from whoseport.classifiers.memory import findings
from whoseport.model import ExecutableState, Library, Process, Variable


def mapped(path: str, state: ExecutableState = "present", *, private: bool | None = True, **other: Any) -> Process:
    return process(libraries=(Library(path=path, state=state, private=private),), **other)


def claims(one: Process) -> list[tuple[str, str]]:
    return [(finding.claim, finding.certainty) for finding in findings(subject(one))]


@pytest.mark.parametrize(
    "one",
    [
        mapped("/tmp/a.so", "deleted"),
        mapped("/dev/shm/libx.so", "deleted"),
        mapped("/home/ana/.x/a.so", "deleted"),
        mapped("/memfd:x", "memory"),
        # a loader maps what calls itself a compiler's memory as the library that it is
        mapped("/memfd:doublemapper", "memory"),
        daemon(libraries=(Library(path="/var/tmp/.a/b.so", state="deleted", private=True),)),
    ],
    ids=lambda one: str(one.libraries),
)
def test_code_in_memory_is_strong(one: Process) -> None:
    assert claims(one) == [("code-in-memory", "proven")]
    assert concern_of(one)[0] == "suspicious"


@pytest.mark.parametrize(
    "one",
    [
        mapped("/memfd:doublemapper", "memory", private=False),
        mapped("/memfd:vmem", "memory", private=False),
        mapped("/memfd:libffi", "memory", private=False),
        mapped("/dev/zero", "memory", private=False),
        mapped("/SYSV00000000", "memory", private=False),
        mapped("/[aio]", "deleted"),
        mapped("/usr/lib/x86_64-linux-gnu/libssl.so.3", "deleted"),
        mapped("/usr/lib/x86_64-linux-gnu/libssl.so.3", "replaced"),
        mapped("/usr/local/lib/libjemalloc.so.2", "deleted"),
        mapped("/tmp/_MEIab12/libz.so.1", executable="/home/ana/tool"),
        mapped("/tmp/.mount_AppXy/usr/lib/libz.so", executable="/tmp/.mount_AppXy/usr/bin/app"),
        mapped("/home/ana/shop/.venv/lib/python3.11/site-packages/a.so", "present"),
        mapped("/tmp/build/libown.so", executable="/tmp/build/server"),
        mapped("/run/host/usr/lib/a.so"),
    ],
    ids=lambda one: str(one.libraries),
)
def test_compilers_shared_memory_upgrades_and_bundles_are_honest(one: Process) -> None:
    assert claims(one) == []


@pytest.mark.parametrize(
    ("one", "claim"),
    [
        (mapped("/tmp/a.so"), "library-from-odd-place"),
        (mapped("/home/ana/.x/a.so"), "library-from-odd-place"),
        (mapped("/memfd:x", "memory", private=False), "library-from-odd-place"),
        (mapped("/home/ana/shop/.venv/lib/python3.11/site-packages/a.so", "deleted"), "library-deleted"),
        (mapped("/home/ana/shop/build/libshop.so", "replaced"), "library-deleted"),
        # Java unpacks native libraries and deletes them as soon as they are loaded
        (mapped("/tmp/libnetty_epoll123.so", "deleted", executable="/usr/bin/java"), "library-deleted"),
        (mapped("/home/ana/.cache/JNA/temp/jna1.tmp", "deleted"), "library-deleted"),
        (mapped("/tmp/.fffe-0.node", "deleted"), "library-deleted"),
    ],
    ids=str,
)
def test_odd_libraries_are_weak(one: Process, claim: str) -> None:
    assert [name for name, _sure in claims(one)] == [claim]
    assert concern_of(one)[0] == "note"


def test_a_memory_file_that_was_mapped_in_no_known_way_is_guessed() -> None:
    assert claims(mapped("/memfd:x", "memory", private=None)) == [("code-in-memory", "guess")]


def with_variable(name: str, value: str, **other: Any) -> Process:
    return process(environment=(Variable(name=name, value=value),), **other)


def preloads(one: Process) -> list[str]:
    return [finding.claim for finding in preload.findings(subject(one))]


@pytest.mark.parametrize(
    "one",
    [
        with_variable("LD_PRELOAD", "/dev/shm/a.so"),
        with_variable("LD_PRELOAD", "/usr/lib/libjemalloc.so.2:/tmp/a.so"),
        with_variable("LD_PRELOAD", "/usr/lib/a.so /home/ana/.x/a.so"),
        with_variable("LD_AUDIT", "/var/tmp/a.so"),
        with_variable("LD_PRELOAD", "./a.so", working_directory="/dev/shm/x"),
        with_variable("LD_PRELOAD", "/srv/a.so", libraries=(Library(path="/srv/a.so", state="deleted", private=True),)),
        with_variable("LD_PRELOAD", "/opt/a.so", libraries=(Library(path="/opt/a.so", state="deleted", private=True),)),
        with_variable("LD_PRELOAD", "/tmp/shop/a.so", project=project("/tmp/shop", "Makefile")),
    ],
    ids=lambda one: str(one.environment),
)
def test_a_library_preloaded_from_an_odd_place_is_strong(one: Process) -> None:
    assert preloads(one) == ["preloaded-from-odd-place"]
    assert concern_of(one)[0] == "suspicious"


def test_what_wrote_over_its_environment_was_made_to_load_what_is_temporary() -> None:
    titled = ("nginx: master process nginx",)
    assert claims(mapped("/var/tmp/x", executable="/usr/sbin/nginx", package="nginx", command=titled)) == [
        ("preloaded-from-odd-place", "likely")
    ]
    weak = [("library-from-odd-place", "proven")]
    plain = ("nginx", "-c", "/home/ana/nginx.conf")
    assert claims(mapped("/tmp/mod.so", executable="/usr/sbin/nginx", package="nginx", command=plain)) == weak
    assert claims(mapped("/tmp/mod.so", executable="/home/ana/nginx/nginx", command=titled)) == weak
    worker = ("my worker: 1",)
    assert claims(mapped("/tmp/mod.so", executable="/usr/bin/python3.11", package="python3.11", command=worker)) == weak


@pytest.mark.parametrize(
    "one",
    [
        with_variable("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"),
        with_variable("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"),
        with_variable("LD_PRELOAD", "libeatmydata.so"),
        with_variable("LD_PRELOAD", "/opt/agent/$LIB/liboneagentproc.so"),
        with_variable("LD_PRELOAD", "/home/ana/heaptrack/lib/libheaptrack_preload.so"),
        with_variable("LD_PRELOAD", "/home/ana/.local/lib/libstderred.so"),
        with_variable("LD_PRELOAD", "/tmp/.mount_AppX/usr/lib/exec.so"),
        with_variable("LD_PRELOAD", ""),
        with_variable("LD_PRELOAD", "./hook/a.so", working_directory="/home/ana/shop"),
        with_variable("LD_PRELOAD", "./hook/a.so", working_directory=None),
        with_variable(
            "LD_PRELOAD",
            "/usr/lib/libjemalloc.so.2",
            libraries=(Library(path="/usr/lib/libjemalloc.so.2", state="deleted", private=True),),
        ),
        with_variable(
            "LD_PRELOAD",
            "/opt/agent/1.2/a.so",
            libraries=(Library(path="/opt/agent/1.2/a.so", state="deleted", private=True),),
        ),
        with_variable(
            "LD_PRELOAD",
            "/opt/agent/a.so",
            libraries=(Library(path="/opt/agent/a.so", state="replaced", private=True),),
        ),
        with_variable("NODE_OPTIONS", "--max-old-space-size=4096"),
        with_variable("NODE_OPTIONS", "--require /home/ana/.vscode/extensions/ms-vscode.js-debug/bootloader.js"),
        with_variable("JAVA_TOOL_OPTIONS", "-javaagent:/opt/otel/agent.jar"),
        with_variable("PORT", "/tmp/a.so"),
    ],
    ids=lambda one: str(one.environment),
)
def test_packaged_and_own_libraries_are_honest(one: Process) -> None:
    assert preloads(one) == []


@pytest.mark.parametrize(
    "one",
    [
        with_variable("NODE_OPTIONS", "--require /tmp/a.js"),
        with_variable("NODE_OPTIONS", "--import=/dev/shm/a.mjs"),
        with_variable("JAVA_TOOL_OPTIONS", "-Dx=1 -javaagent:/tmp/a.jar=port=1"),
        with_variable("LD_PRELOAD", "/srv/shop/a.so", project=project("/srv/shop", "Makefile"),
                      libraries=(Library(path="/srv/shop/a.so", state="deleted", private=True),)),
    ],
    ids=lambda one: str(one.environment),
)  # fmt: skip
def test_what_is_brought_into_an_interpreter_is_weak(one: Process) -> None:
    assert preloads(one) == ["library-from-odd-place"]


@given(st.sampled_from(["LD_PRELOAD", "NODE_OPTIONS", "PERL5OPT", "JAVA_TOOL_OPTIONS"]), st.text(max_size=60))
def test_any_variable_can_be_read(name: str, value: str) -> None:
    preload.findings(subject(with_variable(name, value)))
    memory.findings(subject(mapped(value, "deleted")))
    memory.findings(subject(mapped(f"/{value}", "memory")))
