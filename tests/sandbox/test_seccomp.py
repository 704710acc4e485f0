"""The filter of system calls: its program, run by an interpreter here, and in a real worker."""

from __future__ import annotations

import errno
import os
import re
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import examples, needs_root
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sandbox import BOUNDS, Sandbox, attack, opened, sandbox, shared

from autograder.sandbox import lockdown, same_user, seccomp
from autograder.sandbox.requests import WorkerStopped
from autograder.sandbox.seccomp import (
    ALLOW,
    CONDITIONAL,
    KILL,
    MACHINES,
    MISSING,
    REFUSE,
    Instruction,
    Machine,
    program,
)

__all__ = ["sandbox", "shared"]  # fixtures

SECCOMP = next(each for each in lockdown.LAYERS if each.name == "seccomp")

needs_filter = pytest.mark.skipif(not seccomp.available(), reason="no filter for this machine")
x86_only = pytest.mark.skipif(seccomp.this_machine() is not MACHINES["x86_64"], reason="x86-64")

# --- the program ----------------------------------------------------------------------------------


def verdict_of(steps: list[Instruction], audit: int, number: int, args: list[int]) -> int:
    """What the program returns for a call: an interpreter of the few steps that it uses."""
    data = struct.pack("=IIQ6Q", number, audit, 0, *args)
    place = accumulator = 0
    while True:
        step = steps[place]
        place += 1
        match step.code:
            case 0x20:  # BPF_LD | BPF_W | BPF_ABS
                assert step.value % 4 == 0
                (accumulator,) = struct.unpack_from("=I", data, step.value)
            case 0x54:  # BPF_ALU | BPF_AND | BPF_K
                accumulator &= step.value
            case 0x15:  # BPF_JMP | BPF_JEQ | BPF_K
                place += step.if_true if accumulator == step.value else step.if_false
            case 0x35:  # BPF_JMP | BPF_JGE | BPF_K
                place += step.if_true if accumulator >= step.value else step.if_false
            case 0x05:  # BPF_JMP | BPF_JA
                place += step.value
            case 0x06:  # BPF_RET | BPF_K
                return step.value
            case _:
                raise AssertionError(f"the kernel knows no step {step.code:#x}")


def expected(machine: Machine, audit: int, number: int, args: list[int]) -> int:
    """The same by the tables alone."""
    if audit != machine.audit or (machine.has_x32 and number >= 1 << 30):
        return KILL
    name = {number: name for name, number in machine.numbers.items()}.get(number)
    if name is None:
        return ALLOW
    if name in MISSING:
        return MISSING[name]
    holds = name in CONDITIONAL and all(
        ((args[c.argument] & 0xFFFF_FFFF & c.mask) in c.values) is c.among
        for c in CONDITIONAL[name]
    )
    return ALLOW if holds else REFUSE


MACHINE = st.sampled_from(list(MACHINES.values()))
PROGRAMS = {machine.audit: program(machine) for machine in MACHINES.values()}
SPECIAL = [
    value
    for conditions in CONDITIONAL.values()
    for condition in conditions
    for value in (condition.mask, *condition.values)
]
ARGUMENT = st.one_of(
    st.sampled_from(SPECIAL),
    st.integers(0, 32),
    st.integers(0, 63).map(lambda bit: 1 << bit),
    st.sampled_from(SPECIAL).map(lambda value: value | 1 << 40),
    st.integers(0, 2**64 - 1),
)


@st.composite
def calls(draw: Any) -> tuple[Machine, int, int, list[int]]:
    machine = draw(MACHINE)
    number = draw(
        st.one_of(
            st.sampled_from(list(machine.numbers.values())),
            st.sampled_from([machine.numbers[name] for name in CONDITIONAL]),
            st.integers(0, 500),
            st.integers(0, 2**32 - 1),
        )
    )
    audits = [*([machine.audit] * 8), *(m.audit for m in MACHINES.values()), 0x4000_0003, 0]
    args = draw(st.lists(ARGUMENT, min_size=6, max_size=6))
    return machine, draw(st.sampled_from(audits)), number, args


