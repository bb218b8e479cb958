"""Answers with findings, verdicts, practice and what else speaks of a port, made by hand."""

from __future__ import annotations

from tests.render.facts import (
    DYNAMIC,
    FREE,
    HBCI,
    HTTP,
    HTTPS,
    INSIDE,
    LIKELY,
    NO_PRIVILEGE,
    POSTGRES,
    POSTMASTER,
    PROXY,
    VITE,
    WEB,
    asked,
    host,
    listener,
    process,
    unseen,
)
from tests.render.judgements import (
    BROWSERS,
    DELETED,
    DEVELOPED,
    IMPLANT,
    REPLACED,
    REPORTED,
    SHOP,
    SUSPICIOUS,
    VITE_SHOP,
    WIRED,
    fact,
    finding,
    mention,
    practised,
    redirect,
    verdict,
)
from whoseport.model import (
    Answer,
    BindAttempt,
    Connections,
    HeldState,
    KernelPort,
    ParentProcess,
    Peer,
    RpcProgram,
    View,
)

JUDGED: dict[str, Answer] = {
    "judged-free": practised(asked(971, FREE, host(complete=False, unseen=(unseen("namespace"), unseen("rules"))))),
    "judged-no-live": practised(asked(3000, HBCI, None), fact("Next.js"), fact("Grafana")),
    "judged-postgres-likely": practised(
        asked(
            5432,
            POSTGRES,
            host(
                *(
                    listener(
                        address=address,
                        inode=inode,
                        candidates=LIKELY,
                        findings=(finding("unit-of-server", "cgroup", "postgresql@16-main.service", "likely"),),
                        verdict=verdict(
                            "known-service",
                            "unit-of-server",
                            concern="undetermined",
                            certainty="likely",
                            name="PostgreSQL",
                        ),
                    )
                    for address, inode in (("127.0.0.1", 77), ("::1", 78))
                ),
                complete=False,
                unseen=(unseen("owners", subject="socket:77"), unseen("executable", subject="pid:812")),
            ),
        ),
        fact("PostgreSQL", first=5432, last=5432),
    ),
    "judged-development": practised(
        asked(
            3000,
            HBCI,
            host(
                listener(
                    port=3000,
                    address="::1",
                    uid=1000,
                    user="ana",
                    unit=None,
                    owners=(VITE_SHOP.replace(parents=(ParentProcess(pid=1, name="systemd"),)),),
                    findings=(
                        finding("development-command", "/proc/48213/cmdline", "vite --port 3000"),
                        finding("orphaned", "/proc/48213/status", "PPid 1"),
                    ),
                    verdict=DEVELOPED,
                )
            ),
        ),
        fact("Next.js"),
        fact("Grafana"),
        fact("Gitea", role="admin"),
        fact("Thing", role="metrics", transport="udp"),
        *(fact(f"Software {number}", role="development") for number in range(6)),
    ),
    "judged-development-of-another": asked(
        3000,
        HBCI,
        host(
            listener(
                port=3000,
                owners=(VITE_SHOP.replace(uid=1001, user="eva", project=None),),
                verdict=verdict("development-server", "development-command", certainty="likely"),
            )
        ),
    ),
    "judged-container": practised(
        asked(
            443,
            HTTPS,
            host(*(one.replace(verdict=verdict("known-service", "forwards", name="nginx")) for one in PROXY)),
        ),
        fact("web servers", first=443, last=443, role="tls"),
    ),
    "judged-container-inside-untold": asked(
        443,
        HTTPS,
        host(*(one.replace(verdict=verdict("container", "forwards", name="docker-proxy")) for one in PROXY)),
    ),
    "judged-in-container": asked(
        443,
        HTTPS,
        host(
            listener(
                port=443,
                container=WEB,
                owners=(process(2301, "nginx", unit=None, container=WEB),),
                verdict=verdict("moved-service", "inside-container", certainty="guess", name="nginx"),
            ),
            findings=(finding("client-port-range", "ip_local_port_range", "32768 60999"),),
        ),
    ),
    "judged-suspicious": practised(
        asked(
            8787,
            HBCI,
            host(
                listener(
                    port=8787,
                    address="0.0.0.0",
                    exposure="all",
                    unit=None,
                    owners=(IMPLANT,),
                    findings=(DELETED, WIRED, finding("own-binary", "/proc/9/exe", "", "likely")),
                    verdict=SUSPICIOUS,
                ),
                connections=Connections(
                    established=1,
                    peers=(
                        Peer(
                            transport="tcp",
                            local_address="192.168.1.5",
                            address="203.0.113.9",
                            port=4444,
                            state="established",
                        ),
                    ),
                ),
                port_state=HeldState(
                    state="held", because=(finding("socket-here", "sock_diag", "tcp 0.0.0.0 listen"),)
                ),
                views=(View(source="/proc/net/tcp", transport="tcp", sockets=(8,)),),
            ),
        ),
        reported=REPORTED,
        browsers=BROWSERS,
    ),
    "judged-note": asked(
        22,
        HTTP,
        host(
            listener(
                port=22,
                address="::",
                v6only=False,
                exposure="all",
                owners=(
                    process(944, "sshd", unit="ssh.service", package="openssh-server", executable_state="replaced"),
                ),
                findings=(
                    finding("executable-replaced", "/proc/944/exe", "/usr/sbin/sshd"),
                    finding("package-upgraded", "/var/lib/dpkg/info/openssh-server.list", "2026-11-21"),
                ),
                verdict=REPLACED,
            )
        ),
    ),
    "judged-own-code": asked(
        8000,
        HTTP,
        host(
            listener(
                port=8000,
                owners=(VITE.replace(name="java", project=SHOP.replace(worktree_of=None, name=None, branch=None)),),
                verdict=verdict("custom-application", "own-code", name="report.jar"),
            ),
            listener(port=8000, address="10.0.0.1", exposure="private", inode=99, unit=None, cgroup=None),
            complete=False,
            unseen=(unseen("owners", subject="socket:99"),),
        ),
    ),
    "judged-two": asked(
        53,
        HTTP,
        host(
            listener(
                port=53,
                owners=(process(5, "systemd-resolve", unit="systemd-resolved.service"),),
                verdict=verdict("known-service", "packaged-server", name="systemd-resolved"),
            ),
            listener(
                port=53,
                address="192.168.122.1",
                exposure="private",
                owners=(process(6, "dnsmasq", executable_state="memory", unit=None),),
                findings=(finding("executable-in-memory", "/proc/6/exe", "/memfd:a (deleted)"),),
                verdict=verdict("unknown", "executable-in-memory", concern="suspicious"),
            ),
        ),
    ),
    "judged-hint": practised(
        asked(
            9200,
            HTTP,
            host(
                listener(
                    port=9200,
                    unit=None,
                    cgroup=None,
                    findings=(finding("usual-practice", "practice", "Elasticsearch 9200/tcp", "guess"),),
                    verdict=verdict(
                        "known-service",
                        "usual-practice",
                        concern="undetermined",
                        certainty="guess",
                        name="Elasticsearch",
                    ),
                ),
                complete=False,
                unseen=(unseen("owners", subject="socket:77"),),
            ),
        ),
        fact("Elasticsearch", first=9200, last=9200),
    ),
    "judged-kernel": asked(
        2049,
        HTTP,
        host(
            listener(port=2049, unit=None, cgroup=None, verdict=verdict("kernel", "kernel-socket", name="nfsd")),
            kernel_ports=(
                KernelPort(transport="tcp", port=2049, subsystem="nfsd", name=None, source="/proc/fs/nfsd/portlist"),
            ),
        ),
    ),
    "judged-kernel-unseen": asked(
        51820,
        DYNAMIC,
        host(
            kernel_ports=(
                KernelPort(transport="udp", port=51820, subsystem="wireguard", name="wg0", source="netlink wireguard"),
            ),
            findings=(finding("kernel-port", "netlink wireguard", "udp 51820"),),
            ephemeral=INSIDE,
            bind=NO_PRIVILEGE,
        ),
    ),
    "judged-rpc": practised(
        asked(
            871,
            FREE,
            host(
                listener(
                    port=871,
                    owners=(process(700, "rpc.statd", package="nfs-common", unit="rpc-statd.service"),),
                    verdict=verdict("rpc", "rpc-program", name="rpc.statd"),
                ),
                rpc_programs=tuple(
                    RpcProgram(
                        program=100024, version=version, transport="tcp", port=871, name="status", owner="superuser"
                    )
                    for version in (1, 3, 4)
                ),
            ),
        )
    ),
    "judged-client": asked(
        41234,
        HBCI,
        host(
            listener(
                transport="udp",
                protocol="udp",
                port=41234,
                state="unconnected",
                owners=(process(99, "firefox", unit="app-firefox.scope"),),
                verdict=verdict("ephemeral", "client-port", name="Firefox"),
            ),
            ephemeral=INSIDE,
            bind=NO_PRIVILEGE,
        ),
    ),
    "judged-redirected": asked(
        8080,
        HTTP,
        host(
            redirects=(
                redirect(),
                redirect(address="192.168.1.5", interface="eth0", comment="web", transport="udp", to_address=None),
                redirect(to_address="::1", to_port=None, transport=None),
                redirect(first=1, last=2),
            ),
            findings=(finding("redirected", "nftables", "ip nat DOCKER"),),
        ),
    ),
    "judged-socket-unit": asked(
        6379,
        HTTP,
        host(
            findings=(finding("socket-unit-waiting", "/usr/lib/systemd/system/redis.socket", "ListenStream=6379"),),
            mentions=(
                mention(kind="etc-services", path="/etc/services", line=40, text="redis 6379/tcp"),
                mention(
                    kind="socket-unit",
                    path="/usr/lib/systemd/system/redis.socket",
                    line=5,
                    name="redis.socket",
                    program="/usr/bin/redis-server",
                    text="ListenStream=6379",
                    enabled=False,
                ),
                mention(),
                mention(kind="nftables", path="nftables", line=None, text="tcp dport 6379 accept"),
                mention(first=1, last=2, text="never shown"),
            ),
        ),
    ),
    "judged-services-only": asked(
        6379,
        HTTP,
        host(mentions=(mention(kind="etc-services", path="/etc/services", line=40, text="redis 6379/tcp"),)),
    ),
    "judged-bind": asked(
        971,
        FREE,
        host(
            findings=(finding("bind-in-use", "bind(2)", "tcp 0.0.0.0 EADDRINUSE"),),
            bind_attempts=(
                BindAttempt(transport="tcp", address="0.0.0.0", outcome="in-use", errno="EADDRINUSE"),
                BindAttempt(transport="tcp", address="::", outcome="in-use", errno="EADDRINUSE"),
                BindAttempt(transport="udp", address="0.0.0.0", outcome="free", errno=None),
                BindAttempt(transport="udp", address="::", outcome="not-available", errno="EAFNOSUPPORT"),
                BindAttempt(transport="tcp", address="0.0.0.0", outcome="free", errno=None, reuse_address=True),
            ),
        ),
    ),
    "judged-hidden": asked(
        971,
        FREE,
        host(
            port_state=HeldState(state="held", because=(finding("hidden-from-view", "bind(2)", "EADDRINUSE"),)),
            findings=(
                finding("hidden-from-view", "bind(2)", "EADDRINUSE"),
                finding("claim-of-a-later-version", "somewhere", "something"),
            ),
        ),
    ),
    "judged-rules-unseen": asked(
        8080,
        HTTP,
        host(
            port_state=HeldState(state="unknown", because=(finding("rules-unseen", "nftables", "EPERM"),)),
            findings=(finding("rules-unseen", "nftables", "EPERM"),),
            complete=False,
            unseen=(unseen("rules"),),
        ),
    ),
    "judged-views-differ": asked(971, FREE, host(findings=(finding("view-differs", "/proc/net/tcp", "inode 5"),))),
    "judged-replaced-master": asked(
        5432,
        POSTGRES,
        host(
            listener(
                owners=(POSTMASTER,),
                findings=(finding("packaged-server", "dpkg", "postgresql-16"),),
                verdict=verdict("known-service", "packaged-server", "listens-on-usual-port", name="PostgreSQL"),
            ),
            mentions=(
                mention(first=5432, last=5432, path="/etc/postgresql/16/main/postgresql.conf", text="port = 5432"),
            ),
        ),
    ),
}
