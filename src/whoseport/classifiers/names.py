"""Does a process that runs a program bear the name of a thread of the kernel?"""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.places import base_name
from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding

LONGEST_COMM = 15
"""Bytes of a process's name that the kernel keeps (TASK_COMM_LEN, linux/sched.h)."""

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


def findings(subject: Subject) -> list[Finding]:
    """`kernel-thread-name`, for the process's own name (comm) or the one that it was started by."""
    process = subject.process
    if process.executable is None and process.kernel_thread is not False:
        return []
    found_one = _kernel_thread(subject)
    return [] if found_one is None else [found_one]


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