@settings(max_examples=examples(600))
@given(calls())
def test_the_program_says_what_the_tables_say(call: tuple[Machine, int, int, list[int]]) -> None:
    machine, audit, number, args = call
    found = verdict_of(PROGRAMS[machine.audit], audit, number, args)
    assert found == expected(machine, audit, number, args)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_number_once_through(machine: Machine) -> None:
    steps = PROGRAMS[machine.audit]
    for number in range(600):
        for args in ([0] * 6, [1, 1, 0, 0, 0, 0], [2**64 - 1] * 6):
            found = verdict_of(steps, machine.audit, number, args)
            assert found == expected(machine, machine.audit, number, args)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_the_kernel_takes_programs_of_this_form(machine: Machine) -> None:
    steps = PROGRAMS[machine.audit]
    assert len(steps) <= 4096
    assert len(seccomp.assembled(steps)) == 8 * len(steps)
    assert steps[-1].code == seccomp.RETURN
    for place, step in enumerate(steps):
        furthest = step.value if step.code == seccomp.JUMP else max(step.if_true, step.if_false)
        assert max(step.if_true, step.if_false) < 256
        if step.code != seccomp.RETURN:
            assert place + 1 + furthest < len(steps)


HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}


@pytest.mark.parametrize("name", MACHINES)
def test_the_numbers_are_the_kernels(name: str) -> None:
    file = next((Path(path) for path in HEADERS[name] if Path(path).exists()), None)
    if file is None:
        pytest.skip("the kernel's headers are not installed")
    text = file.read_text(encoding="utf-8")
    theirs = {
        call: int(number)
        for call, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s", text)
        if call not in ("syscalls", "arch_specific_syscall")
    }
    column = list(MACHINES).index(name)
    more = {**same_user.REFUSED, **same_user.ABOUT_ONESELF, **same_user.SIGNALS}
    numbers = {call: row[column] for call, row in more.items() if row[column] is not None}
    ours = {**MACHINES[name].numbers, **numbers}
    assert len(set(ours.values())) == len(ours)
    known = {call: number for call, number in ours.items() if call in theirs}
    assert known == {call: theirs[call] for call in known}
    newest = max(theirs.values())
    assert {call for call in ours if call not in theirs} <= {
        call for call, number in ours.items() if number > newest
    }


def test_another_machine_has_no_filter_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp.platform, "machine", lambda: "riscv64")
    assert seccomp.this_machine() is None
    monkeypatch.setattr(seccomp, "_STEPS", b"")
    assert not seccomp.available()
    SECCOMP.step(lockdown.Confinement(None, "/nothing", 1, 1, 1))
    assert not SECCOMP.holds()


@needs_filter
def test_a_process_with_threads_is_not_locked_down() -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="threads"):
            seccomp.restrict()
    finally:
        end.set()
        thread.join()


REFUSED_PROGRAM = """
import struct
import subprocess
import sys
from autograder.sandbox import seccomp
seccomp._STEPS = struct.pack("=HBBI", 0xFF, 0, 0, 0)
try:
    seccomp.restrict()
except OSError as error:
    print(error)
"""


