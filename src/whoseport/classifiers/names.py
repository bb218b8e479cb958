"""Does a process bear a name that hides it: a kernel thread's, or one that reads as something else than it is?"""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.imitation import WELL_KNOWN
from whoseport.classifiers.places import base_name
from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.classifiers.subject import Subject
    from whoseport.model import Certainty, Finding, Software

LONGEST_COMM = 15
"""Bytes of a process's name that the kernel keeps (TASK_COMM_LEN, linux/sched.h)."""

LONGEST = 4096
"""Characters of a name that are looked at: the longest path (PATH_MAX)."""

_EXACT = words(
    "kworker kthreadd kswapd kcompactd khugepaged ksmd kblockd kdevtmpfs kdevtmpfsi kauditd kintegrityd khungtaskd "
    "oom_reaper kthrotld mm_percpu_wq rcu_sched rcu_bh rcu_gp rcu_par_gp rcu_preempt rcu_tasks_kthre "
    "rcu_tasks_kthread rcu_tasks_rude_ rcu_tasks_trace ext4-rsv-conver kstrp zswap-shrink kpsmoused inet_frag_wq "
    "ipv6_addrconf slub_flushwq edac-poller devfreq_wq tpm_dev_wq ata_sff blkcg_punt_bio pool_workqueue_ scsi_wq "
    "kmpathd kmpath_rdacd kcryptd kcryptd_io kcryptd_write kvfree_rcu_recl ecryptfs-kthrea xfsalloc xfs_mru_cache "
    "nvme-wq nvme-reset-wq nvme-delete-wq kdamond ksoftirqd btrfs-transacti btrfs-cleaner acpi_thermal_pm"
)
"""Names of kernel threads that no program bears (kthread_create, alloc_workqueue in Linux); some malware does."""

_NUMBERED = words("kswapd kcompactd scsi_eh_ scsi_tmf_ md_raid kdamond. txg_sync_")
_BEGINNINGS = (
    "kworker/", "ksoftirqd/", "migration/", "rcuop/", "rcuos/", "rcuog/", "rcuc/", "rcub/", "cpuhp/", "idle_inject/",
    "jbd2/", "watchdog/", "xfsaild/", "xfs-buf/", "xfs-conv/", "xfs-cil/", "xfs-reclaim/", "xfs-log/", "kdmflush/",
    "kcryptd/", "kcryptd_io/", "dmcrypt_write/", "backlog_napi/", "ktimers/", "irq_work/", "posixcputmr/", "irq/",
)  # fmt: skip

_BRACKETED = words(
    "crypto watchdogd md bioset writeback events cgroup cpuset perf khelper sync_supers nfsd lockd rpciod xprtiod "
    "netns hwrng migration kdmflush loop0 deferwq charger_manager psimon cfg80211 flush events_unbound stopper "
    "target"
)
"""Names that a program may bear, too, and that are a kernel thread's in brackets, as ps(1) shows those."""

_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\u2800")
_JOINERS = "\u200c\u200d"
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_LOOK_ALIKE = dict(
    zip(
        "асеорхуіјѕһԁԛԝѵкмтвнгпзӏɡıοαρνικτυχωεηАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aceopxyijshdqwvkmtbhrn3lgioapviktuxwenABEKMHOPCTYXIJSABEZHIKMNOPTYX",
        strict=True,
    )
)
"""Letters of other scripts that look like Latin ones (Unicode Technical Standard 39, confusables)."""


def findings(subject: Subject) -> list[Finding]:
    """What the names of a process give to think: its own (comm), the one that it was started by, its file's."""
    process = subject.process
    made: list[Finding] = []
    if process.kernel_thread is not True and (process.executable is not None or process.kernel_thread is False):
        kernel = _kernel_thread(subject)
        if kernel is not None:
            made.append(kernel)
    for source, text, is_file in (
        (subject.link("comm"), process.name[:LONGEST], False),
        (subject.link("exe"), (process.executable or "")[:LONGEST], True),
        (subject.link("cmdline"), process.command[0][:LONGEST] if process.command else "", False),
    ):
        if text.isascii() and text.isprintable() and (text.isalnum() or not _blank(text, is_file=is_file)):
            continue
        certainty = _deceives(text, is_file=is_file, named=subject.named)
        if certainty is not None:
            made.append(found("deceptive-name", certainty, source, ascii(text)[1:-1]))
    return made


