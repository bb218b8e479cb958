"""How is it told that something went wrong? A sentence for every problem word, with the way out in it."""

from __future__ import annotations

from whoseport.render.escape import Safe, joined, prose
from whoseport.render.language import worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import WhoseportError
    from whoseport.render.language import Language

SENTENCES: dict[str, str] = {
    # the question and the options
    "query-empty": worded("what shall be answered? Give a port, a range, a name or a URL: whoseport 971"),
    "query-too-long": worded("the question is longer than {limit} characters; give a port, a range, a name or a URL"),
    "range-reversed": worded("a range goes upward; did you mean {last}-{first}?"),
    "transport-unknown": worded('"{text}" is no transport; there are {known}: whoseport 971/tcp'),
    "port-unreadable": worded('"{text}" is no port number; ports are 0 to 65535'),
    "port-out-of-range": worded("there is no port {text}; ports are 0 to 65535"),
    "option-unknown": worded("{command} has no option {option}; whoseport {command} --help tells those it has"),
    "option-needs-value": worded("{option} needs a value; --help tells which"),
    "option-takes-no-value": worded("{option} takes no value"),
    "option-value-unknown": worded('"{value}" is nothing that {option} takes; it takes {known}'),
    "options-contradict": worded("{first} and {second} contradict each other; leave one out"),
    "word-missing": worded("{command} needs {words}; whoseport {command} --help tells more"),
    "word-too-many": worded('{command} has no use for "{word}"; whoseport {command} --help tells what it takes'),
    "word-unknown": worded('{command} does not know "{word}"; it takes {known}'),
    "language-unknown": worded('no translation for "{language}" is here; there are {known}'),
    "unknown-schema": worded('there is no document "{text}"; there are {known}'),
    "not-an-address": worded('"{text}" is no IP address'),
    "configuration-unreadable": worded("the settings in {path} cannot be read ({reason}); mend or remove the file"),
    "configuration-key-unknown": worded(
        'the setting "{key}" in {path} is unknown or of the wrong type; there are {known}'
    ),
    # ending, picking, running
    "stop-needs-yes": worded("nobody is here to be asked; --yes ends it without asking, --dry-run only says what"),
    "unknown-project": worded('there is no folder "{path}"; --project takes a project\'s folder'),
    "command-not-run": worded("{command} could not be run ({reason})"),
    "address-not-usable": worded("nothing can listen on {address} ({reason}); 127.0.0.1 and ::1 are this machine only"),
    "no-such-process": worded("there is no process {pid} to hold the lease; --owner takes one that lives"),
    "no-free-port": worded(
        "no port of {first}-{last} is good to run on now; --range A-B looks elsewhere, -v at one port tells why not"
    ),
    "no-free-port: not-permitted": worded(
        "the ports of {first}-{last} need a privilege (CAP_NET_BIND_SERVICE); use one from 1024 up, or run as root"
    ),
    "leases-unusable": worded(
        "leases cannot be kept in {folder} ({reason}); XDG_RUNTIME_DIR or TMPDIR may name a better place"
    ),
    # nothing found
    "unknown-name": worded(
        'nothing bears the name "{name}", in the registry or here; whoseport find searches descriptions, too'
    ),
    "nothing-found": worded('neither the registry nor practice holds anything on "{text}"'),
    "unknown-claim": worded('there is no claim "{name}"; whoseport explain lists them all'),
    # a saved inspection
    "inspection-unreadable": worded(
        "{path} cannot be answered from ({reason}, at {where}); it takes what `whoseport inspect` wrote"
    ),
    "inspection-unreadable without where": worded(
        "{path} cannot be answered from ({reason}); it takes what `whoseport inspect` wrote"
    ),
    "inspection-of-another-port": worded(
        "the saved look is of port {port} alone; `whoseport inspect` saves one that answers for every port"
    ),
    # the snapshot in use, and the facts that it is compiled from
    "snapshot-unreadable": worded(
        "the registry's snapshot {path} cannot be read ({reason}); fetch it anew: whoseport update"
    ),
    "practice-unreadable": worded("the facts of practice in {path} cannot be read ({reason}); install whoseport anew"),
    "registry-facts-damaged": worded("the facts in {path} are damaged in line {line} ({reason})"),
    "registry-facts-damaged without line": worded("the facts in {path} are damaged ({reason})"),
    # the registry's XML, when it is updated
    "registry-doctype": worded("the file defines a document type, which IANA's registry never does; refused"),
    "registry-too-deep": worded("the XML is nested deeper than {deepest} levels, which IANA's is not; refused"),
    "registry-too-large": worded("the XML is larger than {largest} bytes, which IANA's is not; refused"),
    "registry-not-well-formed": worded("the XML is not well-formed in line {line} ({reason}); try again later"),
    "registry-bad-record": worded("the registry has a record that cannot be read ({record}); nothing was changed"),
    "registry-bad-record without record": worded("the registry has a record that cannot be read; nothing was changed"),
    "registry-not-the-registry": worded("this is not IANA's registry of ports (its root is {root}, its id {id})"),
    "registry-is-html": worded("this is an HTML page, not IANA's XML; is a login page or a proxy in between?"),
    "registry-incomplete": worded(
        "the registry leaves {uncovered} ports without an entry on {transport}, more than the {allowed} it may;"
        " the one in use stays"
    ),
    "registry-older": worded(
        "this registry of {updated} is older than the one in use, of {in_use}; --allow-older takes it anyway"
    ),
    "registry-older-than-packaged": worded(
        "this registry of {updated} is older than the one that came with whoseport, of {packaged},"
        " which would be preferred"
    ),
    "registry-shrunk": worded(
        "the registry went from {before} to {after} ({counted}), more than is usual; --allow-loss takes it anyway"
    ),
    # replacing the snapshot
    "update-already-running": worded("another update is writing to {folder}; try again when it is done"),
    "update-folder-unusable": worded("the folder {folder} cannot be used ({reason}); the snapshot in use stays"),
    "update-miscompiled": worded(
        "the new snapshot does not say what the registry says ({reason}); the one in use stays, please report this"
    ),
    "update-not-written": worded("{path} could not be written ({reason}); the snapshot in use stays"),
    # reading a file or an address
    "source-scheme-unsupported": worded("{source} cannot be fetched; give a file, or an http or https address"),
    "file-unreadable": worded("{path} cannot be read ({reason})"),
    "file-too-large": worded("{path} is larger than {largest} bytes, which IANA's XML is not"),
    "file-damaged": worded("{path} cannot be unpacked; it is cut short or damaged"),
    "download-address-malformed": worded("{address} is no address that can be fetched ({reason})"),
    "download-certificate-refused": worded("{address} shows a certificate that does not hold ({reason})"),
    "download-damaged": worded("what {address} sent cannot be unpacked; try again later"),
    "download-encoding-unknown": worded("{address} sent an encoding that nobody asked for ({encoding})"),
    "download-host-unknown": worded("the host {host} was not found; is there a network, and a proxy to be set?"),
    "download-not-http": worded("{address} did not answer in HTTP ({reason})"),
    "download-proxy-unusable": worded("the proxy set for {address} cannot be used; see http_proxy and https_proxy"),
    "download-redirect-refused": worded("{address} leads to {to}, which is not followed"),
    "download-redirect-refused without to": worded("{address} leads elsewhere without saying where"),
    "download-redirect-refused: too-many": worded("{address} leads in circles; not followed further"),
    "download-redirect-refused: downgrade": worded("{address} leads to {to}, which is not encrypted; not followed"),
    "download-refused": worded("{address} refused with status {status}; try again in {retry_after} s"),
    "download-refused without retry_after": worded("{address} refused with status {status}; try again later"),
    "download-timed-out": worded("{address} took longer than {seconds} s; try again later"),
    "download-timed-out: idle": worded("{address} sent nothing for {seconds} s; try again later"),
    "download-timed-out: connect": worded("{address} could not be reached within {seconds} s; is there a network?"),
    "download-tls-failed": worded("no encrypted connection to {address} came about ({reason})"),
    "download-too-large": worded("{address} sends more than {largest} bytes, which IANA does not; refused"),
    "download-truncated": worded("{address} broke off after {received} of {expected} bytes; try again"),
    "download-truncated without expected": worded("{address} broke off after {received} bytes; try again"),
    "download-unreachable": worded("{address} cannot be reached ({reason}); is there a network?"),
    # this machine
    "namespace-not-left": worded("the way back from another network namespace failed ({reason}); nothing more is sure"),
    "namespace-not-left without reason": worded("the way back from another network namespace failed"),
}
"""By problem word; `WORD: REASON` where a reason has its own sentence, `WORD without FIELD` where a field is None."""

