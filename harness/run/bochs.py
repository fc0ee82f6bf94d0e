"""One run of Bochs: its configuration, its output while it runs, and what is left when it ends.

Every setting is measured ground (facts/test-rig.md, section 1): the dummy sound, the terminal display with a known
TERM, -unlock, SIGKILL because SIGTERM is ignored in HLT, SIGINT first because it brings the debugger's post-mortem.
"""
import os
import re
import select
import signal
import subprocess
import time

from base import Fail, write

MODELS = {
    "ivy_bridge": "corei7_ivy_bridge_3770k", "haswell": "corei7_haswell_4770", "skylake_x": "corei7_skylake_x",
    "sandy_bridge": "corei7_sandy_bridge_2600k", "broadwell": "broadwell_ult", "arrandale": "corei5_arrandale_m520",
    "lynnfield": "corei5_lynnfield_750", "penryn": "core2_penryn_t9600", "icelake": "corei7_icelake_u",
    "tigerlake": "tigerlake", "k8": "athlon64_clawhammer", "ryzen": "ryzen", "atom": "atom_n270",
}
CONFIG = """\
plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, serial=1, iodebug=0
config_interface: textconfig
display_library: term
memory: host={mem}, guest={mem}
romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model={model}, count={count}, ips=50000000, reset_on_triple_fault={reset}, ignore_bad_msrs={bare}
clock: sync=none, time0=946684800
floppy_bootsig_check: disabled=1
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
pci: enabled=1, chipset=i440fx
vga: extension=vbe, update_freq=1
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
speaker: enabled=0
com1: enabled=1, mode=file, dev=com1.txt
port_e9_hack: enabled=1
log: bochs.log
logprefix: %t%e%d
panic: action=fatal
error: action={error}
info: action={info}
debug: action=ignore
magic_break: enabled=0
"""
POST_MORTEM = 'c\nregs\ncreg\nsreg\nshow "cpu0.VMX"\nquit\n'
NOISE = re.compile(r"^(=====|\s+Bochs x86 Emulator|\s+Built from|\s+Timestamp|\s+Compiled on|Next at t=|\(0\) \[|"
                   r"<bochs:|bx_dbg_read_linear|\(0\)\.\[|\(0\) Magic|\(0\) Breakpoint|\s*$)")


class Result:
    """What a run left: return code, lines of port 0xE9, text of COM1, seconds, final tick, whether it hung."""

    def __init__(self):
        self.rc, self.e9, self.com1, self.wall, self.ticks, self.hung, self.log = None, [], "", 0.0, None, None, ""


class Tail:
    """Lines of a growing byte stream, as they become whole."""

    def __init__(self, sink):
        self.rest, self.sink = "", sink

    def feed(self, data):
        self.rest += data.decode("latin-1")
        *lines, self.rest = self.rest.split("\n")
        for line in lines:
            self.sink(line.rstrip("\r"))

    def flush(self):
        if self.rest.strip():
            self.sink(self.rest)
        self.rest = ""


def model_of(name):
    if name in MODELS:
        return MODELS[name]
    if name in MODELS.values():
        return name
    raise Fail("unknown CPU model '%s'; known: %s" % (name, " ".join(MODELS)))


def configure(directory, boot, cpu, mem, count=1, log=False, reset=0, bare=0):
    level = "report" if log else "ignore"
    text = CONFIG.format(mem=mem, model=model_of(cpu), count=count, error=level, info=level, reset=reset,
                         bare=bare)
    write(os.path.join(directory, "bochsrc"), (text + "\n".join(boot) + "\n").encode())
    write(os.path.join(directory, "dbg.rc"), POST_MORTEM.encode())
    for stale in ("com1.txt", "bochs.log"):
        if os.path.exists(os.path.join(directory, stale)):
            os.unlink(os.path.join(directory, stale))


def start(directory):
    env = dict(os.environ, TERM="vt100")
    try:
        return subprocess.Popen(["bochs-bin", "-q", "-unlock", "-f", "bochsrc", "-rc", "dbg.rc"], cwd=directory, env=env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=open(os.path.join(directory, "stderr.txt"), "wb"), start_new_session=True)
    except FileNotFoundError:
        raise Fail("bochs-bin is missing; run 'make deps'") from None


