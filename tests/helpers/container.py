"""Commands come in; what they do as root in a container such as Docker starts goes out.

The container is a real one, made by runc: Docker's default capabilities and system calls, no user
namespaces; either the programs and libraries of this machine read-only, or a root of its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

#: moby/profiles and oci/caps: what Docker leaves to root.
CAPABILITIES = [
    f"CAP_{name}"
    for name in (
        *("CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID"),
        *("SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"),
    )
]
#: The profile that Podman and containers-common ship; it grew out of Docker's.
PROFILE = Path("/usr/share/containers/seccomp.json")
#: What Docker's profile gives to CAP_SYS_ADMIN alone, and that one to everybody.
NOT_IN_DOCKERS = {
    *("unshare", "setns", "mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "pivot_root", "bpf", "perf_event_open"),
    *("fanotify_init", "lookup_dcookie", "quotactl", "setdomainname", "sethostname", "syslog"),
    *("clone3", "keyctl", "add_key", "request_key", "userfaultfd"),
}
NEW_NAMESPACES = 0x7E02_0000
ARCHITECTURES = {"x86_64": ("amd64", "SCMP_ARCH_X86_64"), "aarch64": ("arm64", "SCMP_ARCH_AARCH64")}
READ_ONLY = ("/usr", "/etc", "/opt")

needs_runc = pytest.mark.skipif(
    shutil.which("runc") is None or not PROFILE.is_file(),
    reason="needs runc and the containers' seccomp profile "
    "(Debian: runc, golang-github-containers-common)",
)


def seccomp_profile(machine: str, landlock: bool) -> dict[str, Any]:
    """Docker's filter of system calls for its default capabilities."""
    profile = json.loads(PROFILE.read_text(encoding="utf-8"))
    name, architecture = ARCHITECTURES[machine]
    refused = NOT_IN_DOCKERS if landlock else {*NOT_IN_DOCKERS, *LANDLOCK}
    rules = []
    for rule in profile["syscalls"]:
        includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
        if not set(includes.get("caps", ())) <= set(CAPABILITIES):
            continue
        if set(excludes.get("caps", ())) & set(CAPABILITIES):
            continue
        if name not in includes.get("arches", [name]) or name in excludes.get("arches", ()):
            continue
        allowed = [call for call in rule["names"] if call not in {*refused, "clone"}]
        kept = {key: rule[key] for key in ("action", "args", "errnoRet") if rule.get(key)}
        rules += [{**kept, "names": allowed}] if allowed else []
    plain = {"index": 0, "value": NEW_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    allow = {"action": "SCMP_ACT_ALLOW"}
    rules.append({"names": ["clone"], "args": [plain], **allow})
    rules.append({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38})
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "architectures": [architecture],
        "syscalls": rules,
    }


LANDLOCK = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")


class Container:
    """An unprivileged container; without a root of its own, over this machine's programs.

    Args:
        folder: an empty folder for the container's own files.
        shown: folders of this machine that it sees, read-only.
        landlock: whether its filter lets Landlock through; older engines do not.
        root: the container's own root file system, which it may write to.
        network: whether it has this machine's network; else it has none.
        memory: the bytes that it may use, by a control group; the kernel kills beyond.
        cpus: how much of the processors' time it gets.
    """

    def __init__(
        self,
        folder: Path,
        shown: Sequence[Path] = (),
        *,
        landlock: bool = True,
        root: Path | None = None,
        network: bool = False,
        memory: int | None = None,
        cpus: float | None = None,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        subprocess.run(["runc", "spec"], cwd=folder, check=True)
        path = folder / "config.json"
        self.config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self._limit(landlock, memory, cpus)
        if network:
            kept = [n for n in self.config["linux"]["namespaces"] if n["type"] != "network"]
            self.config["linux"]["namespaces"] = kept
        self.config["root"] = {"path": str(root or self._root_of_links()), "readonly": False}
        if root is None:
            for source in map(Path, READ_ONLY):
                self.mount(source)
            self._mount("tmpfs", "tmpfs", "/tmp", ["nosuid", "nodev", "mode=1777"])
        for source in shown:
            self.mount(source)

    def _root_of_links(self) -> Path:
        root = self.folder / "rootfs"
        root.mkdir()
        for name in ("bin", "sbin", "lib", "lib64"):
            path = Path("/") / name
            if path.is_symlink():
                (root / name).symlink_to(path.readlink())
        return root

    def _limit(self, landlock: bool, memory: int | None, cpus: float | None) -> None:
        config, linux = self.config, self.config["linux"]
        process = config["process"]
        process |= {"terminal": False, "noNewPrivileges": False}
        process["capabilities"] = dict.fromkeys(
            ("bounding", "effective", "permitted"), CAPABILITIES
        )
        process.pop("rlimits", None)
        # This machine's control groups may not be those that runc expects.
        config["mounts"] = [m for m in config["mounts"] if m["destination"] != "/sys/fs/cgroup"]
        linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "cgroup"]
        linux["resources"] = {}
        if memory is not None:  # swap counts both, so there is none
            linux["resources"]["memory"] = {"limit": memory, "swap": memory}
        if cpus is not None:
            linux["resources"]["cpu"] = {"quota": int(cpus * 100_000), "period": 100_000}
        machine = subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True)
        linux["seccomp"] = seccomp_profile(machine.stdout.strip(), landlock)

    def mount(self, source: Path, target: Path | None = None, *, writable: bool = False) -> None:
        """Show a folder of this machine."""
        options = ["rbind", "rw" if writable else "ro"]
        self._mount("bind", str(source), str(target or source), options)

    def _mount(self, kind: str, source: str, target: str, options: list[str]) -> None:
        entry = {"type": kind, "source": source, "destination": target, "options": options}
        self.config["mounts"].append(entry)

    def run(
        self, *command: object, timeout: float = 120, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root in the container."""
        process = self.config["process"]
        process["args"] = [str(word) for word in command]
        process["cwd"] = "/"
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        found = {"PATH": path, "HOME": "/tmp", **environment}
        process["env"] = [f"{name}={value}" for name, value in found.items()]
        (self.folder / "config.json").write_text(json.dumps(self.config), encoding="utf-8")
        name = f"test-{uuid.uuid4().hex[:12]}"
        return subprocess.run(
            ["runc", "run", name],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


def python_folders() -> list[Path]:
    """What a container needs to see to run this Python with this harness."""
    checkout = Path(__file__).parents[2]
    environment = Path(sys.prefix)
    return [checkout, *([] if environment.is_relative_to(checkout) else [environment])]
