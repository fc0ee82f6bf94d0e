# SPDX-License-Identifier: BSD-2-Clause
"""make tcb: what the proofs trust, generated, and compared with proofs/TRUST.json. Seconds, no solver.

usage: tcb.py [--update]"""
import difflib
import json
import os
import re
import subprocess
import sys

import acsl
import checks
import crosscheck
import csrc
import digest
import options
import records

LEDGER = "proofs/TRUST.json"
ROUND = 100  # lines of glue are rounded up, or every commit to the hypervisor would have to be accepted here
SECTION = re.compile(r"\b(SDM|APM|PPR|design|statistics)\b|((?:table|figure) [0-9A-Z]+-[0-9]+|[0-9]+(?:\.[0-9]+)+)")


# ---- What is assumed, read from the text ----

def reason(annotation):
    """(text after TRUST:, sections of the manuals it names)."""
    text = csrc.inner(annotation)
    at = text.find("TRUST:")
    if at < 0:
        return "", []
    lines = text[at + 6:].split("\n")
    said = [lines[0].strip()]
    for line in lines[1:]:
        if not line.strip().startswith("//"):
            break
        said.append(line.strip()[2:].strip())
    text, manual, cited = " ".join(said).strip(), "", []
    for m in SECTION.finditer(text):
        manual = m.group(1) or manual
        if m.group(1) in ("design", "statistics"):
            cited.append(manual)
        elif m.group(2):
            cited.append(f"{manual} {m.group(2)}".strip())
    return text, list(dict.fromkeys(cited))


def clause(c):
    head = " ".join(x for x in (c.mode, c.kind) if x)
    return f"{head} {c.name + ': ' if c.name else ''}{c.text()}"


def assumed():
    """Contracts without a body (seam, stubs of the clients), logic without a definition, axioms, the device's ghosts."""
    sources = options.core_sources() + options.client_sources()
    defined = {name for path in sources for name in csrc.unit(path, digest.FLAGS).defs}
    seam, stubs, logic, ghosts = {}, {}, {}, {}
    for path in sources:
        unit = csrc.unit(path, digest.FLAGS)
        for name in unit.names() - defined:
            f = unit.contract(name)
            if not f or f.ghost:
                continue
            said, cited = reason(f.contract.text)
            row = {"file": f.file, "trust": said, "manual": cited, "contract": [clause(c) for c in acsl.clauses(f.contract.text)]}
            (stubs if f.file.startswith("proofs/") else seam)[name] = row
        for item in unit.context:
            for tok in item:
                if tok.kind == "acsl":
                    logic.update(logic_of(tok))
        ghosts.update({name: where for name, where in unit.ghosts.items()})
    return {"seam": dict(sorted(seam.items())), "stubs of proof clients": dict(sorted(stubs.items())),
            "logic": dict(sorted(logic.items())), "device state": dict(sorted(ghosts.items()))}


def logic_of(tok):
    out, ws = {}, csrc.words(csrc.inner(tok.text))
    for d in acsl.definitions(tok.text, (tok.file, tok.line)):
        if d.body is None:
            params = ", ".join(" ".join(kind + [name]) for kind, name in d.params)
            reads = f" reads {', '.join(d.reads)}" if d.reads else ""
            out[d.name] = {"file": tok.file, "kind": f"{d.kind} without a body", "text": f"{d.name}({params}){reads}"}
    for i, w in enumerate(ws):
        if w == "axiom" and i + 2 < len(ws):
            end = acsl.definition_end(ws, i + 3)
            out[ws[i + 1]] = {"file": tok.file, "kind": "axiom", "text": acsl.spell(ws[i + 3:end]),
                              "trust": reason(tok.text)[0]}
    return out


# ---- What Frama-C says is assumed ----

def reported():
    """(functions whose contracts Frama-C considers valid without proof, axioms), over all proven files."""
    functions, axioms = set(), set()
    table = os.path.join(options.OUT, "tcb.csv")
    os.makedirs(options.OUT, exist_ok=True)
    for path in options.core_sources() + options.client_sources():
        if os.path.exists(table):
            os.remove(table)
        cmd = ([options.FRAMAC] + options.KERNEL + ["-cpp-extra-args=" + " ".join(options.INCLUDES), path]
               + ["-then", "-report", "-report-untried", "-report-csv", table])
        try:
            run = subprocess.run(cmd, cwd=options.ROOT, env=dict(os.environ, PWD=options.ROOT), capture_output=True, text=True)
        except OSError as e:
            raise csrc.GateError(f"tool missing: {options.FRAMAC}: {e.strerror}: apt-get install frama-c-base") from None
        if run.returncode or not os.path.exists(table):
            said = (run.stdout + run.stderr).strip().splitlines() or ["no output"]
            raise csrc.GateError(f"tool crash: {path}: {options.FRAMAC} ended with {run.returncode}: {said[-1]}")
        functions |= {r[3] for r in crosscheck.csv_rows(table)
                      if r[5] == "Considered valid" and "FRAMAC_SHARE" not in r[0] and "/frama-c" not in r[0]}
        axioms |= set(re.findall(r"(?m)^\[[^\]]*\] Axiom '?([\w]+)", run.stdout))
    return functions, axioms


def disagreements(now):
    """Does the text read here agree with what the tool read?"""
    functions, axioms = reported()
    mine = set(now["seam"]) | set(now["stubs of proof clients"])
    known = {name for name, row in now["logic"].items() if row["kind"] == "axiom"}
    proven = {name for path in options.core_sources() + options.client_sources()
              for name in csrc.unit(path, digest.FLAGS).defs}
    out = [f"{n}: Frama-C takes its contract for valid without proof, the gate did not see it"
           for n in functions - mine - proven]
    out += [f"{n}: listed as trusted, but Frama-C does not see its contract" for n in mine - functions]
    out += [f"{n}: an axiom that only one of the two sees" for n in axioms ^ known]
    return [("reports disagree", line) for line in sorted(out)]