@needs_filter
def test_what_the_kernel_refuses_is_an_error() -> None:
    """In a process of its own, without threads."""
    command = [sys.executable, "-I", "-c", REFUSED_PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the filter of system calls" in done.stdout


# --- in a worker ----------------------------------------------------------------------------------

CALL = """
    import ctypes
    def attack(numbers):
        libc = ctypes.CDLL(None, use_errno=True)
        found = {}
        for name, number in numbers.items():
            ctypes.set_errno(0)
            bad = ctypes.c_long(-1)
            libc.syscall(ctypes.c_long(number), bad, bad, bad, bad, bad, bad)
            found[name] = ctypes.get_errno()
        return found
"""
#: Calls that a user without rights may make, so that their refusal is the filter's alone. With
#: arguments that are wrong they fail by another number.
ANYBODYS = (
    *("connect", "ptrace", "kcmp", "unshare", "name_to_handle_at"),
    *("add_key", "request_key", "keyctl", "shmget", "shmat", "semget", "msgget", "msgrcv"),
    *("mq_open", "set_mempolicy", "move_pages", "modify_ldt"),
)


@pytest.fixture(scope="module")
def machine() -> Machine:
    found = seccomp.this_machine()
    if found is None:
        pytest.skip("no filter for this machine")
    return found


@needs_root
@needs_filter
class TestInAWorker:
    def test_refused_calls(self, sandbox: Sandbox, machine: Machine) -> None:
        names = [name for name in seccomp.REFUSED if name in machine.numbers]
        numbers = {name: machine.numbers[name] for name in names}
        assert attack(sandbox, CALL, numbers) == dict.fromkeys(names, errno.EPERM)
        free = attack(sandbox, CALL, numbers, without={"seccomp", "landlock"})
        absent = {name for name, number in free.items() if number == errno.ENOSYS}
        allowed = {name for name, number in free.items() if number != errno.EPERM}
        assert allowed - absent >= {name for name in ANYBODYS if name in names} - absent
        assert len(allowed - absent) > 20

    def test_clone3_is_unknown(self, sandbox: Sandbox, machine: Machine) -> None:
        numbers = {"clone3": machine.numbers["clone3"]}
        assert attack(sandbox, CALL, numbers) == {"clone3": errno.ENOSYS}
        free = attack(sandbox, CALL, numbers, without={"seccomp"})["clone3"]
        assert free in (errno.EINVAL, errno.E2BIG, errno.EFAULT)

    def test_sockets(self, sandbox: Sandbox) -> None:
        source = """
            import socket
            def attack(makers):
                made = []
                for maker, family, kind in makers:
                    try:
                        result = getattr(socket, maker)(family, kind)
                        for end in result if isinstance(result, tuple) else [result]:
                            end.close()
                        made.append((maker, family, kind))
                    except PermissionError:
                        pass
                return made
        """
        unix, stream = int(socket.AF_UNIX), int(socket.SOCK_STREAM)
        datagram, packets = int(socket.SOCK_DGRAM), int(socket.SOCK_SEQPACKET)
        good = [("socket", unix, stream), ("socket", unix, packets), ("socketpair", unix, stream)]
        bad = [
            ("socket", int(socket.AF_INET), stream),
            ("socket", int(socket.AF_INET), datagram),
            ("socket", int(socket.AF_INET6), stream),
            ("socket", int(socket.AF_NETLINK), int(socket.SOCK_RAW)),
            ("socket", unix, datagram),  # to the system's log
            ("socketpair", unix, datagram),
        ]
        assert attack(sandbox, source, [*good, *bad]) == good
        assert attack(sandbox, source, [*good, *bad], without={"seccomp"}) == [*good, *bad]

    def test_no_service_behind_a_socket_is_reached(self, sandbox: Sandbox, tmp_path: Path) -> None:
        """As a container's engine or a desktop's bus would be; Landlock does not look at these."""
        tmp_path.chmod(0o755)
        source = """
            import socket
            def attack(path):
                try:
                    socket.socket(socket.AF_UNIX).connect(path)
                    return True
                except PermissionError:
                    return False
        """
        path = str(tmp_path / "service")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            Path(path).chmod(0o777)
            assert attack(sandbox, source, path, without={"seccomp"}) is True
            assert attack(sandbox, source, path) is False

    def test_new_namespaces(self, sandbox: Sandbox, machine: Machine) -> None:
        source = """
            import ctypes, os
            def attack(clone, flags):
                libc = ctypes.CDLL(None, use_errno=True)
                made = []
                for flag in flags:
                    child = libc.syscall(clone, ctypes.c_long(flag | 17), 0, 0, 0, 0)  # SIGCHLD
                    if child == 0:
                        os._exit(0)
                    if child > 0:
                        os.waitpid(child, 0)
                        made.append(flag)
                    elif ctypes.get_errno() != 1:
                        made.append(-ctypes.get_errno())
                return made
        """
        user = 0x1000_0000
        flags = [0, user, *(user | 1 << bit for bit in (17, 25, 26, 27, 29, 30))]
        clone = machine.numbers["clone"]
        assert attack(sandbox, source, clone, flags) == [0]
        free = attack(sandbox, source, clone, flags, without={"seccomp", "landlock"})
        assert free[0] == 0
        if not Path("/proc/sys/kernel/unprivileged_userns_clone").exists() and len(free) == 1:
            pytest.skip("this kernel gives no namespaces to users")

    def test_processes_and_threads_are_made_as_ever(self, sandbox: Sandbox) -> None:
        source = """
            import os, subprocess, sys, threading
            def attack():
                threads = [threading.Thread(target=done.append, args=[1]) for done in [[]] * 3]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                child = os.fork()
                if child == 0:
                    os._exit(7)
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                program = subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True)
                return status, program.stdout
        """
        assert attack(sandbox, source) == (7, b"1\n")

    def test_requests_to_devices_and_files(self, sandbox: Sandbox) -> None:
        source = """
            import fcntl
            def attack(requests):
                found = []
                for request in requests:
                    try:
                        fcntl.ioctl(3, request, b"x" * 8)
                        found.append(0)
                    except OSError as error:
                        found.append(error.errno)
                return found
        """
        refused = {
            "TIOCSTI": 0x5412,
            "TIOCLINUX": 0x541C,
            "FIOSETOWN": 0x8901,
            "SIOCSPGRP": 0x8902,
            "FIOASYNC": 0x5452,
            "FS_IOC_SETFLAGS": 0x4008_6602,
            "FS_IOC_RESVSP": 0x4030_5828,
        }
        fionread = 0x541B
        found = attack(sandbox, source, [*refused.values(), fionread])
        assert found == [*[errno.EPERM] * len(refused), 0]
        free = attack(sandbox, source, [*refused.values(), fionread], without={"seccomp"})
        assert errno.EPERM not in free

    def test_personality(self, sandbox: Sandbox) -> None:
        source = """
            import ctypes
            def attack(kinds):
                libc = ctypes.CDLL(None)
                return [libc.personality(ctypes.c_ulong(kind)) >= 0 for kind in kinds]
        """
        kinds = [0, 0xFFFF_FFFF, 0x0040_0000, 0x0000_0008]  # ADDR_NO_RANDOMIZE, PER_LINUX32
        assert attack(sandbox, source, kinds) == [True, True, False, False]
        assert attack(sandbox, source, kinds, without={"seccomp"}) == [True] * 4

    MACHINE_CODE = """
        import ctypes, mmap
        def attack(code):
            flags, protection = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ
            protection |= mmap.PROT_WRITE | mmap.PROT_EXEC
            page = mmap.mmap(-1, 4096, flags, protection)
            page.write(code)
            address = ctypes.addressof(ctypes.c_char.from_buffer(page))
            return ctypes.CFUNCTYPE(ctypes.c_int)(address)() > 0
    """

    @x86_only
    def test_calls_of_a_32_bit_machine(self, sandbox: Sandbox) -> None:
        code = bytes.fromhex("b8 14 00 00 00  cd 80  c3")  # mov eax, 20 (getpid); int 0x80; ret
        try:
            assert attack(sandbox, self.MACHINE_CODE, code, without={"seccomp"}) is True
        except WorkerStopped:
            pytest.skip("this kernel has no such calls")
        with pytest.raises(WorkerStopped, match="does not belong to this machine"):
            attack(sandbox, self.MACHINE_CODE, code)

    @x86_only
    def test_calls_of_x32(self, sandbox: Sandbox) -> None:
        source = """
            import ctypes
            def attack(number):
                ctypes.CDLL(None).syscall(ctypes.c_long(number))
                return True
        """
        number = seccomp.X32 | 39  # getpid
        assert attack(sandbox, source, number, without={"seccomp"}) is True
        with pytest.raises(WorkerStopped, match="does not belong to this machine"):
            attack(sandbox, source, number)

    def test_a_program_of_its_own_is_under_it_too(self, sandbox: Sandbox) -> None:
        source = """
            import subprocess, sys
            def attack():
                command = [sys.executable, "-c", "import socket; socket.socket()"]
                return subprocess.run(command, capture_output=True).returncode
        """
        assert attack(sandbox, source, without={"seccomp"}) == 0
        assert attack(sandbox, source) == 1

    def test_the_floor_alone(self, sandbox: Sandbox) -> None:
        """As on an old kernel, and with all else switched off too."""
        floor = lockdown.required(lockdown.Grading.ROOT)
        without = frozenset(lockdown.NAMES) - floor - {"scratch"}  # the self-test writes there
        worker = sandbox.worker(bounds=replace(BOUNDS, leave_out=without))
        assert worker.active == floor | {"scratch"}
        worker.self_test()
        worker.close()


@needs_filter
def test_the_probe_is_not_content_with_a_filter_from_outside() -> None:
    """As a container has, which refuses some calls and knows nothing of ours."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            allow_all = struct.pack("=HBBI", seccomp.RETURN, 0, 0, ALLOW)
            seccomp._STEPS = allow_all
            seccomp.LIBC.prctl(lockdown.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            seccomp.restrict()
            status = 0 if seccomp.in_force() and not SECCOMP.holds() else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@needs_root
@needs_filter
def test_a_plain_user_gets_it_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    with opened(tmp_path_factory, user=30_001) as sandbox:
        worker = sandbox.worker()
        worker.close()
        assert "seccomp" in worker.active