def stop(process):
    """SIGINT brings the debugger, which runs the rest of dbg.rc; three seconds later SIGKILL."""
    process.send_signal(signal.SIGINT)
    end = time.monotonic() + 3
    text = b""
    while time.monotonic() < end and process.poll() is None:
        if select.select([process.stdout], [], [], 0.1)[0]:
            text += os.read(process.stdout.fileno(), 65536)
    if process.poll() is None:
        process.kill()
    process.wait()
    return text


def pump(process, com1_path, tails, limit, silence, idle):
    """Feed both channels until the emulator ends, or until it has been too long or too silent: then say why."""
    began = heard = told = time.monotonic()
    com1, fd, size = None, process.stdout.fileno(), [0]
    while True:
        ready = select.select([fd], [], [], 0.1)[0]
        data = os.read(fd, 65536) if ready else b""
        if com1 is None and os.path.exists(com1_path):
            com1 = open(com1_path, "rb")
        more = com1.read() if com1 else b""
        size[0] += len(data)
        if data or more:
            heard = told = time.monotonic()
        tails[0].feed(data)
        tails[1].feed(more)
        if ready and not data:
            process.wait()
            tails[1].feed(com1.read() if com1 else b"")
            return None
        now = time.monotonic()
        if idle and now - told >= 10:
            told = now
            idle(now - heard)
        if now - began > limit:
            return "the time limit of %d s is over" % limit
        if silence and now - heard > silence:
            return "silent for %d s" % silence
        if size[0] > 64 << 20:
            return "more than 64 MiB of output"


def last_tick(directory):
    """The tick of the emulator's last word; the log's prefix carries it."""
    try:
        with open(os.path.join(directory, "bochs.log"), "rb") as f:
            found = re.findall(rb"^(\d{8,})[a-z]", f.read()[-4096:], re.M)
    except FileNotFoundError:
        return None
    return int(found[-1]) if found else None


def timer_gap(result):
    """B11, a race in Bochs 2.7: its VMX preemption timer runs out in an STI shadow, the next instruction exits for its own
    reason, and the pending expiry is then taken in root mode: a panic of the emulator, at one tick in milliards."""
    return "VMEXIT not in VMX guest mode" in result.log


def another_evict(hvargs, attempt):
    """The same options with an eviction period a little off, so that the race does not meet again."""
    return re.sub(r"\bevict=(\d+)", lambda m: "evict=%d" % (int(m.group(1)) + 13 * attempt), hvargs)


def last_words(result):
    """Why the emulator says it ended."""
    found = [l for l in result.log.splitlines() if re.match(r"\[[A-Z0-9 ]+\] ", l)]
    return found[-1] if found else "no message"


def run(directory, boot, cpu="ivy_bridge", mem=256, limit=300, silence=0, sink=None, log=False, count=1, reset=0,
        bare=0):
    """Run to the end; bare=1 lets the emulator ignore unknown MSRs, which Linux needs. sink(channel, line) sees each line of 'e9' and 'com1' at once, and 'idle'."""
    os.makedirs(directory, exist_ok=True)
    configure(directory, boot, cpu, mem, count, log, reset, bare)
    result, began, console = Result(), time.monotonic(), []

    def e9(line):
        if NOISE.match(line):
            return
        result.e9.append(line)
        if sink:
            sink("e9", line)

    def com1(line):
        console.append(line)
        if sink:
            sink("com1", line)

    tails = (Tail(e9), Tail(com1))
    process = start(directory)
    try:
        result.hung = pump(process, os.path.join(directory, "com1.txt"), tails, limit, silence,
                           sink and (lambda seconds: sink("idle", "%.0f" % seconds)))
        if result.hung:
            post = stop(process)
            write(os.path.join(directory, "post-mortem.txt"), post)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
    for tail in tails:
        tail.flush()
    result.rc, result.wall, result.com1 = process.returncode, time.monotonic() - began, "\n".join(console)
    result.ticks = last_tick(directory)
    with open(os.path.join(directory, "stderr.txt"), "rb") as f:
        result.log = f.read()[-2000:].decode(errors="replace")
    return result