# ---- What else is trusted: assembly, glue, tools ----

def code_lines(path):
    """Lines that are neither blank nor comment; annotations count."""
    with open(os.path.join(options.ROOT, path), encoding="utf-8") as f:
        text = re.sub(r"/\*[^@].*?\*/", "", f.read(), flags=re.S)
    mark = "#" if path.endswith(".py") else "//"
    return sum(bool(line.strip()) and not line.strip().startswith(mark) for line in text.split("\n"))


def product(*patterns):
    """Files that are no tests and no model of hardware."""
    return [p for p in options.files(*patterns) if "/test/" not in p and not p.startswith(("tests/", "build/", "vendor/model/"))]


def assembly():
    files = {p: {"lines": code_lines(p)} for p in product("**/*.S")}
    for path in product("vendor/**/*.[ch]", "harness/**/*.[ch]", "core/**/*.[ch]"):
        with open(os.path.join(options.ROOT, path), encoding="utf-8") as f:
            count = len(re.findall(r"\b(?:__asm__|asm)\b\s*(?:volatile|__volatile__)?\s*\(", f.read()))
        if count:
            files[path] = {"asm statements": count}
    return dict(sorted(files.items()))


def glue():
    """Lines of code by folder, rounded up."""
    out = {}
    for pattern in ("vendor/*/**/*.[ch]", "harness/hv/**/*.[ch]", "spec/**/*.h", "proofs/*.py"):
        for path in product(pattern):
            folder = "/".join(path.split("/")[:2]) if path.startswith(("vendor", "harness")) else path.split("/")[0]
            out[folder] = out.get(folder, 0) + code_lines(path)
    return {folder: f"at most {-(-n // ROUND) * ROUND} lines" for folder, n in sorted(out.items())}


TOOLS = {  # the part of each version that does not change within a Debian release
    "frama-c": (["frama-c", "-version"], r"^(\S+)"), "why3": (["why3", "--version"], r"version ([\d.]+)"),
    "z3": (["z3", "--version"], r"version ([\d.]+)"), "cvc4": (["cvc4", "--version"], r"version ([\d.]+)"),
    "gcc": (["gcc", "-dumpfullversion"], r"^([\d.]+)"), "bochs": (["dpkg-query", "-W", "bochs"], r"\t([\d.]+)"),
    "qemu": (["dpkg-query", "-W", "qemu-system-x86"], r":(\d+\.\d+)"),
}


def tools(committed):
    """Versions; a tool that is not installed here keeps the version in the ledger."""
    out = {}
    for name, (cmd, pattern) in TOOLS.items():
        try:
            run = subprocess.run(cmd, capture_output=True, text=True, timeout=60)
            m = re.search(pattern, run.stdout.strip())
        except OSError:
            m = None
        out[name] = m.group(1) if m else committed.get(name, "not installed")
    return out


# ---- The ledger ----

def load():
    try:
        with open(os.path.join(options.ROOT, LEDGER), encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def whole(committed):
    now = assumed()
    now["memory-model hypotheses of the last committed proof"] = (records.load_committed() or {}).get("hypotheses", [])
    now["relaxed options"] = {"by file": options.FILE_OPTIONS, "by function": options.FUNCTION_TIMEOUT,
                              "contracts that may repeat their body": options.MAY_REPEAT}
    now["assembly"], now["glue"], now["tools"] = assembly(), glue(), tools(committed.get("tools", {}))
    return now


def not_in_the_ledger():
    """For make prove: what is assumed and differs from the ledger."""
    committed, now = load(), assumed()
    if not committed:
        return [("not in the ledger", f"{LEDGER}: missing or unreadable: make update-tcb")]
    found = []
    for kind in ("seam", "stubs of proof clients", "logic"):
        old = committed.get(kind, {})
        for name in sorted(set(old) | set(now[kind])):
            if name not in now[kind]:
                found.append(f"{old[name]['file']}: {name}: in {LEDGER}, but gone: make update-tcb")
            elif old.get(name) != now[kind][name]:
                how = "not as it is" if name in old else "not"
                found.append(f"{now[kind][name]['file']}: {name}: trusted, but {how} in {LEDGER}: make update-tcb accepts it")
    return [("not in the ledger", line) for line in found]


def spell(value):
    return json.dumps(value, indent=1, sort_keys=False, ensure_ascii=False) + "\n"


def main():
    committed = load()
    try:
        now = whole(committed)
        lines = checks.say(disagreements(now))
    except csrc.GateError as e:
        print(f"gate: {e}")
        return 1
    if "--update" in sys.argv:
        with open(os.path.join(options.ROOT, LEDGER), "w", encoding="utf-8") as f:
            f.write(spell(now))
    else:
        diff = list(difflib.unified_diff(spell(committed).split("\n"), spell(now).split("\n"), LEDGER, "this tree", "", "", 2))
        if diff:
            print("\n".join(line.rstrip("\n") for line in diff))
            lines.append(checks.say([("not in the ledger", f"{LEDGER} differs from this tree (above): make update-tcb accepts "
                                      "it; read the difference first")])[0])
    print("\n".join(lines + [f"tcb: {len(now['seam'])} seam contracts, {len(now['stubs of proof clients'])} stubs, "
          f"{len(now['logic'])} logic functions without a body, {sum(r['kind'] == 'axiom' for r in now['logic'].values())} axioms, "
          f"{len(now['assembly'])} files with assembly: {'FAILED' if lines else 'as in ' + LEDGER}"]))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