REASONS: dict[str, str] = {
    "EACCES": worded("permission denied"),
    "EPERM": worded("not permitted"),
    "ENOENT": worded("it is not there"),
    "ENOTDIR": worded("part of the path is no folder"),
    "EISDIR": worded("it is a folder"),
    "ENOSPC": worded("the disk is full"),
    "EDQUOT": worded("the quota is used up"),
    "EROFS": worded("the file system is read-only"),
    "EIO": worded("the disk could not be read"),
    "EINVAL": worded("no such path can exist"),
    "ECONNREFUSED": worded("connection refused"),
    "ECONNRESET": worded("connection reset"),
    "ENETUNREACH": worded("network unreachable"),
    "EHOSTUNREACH": worded("host unreachable"),
    "ETIMEDOUT": worded("timed out"),
    "missing": worded("it is not there"),
    "not-found": worded("it is not there"),
    "not-permitted": worded("permission denied"),
    "not-a-file": worded("it is no file"),
    "unreadable": worded("it cannot be read"),
    "damaged": worded("it is damaged"),
    "too-large": worded("it is too large"),
    "not-json": worded("it is no JSON"),
    "too-deep": worded("it is nested too deep"),
    "no-host": worded("it holds no look at a machine"),
    "missing-key": worded("a key is missing"),
    "wrong-type": worded("a value is of the wrong type"),
    "unknown-word": worded("a word is unknown"),
    "out-of-range": worded("a number is out of range"),
    "no-evidence": worded("a finding has no evidence"),
    "other-format": worded("it is of another version"),
    "not-a-snapshot": worded("it is no snapshot"),
    "cut": worded("it is cut short"),
    "content": worded("its content is damaged"),
    "checksum": worded("its checksum does not match"),
}
_LIMIT = 300


