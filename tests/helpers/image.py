"""A bundle for Gradescope comes in; the image that its own Dockerfile makes of it goes out.

There need be no Docker: the file's few instructions are carried out by runc, over a root file
system of Gradescope's system, Ubuntu 22.04, made of its packages.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from container import Container, needs_runc

from release.bundles.container import unpack


@dataclass(frozen=True)
class System:
    """A base system: its name among the suites, and what it has beside the bare minimum.

    Attributes:
        updates: the suite of its updates, if packages of it are needed.
        keyring: what its packages are signed with.
    """

    suite: str
    components: str
    packages: str
    updates: str
    keyring: Path


#: Gradescope's own. uv's Python cannot be had everywhere, so that there is a newer one than its
#: own; this one is a release candidate, with which torchvision cannot be imported.
UBUNTU = System(
    "jammy",
    "main,universe",
    "ca-certificates python3 python3.11",
    "jammy-updates",
    Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg"),
)
DEBIAN = System(
    "bookworm",
    "main",
    "ca-certificates python3",
    "",
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
)
INSTALL = """
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends {packages}
apt-get clean
rm -rf /var/lib/apt/lists/*
"""
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dl-autograder" / "tests"
UV_CACHE = Path(os.environ.get("UV_CACHE_DIR", CACHE.parents[1] / "uv"))
#: Where a build sees it: links work within one mount only, and so it holds the image's /opt too.
MOUNTED = Path("/packages")
#: How this machine reaches a package index; nothing of it is part of an image.
SETTINGS = re.compile(r"(?i)(pip|uv)_\w+|https?_proxy|no_proxy|torch_backend")
FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf")
CERTIFICATES, SHOWN = Path("/etc/ssl/certs/ca-certificates.crt"), Path("/certificates.crt")

needs_image = [
    needs_runc,
    pytest.mark.skipif(shutil.which("debootstrap") is None, reason="needs debootstrap"),
]


class NoSystem(Exception):
    """The packages of the base system cannot be had here."""


class BuildFailed(Exception):
    """What the instruction that failed said."""


def base_system(system: System) -> Path:
    """The root file system that images start from; made once, and kept."""
    CACHE.mkdir(parents=True, exist_ok=True)
    made = CACHE / f"{system.suite}-{system.packages.replace(' ', '-')}"
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE) as name:
                root = Path(name) / "root"
                _bootstrap(system, root)
                root.rename(made)
    return made


def _bootstrap(system: System, root: Path) -> None:
    command = ["debootstrap", "--variant=minbase", f"--components={system.components}"]
    # Without its keys here, it is taken unverified; what runs of it is held by a container.
    command += [] if system.keyring.is_file() else ["--no-check-gpg"]
    command += [system.suite, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoSystem(f"debootstrap {system.suite} failed: {done.stdout[-300:]}")
    if system.updates:
        sources = root / "etc" / "apt" / "sources.list"
        lines = sources.read_text(encoding="utf-8")
        updates = lines.replace(f" {system.suite} ", f" {system.updates} ")
        sources.write_text(lines + updates, encoding="utf-8")
    container = Container(root.parent / "container", root=root, network=True)
    install = INSTALL.format(packages=system.packages)
    done = container.run("sh", "-c", install, timeout=300, **_show_network(container, root))
    if done.returncode:
        raise NoSystem(f"{system.packages} of {system.suite} failed: {done.stderr[-300:]}")


def _show_network(container: Container, root: Path) -> dict[str, str]:
    """Let a container reach what this machine reaches; returns the variables that it takes."""
    files = {path: path for path in map(Path, FILES)} | {CERTIFICATES: SHOWN}
    for path, shown in files.items():
        if path.is_file():
            (root / shown.relative_to("/")).touch()
            container.mount(path, shown)
    found = {name: text for name, text in os.environ.items() if SETTINGS.fullmatch(name)}
    certificates = {"SSL_CERT_FILE": str(SHOWN), "PIP_CERT": str(SHOWN)}
    return found | (certificates if CERTIFICATES.is_file() else {})


@dataclass(frozen=True)
class Image:
    """An image, ``/opt`` apart from the rest of its root file system; and what building it said."""

    folder: Path
    log: str

    @property
    def root(self) -> Path:
        """Its root file system, but for ``/opt``."""
        return self.folder / "root"

    @property
    def opt(self) -> Path:
        """What is its ``/opt``."""
        return self.folder / "opt"

    def container(self, folder: Path, **limits: Any) -> Container:
        """A container of it, with its own files in ``folder``."""
        container = Container(folder, root=self.root, **limits)
        container.mount(self.opt, Path("/opt"), writable=True)
        return container


@contextmanager
def built(bundle: Path, system: System = UBUNTU, **settings: str) -> Iterator[Image]:
    """The image of a gradescope.zip, built as its Dockerfile says.

    Raises:
        NoSystem: there is nothing to start from.
        BuildFailed: an instruction failed.
    """
    start = base_system(system)
    UV_CACHE.mkdir(parents=True, exist_ok=True)
    # In the packages' cache, so that uv can link: 14,000 files and gigabytes need not be copied.
    with tempfile.TemporaryDirectory(dir=UV_CACHE, prefix="image-") as name:
        folder = Path(name)
        subprocess.run(["cp", "-a", "--reflink=auto", start, folder / "root"], check=True)
        folder.chmod(0o711)  # the sandbox's user has to pass
        (folder / "opt").mkdir()
        unpack(bundle, folder / "bundle")
        opt = folder / "root" / "opt"
        opt.rmdir()
        opt.symlink_to(MOUNTED / folder.name / "opt")
        log = "".join(_carried_out(folder / "bundle", folder, settings))
        opt.unlink()
        opt.mkdir()
        yield Image(folder, log)


def _carried_out(bundle: Path, folder: Path, settings: dict[str, str]) -> Iterator[str]:
    """Follow the Dockerfile; yields what the commands print."""
    container = Container(folder / "build", root=folder / "root", network=True)
    container.mount(UV_CACHE, MOUNTED, writable=True)
    reached = _show_network(container, folder / "root")
    environment = {"TORCH_BACKEND": "", **reached, "UV_CACHE_DIR": str(MOUNTED), **settings}
    for line in (bundle / "Dockerfile").read_text(encoding="utf-8").splitlines():
        instruction, _, rest = line.partition(" ")
        if instruction == "COPY":
            source, target = rest.split()
            shutil.copytree(bundle / source, folder / "root" / Path(target).relative_to("/"))
        elif instruction == "RUN":
            done = container.run("bash", "-c", rest, timeout=900, **environment)
            yield done.stdout + done.stderr
            if done.returncode:
                raise BuildFailed(done.stdout[-3000:] + done.stderr[-3000:])
        else:
            assert instruction in {"", "#", "ARG", "FROM"}, line
