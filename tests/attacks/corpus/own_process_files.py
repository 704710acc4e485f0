# ruff: noqa
"""The machine's sockets, mounts, groups and namespaces are listed by what /proc says of oneself.

defence: landlock: what /proc says of a process is granted file by file
control: naive
wins: trophy
"""

import os

NAMES = ("net/unix", "net/tcp", "net/udp", "net/arp", "net/route", "net/packet", "net/netstat")
NAMES += ("net/dev", "net/sockstat", "net/protocols", "net/ptype", "net/raw", "net/netlink")
NAMES += ("mountinfo", "mounts", "mountstats", "cgroup", "cpuset", "sessionid", "loginuid")
NAMES += ("numa_maps", "sched", "schedstat", "autogroup", "timers", "latency", "wchan", "syscall")
NAMES += ("stack", "personality", "uid_map", "setgroups", "attr/current", "environ", "pagemap")
NAMES += ("arch_status", "clear_refs", "coredump_filter", "cpu_resctrl_groups", "patch_state")
NAMES += ("fdinfo/0", "ksm_stat", "ksm_merging_pages", "timens_offsets", "projid_map", "auxv")
OWN = f"/proc/self/task/{os.getpid()}"
ROOTS = ("/proc/self", "/proc/thread-self", OWN, f"/proc/{os.getpid()}", "/proc", "/sys/fs/cgroup")
OTHERS = [f"{way}/root/etc/passwd" for way in ROOTS[:4]]
OTHERS += ["/proc/self/cwd/../../../../../../../etc/passwd", "/proc/loadavg", "/proc/stat"]
OTHERS += ["/proc/uptime", "/proc/vmstat", "/proc/diskstats", "/proc/locks", "/proc/version"]
OTHERS += ["/proc/interrupts", "/proc/partitions", "/proc/swaps", "/proc/sysvipc/shm", "/proc/keys"]


def trophy():
    won = []
    for path in [f"{root}/{name}" for root in ROOTS for name in NAMES] + OTHERS:
        try:
            if open(path, "rb").read(64):
                won.append(path)
        except OSError:
            pass
    return won[:12]