def message(error: WhoseportError, language: Language) -> str:
    """One line, without a full stop where a command ends it. A problem without a sentence is shown as it is."""
    template = _template(error)
    if template is None:
        return prose(str(error), limit=_LIMIT)
    values = {name: _value(name, value, language) for name, value in error.fields.items()}
    told = [language.say(template, **values)]
    suggestions = error.fields.get("suggestions")
    if isinstance(suggestions, tuple) and suggestions:
        names = joined(", ", [prose(str(name), limit=60) for name in suggestions[:5]])
        told.append(language.say("(did you mean: {names}?)", names=names))
    elsewhere = error.fields.get("elsewhere")
    if isinstance(elsewhere, tuple) and elsewhere:
        names = joined(", ", [prose(str(name), limit=60) for name in elsewhere[:5]])
        told.append(language.say("(it belongs to: {names})", names=names))
    if error.fields.get("unseen") is True:
        told.append(language.say("(not every process could be seen)"))
    return joined(" ", told)


def _template(error: WhoseportError) -> str | None:
    for name, value in error.fields.items():
        exact = f"{error.problem} without {name}" if value is None else f"{error.problem}: {value}"
        if exact in SENTENCES:
            return SENTENCES[exact]
    return SENTENCES.get(error.problem)


def _value(name: str, value: object, language: Language) -> Safe | int:
    if isinstance(value, (tuple, list)):
        return joined(", ", [prose(str(part), limit=60) for part in value[:30]])
    if isinstance(value, int) and name not in ("status", "first", "last", "pid", "port"):
        return language.number(value)
    if name == "reason" and value in REASONS:
        return language.say(REASONS[str(value)])
    return prose("?" if value is None else str(value), limit=_LIMIT)
