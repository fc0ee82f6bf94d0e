"""make bench: what the hypervisor costs, in emulator ticks (1 tick = 1 instruction), and what the proof costs."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from rig import BUILD, EVK, OUT, ROOT, boot, bochs, hypervisor, image, linux, need, Bad, Fail  # noqa: E402

N = 2000
LIMITS = {"direct": 1.02, "core": 1.10}


def bare_lines(name, kernel, line, modules):
    directory = os.path.join(OUT, name)
    os.makedirs(directory, exist_ok=True)
    return bochs.run(directory, image.ram(directory, 256, kernel, line, modules, show=True), bare=1)


def loops(text):
    found = {k: int(t) / int(n) for k, n, t in re.findall(r"^BENCH (\S+) n=(\d+) ticks=(\d+)", text, re.M)}
    need(len(found) == 3, "the event kernel's benchmark did not finish")
    return found


def kernel_loops():
    """Ticks of one round of each loop, by way of running; re-injections of each."""
    line = "bench=%d" % N
    rows = {"bare": loops(bare_lines("bench-evk-bare", EVK, line, []).com1)}
    counts = {}
    for name, args in (("direct", "events=direct"), ("core", "events=core"),
                       ("core+evict", "events=core evict=900000000")):
        run = boot("bench-evk-" + name, hypervisor(), args, [(EVK, line)], limit=60, silence=20)
        rows[name] = loops(run.console)
        counts[name] = run.report.reinjected()
    return rows, counts


def tsc(text, what):
    found = re.search(r"^EVT %s.*tsc=(\d+)" % what, text, re.M)
    need(found, "Linux did not reach the event program")
    return int(found.group(1))


def linux_boot():
    """Ticks from the kernel's entry to the first line of the event program."""
    kernel, line, modules = linux.default("", "1")
    rows, result = {}, bare_lines("bench-linux-bare", kernel, line, [(m, "") for m in modules])
    entry = re.search(r"BARE tsc=([0-9A-F]+)", "\n".join(result.e9))
    need(entry, "the loader did not tell the time of entry")
    rows["bare"] = tsc(result.com1, "start") - int(entry.group(1), 16)
    for mode in LIMITS:
        run = boot("bench-linux-" + mode, hypervisor(), "events=" + mode, [(kernel, line)] + [(m, "") for m in modules])
        rows[mode] = tsc(run.console, "start") - run.report.ticks.get("launch", 0)
    return rows


def lines_of(*folders):
    """Lines of C that are neither blank nor comment (contracts are comments)."""
    total = 0
    for folder in folders:
        for where, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith((".c", ".h", ".S")) and "test" not in os.path.relpath(where, ROOT).split(os.sep):
                    with open(os.path.join(where, name), encoding="utf-8") as f:
                        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", f.read(), flags=re.S)
                    total += sum(1 for l in text.splitlines() if l.strip())
    return total


def proof():
    for path in (os.path.join(BUILD, "prove", "results.json"), os.path.join(ROOT, "proofs", "results.json")):
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                total = json.load(f)["total"]
            print("proof: %d of %d goals, %d functions, %.0f s of work on one processor when cold (%s)" %
                  (total["proved"], total["goals"], total["functions"], total["seconds"], os.path.relpath(path, ROOT)))
            break
    else:
        print("proof: no results are here; 'make prove COLD=1' makes them")
    print("lines of code: %d proven (core/), %d trusted (vendor/vmx, vendor/common, harness/hv)" %
          (lines_of("core"), lines_of("vendor/vmx", "vendor/common", "harness/hv")))


def main():
    rows, counts = kernel_loops()
    print("ticks a round           bare     direct       core   core, each delivery interrupted")
    for kind in ("cpuid", "interrupt", "exception"):
        print("%-18s %9.0f  %9.0f  %9.0f  %9.0f" % ((kind,) + tuple(rows[r][kind] for r in rows)))
    print("a CPUID exit        %6.0f ticks" % (rows["direct"]["cpuid"] - rows["bare"]["cpuid"]))
    print("an injected interrupt %4.0f ticks (exit, acknowledge, injection)" %
          (rows["core"]["interrupt"] - rows["bare"]["interrupt"]))
    extra = sum(rows["core+evict"][k] - rows["core"][k] for k in ("interrupt", "exception")) * N
    print("a re-injection      %6.0f ticks (EPT violation, mapping, re-injection; %d of them)" %
          (extra / max(1, counts["core+evict"]), counts["core+evict"]))
    ticks, status = linux_boot(), 0
    print("Linux boot, bare    %d ticks" % ticks["bare"])
    for mode, limit in LIMITS.items():
        ratio = ticks[mode] / ticks["bare"]
        good = ratio <= limit
        status |= not good
        print("Linux boot, %-7s %d ticks: %.4f of bare, at most %.2f: %s" %
              (mode, ticks[mode], ratio, limit, "holds" if good else "does NOT hold"))
    proof()
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Bad, Fail) as e:
        sys.exit("bench: %s" % e)