def _kernel_thread(subject: Subject) -> Finding | None:
    process = subject.process
    name = process.name
    if is_kernel_threads(name) and not _is_honest(subject, name):
        return found("kernel-thread-name", "proven", subject.link("comm"), name)
    command = process.command
    if command is None:
        return None
    if not any(command):
        if process.executable is None:
            return None  # it is ending
        # ps(1) then shows the name in brackets, like a kernel thread's
        return found("kernel-thread-name", "guess", subject.link("cmdline"), "no arguments, not even a name")
    title = command[0]
    if title.startswith("[") and title.rstrip().endswith("]") and not any(command[1:]):
        inner = title.strip()[1:-1]
        if is_kernel_threads(inner) or inner in _BRACKETED:
            return found("kernel-thread-name", "proven", subject.link("cmdline"), title)
        if inner and not any(character in " @:" for character in inner):
            return found("kernel-thread-name", "guess", subject.link("cmdline"), title)
    elif is_kernel_threads(title) and not title.startswith("/") and not _is_honest(subject, title):
        return found("kernel-thread-name", "proven", subject.link("cmdline"), title)
    return None


def is_kernel_threads(name: str) -> bool:
    """Whether only threads of the kernel bear this name.

    >>> [is_kernel_threads(name) for name in ("kworker/0:1", "[kswapd0]", "watchdog", "nginx", "rcu_preempt")]
    [True, True, False, False, True]
    """
    bare = name.strip().strip("[]")
    return (
        bare in _EXACT
        or bare.startswith(_BEGINNINGS)
        or (bare[-1:].isdigit() and bare.rstrip("0123456789") in _NUMBERED)
    )


def _is_honest(subject: Subject, name: str) -> bool:
    """A program whose own file bears the name and belongs to a package."""
    process = subject.process
    return process.package is not None and base_name(process.executable or "")[:LONGEST_COMM] == name


def _blank(text: str, *, is_file: bool) -> bool:
    return text != text.strip() or (is_file and ("/ " in text or " /" in text or "..." in text))


def _deceives(
    text: str, *, is_file: bool, named: Callable[[str], tuple[Software, ...]] = lambda _name: ()
) -> Certainty | None:
    """Whether a text reads as something else than it is. Titles end in blanks, and names may be cut off: no sign."""
    if is_file:
        if any(_is_nothing(part) for part in text.split("/")[1:]):
            return "proven"
        last = base_name(text)
        if last != last.strip() and last.strip():
            return "proven"
    elif text.strip() and len(text.encode()) < LONGEST_COMM and " " not in text.strip() and text != text.strip():
        return "likely"
    if not text.isprintable():
        if any((character < " " and character not in "\n\t") or character == "\x7f" for character in text):
            return "likely"
        if any(character in "\n\t" for character in text.strip()):
            return "guess"
    if text.isascii():
        return None
    for place, character in enumerate(text):
        if character in _DIRECTIONS or character in _INVISIBLE or character == "\ufeff":
            return "proven"
        if character in _JOINERS or "\u200b" <= character <= "\u200f" or "\u2060" <= character <= "\u206f":
            before, after = text[place - 1 : place], text[place + 1 : place + 2]
            if before.isascii() or after.isascii() or character not in _JOINERS:
                return "proven"
        if (
            "\x80" <= character <= "\x9f"
            or character in "\u00a0\u2000\u2001\u2002\u2003\u2007\u2009\u202f\u3000\u2028\u2029"
        ):
            return "likely"
    return "proven" if any(_looks_latin(word, named) for word in _words(text)) else None


def _is_nothing(part: str) -> bool:
    """A folder or file that is named by blanks or dots alone (`...`, `.. `)."""
    return bool(part) and not part.strip(" .")


def _words(text: str) -> list[str]:
    return "".join(character if character.isalpha() else " " for character in text).split()


def _looks_latin(word: str, named: Callable[[str], tuple[Software, ...]]) -> bool:
    """Whether a word mixes letters that look Latin into Latin ones, or has Latin letters in a width of their own.

    One that is all of other letters is another language's, unless it looks like the name of a server.
    """
    if word.isascii():
        return False
    if any("\uff21" <= letter <= "\uff5a" or "\U0001d400" <= letter <= "\U0001d7ff" for letter in word):
        return True
    alike = [_LOOK_ALIKE.get(letter, letter) for letter in word]
    if any(letter.isascii() for letter in word):
        return any(letter in _LOOK_ALIKE for letter in word)
    seems = "".join(alike).lower()
    return seems.isascii() and (seems in WELL_KNOWN or bool(named(seems)))
