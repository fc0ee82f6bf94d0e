# SPDX-License-Identifier: BSD-2-Clause
"""A shadow copy of the tree, in which a text of core/ can be changed and then compiled, proved and tested; and the probe
that the changed text is really what is read."""
import os
import shutil
import signal
import subprocess

import csrc
import options
import wrong

PARTS = ("core", "spec", "vendor", "proofs", "harness", "tests", "Makefile")
STAMPS = ("deps.stamp", "deps-tests.stamp")


class Shadow:
    def __init__(self, root):
        self.root, self.probed = root, set()
        copy_tree(root)

    def full(self, path):
        return os.path.join(self.root, path)

    def write(self, path, text):
        with open(self.full(path), "w", encoding="utf-8") as f:
            f.write(text)

    def change(self, path, text):
        """Put `text` in place of a file of core/, once it is known that this is what compiler and prover read."""
        if path not in self.probed:
            if not wrong.probe(self.root, os.path.relpath(path, "core")):
                raise csrc.GateError(f"{path}: the shadow copy is not what is read")
            self.probed.add(path)
        self.write(path, text)

    def restore(self, path):
        """The original text; touched, so that make sees it."""
        with open(os.path.join(options.ROOT, path), encoding="utf-8") as f:
            self.write(path, f.read())

    def compiles(self, path):
        """None, or the compiler's first complaint."""
        return wrong.compiles(self.root, os.path.relpath(path, "core"))


def copy_tree(root):
    """Only what differs is written, and what is gone is removed, so that make rebuilds little."""
    real = os.path.realpath(root)
    if real == options.ROOT or options.ROOT.startswith(real + os.sep):
        raise csrc.GateError(f"refusing to write over the tree itself: {root}")
    wanted = set()
    for part in PARTS:
        top = os.path.join(options.ROOT, part)
        for where, folders, files in os.walk(top) if os.path.isdir(top) else []:
            folders[:] = [d for d in folders if d not in ("__pycache__", "build")]
            wanted |= {os.path.relpath(os.path.join(where, f), options.ROOT) for f in files}
        if os.path.isfile(top):
            wanted.add(part)
    for part in PARTS:
        for where, _, files in os.walk(os.path.join(root, part)):
            for f in files:
                if os.path.relpath(os.path.join(where, f), root) not in wanted:
                    os.remove(os.path.join(where, f))
    for path in sorted(wanted):
        copy_file(os.path.join(options.ROOT, path), os.path.join(root, path))
    os.makedirs(os.path.join(root, "build"), exist_ok=True)
    for stamp in STAMPS:  # the tools are installed: make need not ask again
        open(os.path.join(root, "build", stamp), "a", encoding="utf-8").close()


def copy_file(source, target):
    with open(source, "rb") as f:
        new = f.read()
    try:
        with open(target, "rb") as f:
            if f.read() == new:
                return
    except OSError:
        os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as f:
        f.write(new)
    shutil.copymode(source, target)


def make(root, *args, timeout=None):
    """(exit status, output) of make in a shadow. After `timeout` seconds all of it is ended; then the status is the seconds
    of CPU that it took, negative: a machine that is busy is no endless loop."""
    return run(root, ["make", "--no-print-directory", *args], timeout)


def run(root, cmd, timeout=None, **more):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PN_ROOT", "PN_OUT")}
    env.update({"CK_TIMEOUT_MULTIPLIER": "10", **more})  # Check counts by the clock
    proc = subprocess.Popen(cmd, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors="replace", start_new_session=True)
    try:
        out = proc.communicate(timeout=timeout)[0]
        return proc.returncode, out
    except subprocess.TimeoutExpired:
        spent = sum(cpu(pid) for pid in session(proc.pid))
        end_session(proc.pid)
        return -1 - int(spent), proc.communicate()[0]


def session(leader):
    """Every process of a session that we started: Check puts its tests into groups of their own."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(entry)) == leader:
                yield int(entry)
        except (ProcessLookupError, PermissionError):
            pass


def cpu(pid):
    """Seconds of CPU of a process and of its children that have ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return sum(int(x) for x in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0


def end_session(leader):
    for pid in session(leader):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
