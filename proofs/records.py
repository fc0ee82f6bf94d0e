# SPDX-License-Identifier: BSD-2-Clause
"""The records of a run: results.json, manifest.txt, the lines of a failing run, and what each verdict rests on."""
import json
import os

import checks
import csrc
import digest
import options


def load_committed():
    try:
        with open(options.COMMITTED, encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        return None


def summary(results, digests, contexts):
    functions, goals, calls = [], [], digest.calls()
    for r in results:
        goals += r.goals
        label = r.job.function or ""
        parts = digests.get((r.job.path, label))
        good = sum(g["verdict"] == "valid" for g in r.goals)
        functions.append({"file": "headers" if r.job.canary else r.job.path, "function": label,
                          "goals": len(r.goals), "proved": good, "seconds": r.seconds,
                          "digest": digest.sha(parts) if parts else "", "parts": parts or {},
                          "calls": calls.get((r.job.path, label), [])})
    functions.sort(key=lambda f: (f["file"], f["function"]))
    goals.sort(key=lambda g: (g["file"], g["function"], g["goal"]))
    good = sum(g["verdict"] == "valid" for g in goals)
    out = {"tools": options.tool_versions(), "options": options.digest(),
           "total": {"goals": len(goals), "proved": good, "functions": sum(bool(f["function"]) for f in functions),
                     "seconds": round(sum(f["seconds"] for f in functions), 1)},
           "hypotheses": sorted({f"{r.job.path}: {h}" for r in results for h in r.hypotheses}),
           "contexts": dict(sorted(contexts.items())), "functions": functions, "goals": goals}
    out["digest"] = digest.overall(out)
    return out


def manifest_path():
    return os.path.join(options.ROOT, "proofs", "manifest.txt")


def read_manifest():
    rows = {}
    try:
        with open(manifest_path(), encoding="utf-8") as f:
            for line in f:
                cells = line.split()
                if len(cells) == 3 and not line.startswith("#"):
                    rows[(cells[0], cells[1])] = int(cells[2])
    except OSError:
        pass
    return rows


def write_manifest(results):
    with open(manifest_path(), "w", encoding="utf-8") as f:
        f.write("# How many goals each function has; fewer, or a function that is gone, fails. make update-proofs\n")
        for row in results["functions"]:
            f.write(f"{row['file']} {row['function'] or '-'} {row['goals']}\n")


def check_manifest(results, function, spared=()):
    """Goals by function against the manifest; of `spared` functions the smoke tests were not tried, and are not missed."""
    rows = read_manifest()
    if not rows:
        return [] if function else [("short manifest", "proofs/manifest.txt: missing or empty: make update-proofs")]
    now = {(f["file"], f["function"] or "-"): f["goals"] for f in results["functions"]}
    for g in (load_committed() or {"goals": []})["goals"] if spared else ():
        if g["kind"] == "smoke test" and (g["file"], g["function"]) in spared:
            now[(g["file"], g["function"])] += 1
    found = []
    for key, count in rows.items():
        if key not in now and not function:
            found.append(("fewer goals", f"{key[0]}: {key[1]}: in proofs/manifest.txt, not proved now"))
        elif key in now and now[key] < count:
            found.append(("fewer goals", f"{key[0]}: {key[1]}: {now[key]} goals, {count} in proofs/manifest.txt"))
    for key in now:
        if key not in rows and not function:
            found.append(("short manifest", f"{key[0]}: {key[1]}: not in proofs/manifest.txt: make update-proofs"))
    return found


def dump(value, path):
    """One line a record: results are read by people too, and diffed."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lines = []
    for key, v in value.items():
        if isinstance(v, list):
            rows = ",\n  ".join(json.dumps(x) for x in v)
            lines.append(f' "{key}": [\n  {rows}\n ]')
        else:
            lines.append(f' "{key}": {json.dumps(v)}')
    temp = f"{path}.{os.getpid()}"
    with open(temp, "w", encoding="utf-8") as f:
        f.write("{\n" + ",\n".join(lines) + "\n}\n")
    os.replace(temp, path)


def failures(results):
    """The lines a failing run ends with, those of goals first."""
    lines = []
    for r in sorted(results, key=lambda r: (r.job.path, r.job.label)):
        for g in r.goals:
            if g["verdict"] != "valid":
                lines.append(f"{g['file']}: {g['function'] or 'lemma'}: {g['goal']}: {g['verdict']}")
    for r in results:
        lines += checks.say(r.problems)
    return lines


def callees(functions, key):
    """The proven functions that `key` calls: one of its own file, or else the one of that name."""
    out = []
    for name in functions[key]:
        own = (key[0], name)
        out += [own] if own in functions else [k for k in functions if k[1] == name]
    return out


def tree_of(functions, key):
    """Everything that `key` calls, however far down; `functions` is (file, function) -> names it calls."""
    seen, todo = set(), [key]
    while todo:
        for callee in callees(functions, todo.pop()):
            if callee not in seen:
                seen.add(callee)
                todo.append(callee)
    return seen - {key}


def rests_on(results):
    """A verdict is worth what its call tree is worth: each proved function over one that is not, and all over the lemmas."""
    functions = {key: names for key, names in digest.calls().items()}
    good = {(r.job.path, r.job.function) for r in results if r.job.function and r.ok()}
    found = []
    for key in sorted(good):
        for low in sorted(tree_of(functions, key) - good):
            found.append(("rests on unproved", f"{key[0]}: {key[1]}: calls {low[1]} ({low[0]}), which is not proved"))
    for r in results:
        if not r.job.function and not r.ok():
            what = "the headers" if r.job.canary else r.job.path
            found.append(("rests on unproved", f"{len(good)} proved functions: the lemmas of {what} are not proved"))
    return found
