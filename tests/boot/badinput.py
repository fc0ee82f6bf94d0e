"""Bad input: each must give one clear line and an end that is no success."""
import os
import struct
import subprocess
import sys

from rig import BUILD, EVK, OUT, ROOT, boot, hypervisor, need, packages


def elf(name, segments, entry):
    """A tiny multiboot1 ELF32 with the given (address, memory size) segments."""
    code = struct.pack("<III", 0x1BADB002, 0, -0x1BADB002 & 0xffffffff) + b"\xf4" * 52
    head = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, entry, 52, 0, 0, 52, 32,
                                                          len(segments), 0, 0, 0)
    place = 52 + 32 * len(segments)
    table = b"".join(struct.pack("<IIIIIIII", 1, place, a, a, len(code), size, 7, 16) for a, size in segments)
    path = os.path.join(OUT, "input", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(head + table + code)
    return path


def text_file():
    path = os.path.join(OUT, "input", "text")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(b"this is no kernel\n" * 300)
    return path


def machine(words, hvargs="events=core", modules=None, **more):
    """A boot that must end in one PN! line with all the words."""
    def body(name):
        mods = modules() if modules else [(EVK, "rounds=1")]
        return "(%s)" % boot(name, hypervisor(), hvargs, mods, limit=30, silence=15, **more).error(*words)
    return body


def command(words, *argv):
    """A call of the runner that must end with one clear line."""
    def body(_):
        done = subprocess.run([sys.executable, os.path.join(ROOT, "harness", "run", "run.py"), *argv], cwd=BUILD,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        text = done.stderr.decode()
        need(done.returncode != 0, "it ended as a success")
        need(text.count("\n") == 1 and text.startswith("error: "), "it said: %s" % text[-300:])
        need(all(w in text for w in words), "it said: %s" % text.strip())
        return "(%s)" % text.strip()
    return body


def no_package(_):
    try:
        packages.fetch("provenest-no-such-package")
    except packages.Fail as e:
        need("can't be fetched" in str(e), "it said: %s" % e)
        return
    need(False, "a package that does not exist was fetched")


def no_dependency(_):
    """deps.sh with a package name that nobody has."""
    script = os.path.join(ROOT, "harness", "run", "deps.sh")
    done = subprocess.run([script, os.path.join(OUT, "no.stamp")], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, PN_MORE_PACKAGES="provenest-no-such-package"), check=False)
    text = done.stderr.decode()
    need(done.returncode != 0 and text.count("\n") == 1 and "can't be fetched" in text, "it said: %s" % text[-300:])


def cases():
    far = lambda: [(elf("far", [(0x40000000, 64)], 0x4000000c), "")]                     # noqa: E731
    on_us = lambda: [(elf("on-us", [(0x0d000000, 64)], 0x0d00000c), "")]                 # noqa: E731
    huge = lambda: [(elf("huge", [(0x400000, 0xf0000000)], 0x40000c), "")]               # noqa: E731
    overlap = lambda: [(elf("overlap", [(0x400000, 64), (0x400010, 64)], 0x40000c), "")]  # noqa: E731
    yield "bad input: no VMX (an AMD processor)", machine(["VMX"], cpu="ryzen")
    yield "bad input: no VMX (an old Intel processor)", machine(["VMX|64-bit|long mode"], cpu="atom")
    yield "bad input: no EPT", machine(["EPT"], cpu="penryn")
    yield "bad input: no unrestricted guest", machine(["unrestricted"], cpu="lynnfield")
    yield "bad input: two processors", machine(["processor"], count=2)
    yield "bad input: too little memory", machine(["memory"], mem=64)
    yield "bad input: no L1 module", machine(["L1|module"], modules=lambda: [])
    yield "bad input: the module is no kernel", machine(["kernel"], modules=lambda: [(text_file(), "")])
    yield "bad input: an ELF outside memory", machine(["memory"], modules=far)
    yield "bad input: an ELF larger than memory", machine(["memory"], modules=huge)
    yield "bad input: an ELF over the hypervisor", machine(["memory|overlap"], modules=on_us)
    yield "bad input: an ELF whose segments overlap", machine(["overlap"], modules=overlap)
    yield "bad input: an unknown option", machine(["unknown", "colour=red"], hvargs="colour=red")
    yield "bad input: a malformed option", machine(["malformed", "events=maybe"], hvargs="events=maybe")
    yield "bad input: a malformed number", machine(["malformed", "evict=12x"], hvargs="evict=12x")
    yield "bad input: make run with an L1 that is not there", command(["does not exist"], "--l1", "/no/such/file")
    yield "bad input: make run with an L1 that is no kernel", command(["is no kernel"], "--l1", os.path.join(ROOT, "Makefile"))
    yield "bad input: make run with an unknown CPU", command(["unknown CPU"], "--cpu", "z80")
    yield "bad input: make run with a bad MEM", command(["MEM"], "--mem", "lots")
    yield "bad input: a kernel package that can't be fetched", no_package
    yield "bad input: a build package that can't be fetched", no_dependency
