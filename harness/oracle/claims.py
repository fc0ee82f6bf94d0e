# SPDX-License-Identifier: BSD-2-Clause
"""make claims: is each claim of spec/claims green? Its theorems proved with their whole call tree, its counterexamples found
by the model, its witnesses passed on the machines the page names.

A claim file is read for three kinds of tables, known by their first column: 'theorem' (file, function, properties), 'model'
(name, what), and 'case' (number, name, verdict, model, witness, seen on, ...)."""
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "proofs"), os.path.join(ROOT, "harness", "run")]

import check  # noqa: E402
import digest  # noqa: E402
import nested  # noqa: E402
import records  # noqa: E402
import witness  # noqa: E402
from base import BUILD, Fail, main  # noqa: E402

SHORT = {"bochs-ivy_bridge": "ivy", "bochs-skylake_x": "skx", "bochs-ryzen": "ryzen", "qemu-svm": "qemu",
         **{machine: short for machine, (short, _, _) in nested.MACHINES.items()}}
MODEL_LINE = re.compile(r"^MODEL (\S+) (passed|FAILED): ")
NOTHING = ("-", "")


def tables(path):
    """Each Markdown table as a list of rows, a row as {column: cell}."""
    found, head = [], None
    with open(path, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("|"):
                head = None
                continue
            cells = [c.strip().strip("`") for c in line.strip().strip("|").split("|")]
            if head is None:
                head = [c.lower() for c in cells]
                found.append([])
            elif not set(line) <= set("|-: \n"):
                if len(cells) != len(head):
                    raise Fail("%s: a row has %d cells, its table %d columns: %s" % (path, len(cells), len(head), line.strip()))
                found[-1].append(dict(zip(head, cells)))
    return [t for t in found if t]


def names(cell):
    return [w.strip("`") for w in re.split(r"[,\s]+", cell) if w.strip("`") not in NOTHING]


class Proofs:
    """The committed results, and whether they belong to this text."""

    def __init__(self):
        self.committed = records.load_committed()
        if not self.committed:
            raise Fail("proofs/results.json is missing or unreadable: make update-proofs")
        self.parts, contexts = digest.tree()
        self.calls = digest.calls()
        self.rows = {(f["file"], f["function"]): f for f in self.committed["functions"]}
        self.broken = check.consistent(self.committed)
        self.broken += ["%s changed since the proof" % n for n in contexts
                        if contexts[n] != self.committed["contexts"].get(n)]

    def function(self, key):
        row = self.rows.get(key)
        if key not in self.parts:
            return "there is no function %s in %s" % (key[1], key[0])
        if not row:
            return "%s is not proved yet" % key[1]
        if row["parts"] != self.parts[key]:
            return "%s changed since its proof" % key[1]
        return None if row["goals"] == row["proved"] else "%s has unproved goals" % key[1]

    def theorem(self, key, properties):
        """None, or why the theorem does not stand."""
        if self.broken:
            return self.broken[0]
        if key not in self.parts:
            return self.function(key)
        for each in [key] + sorted(records.tree_of(self.calls, key)):
            bad = self.function(each)
            if bad:
                return bad if each == key else "rests on %s: %s" % (each[1], bad)
        goals = [g["goal"] for g in self.committed["goals"] if (g["file"], g["function"]) == key]
        missing = [p for p in properties if not any(re.search(r"(^|_)%s($|_)" % re.escape(p), g) for g in goals)]
        return "no goal named %s" % missing[0] if missing else None


def model_results():
    path = os.path.join(BUILD, "witness", "model")
    done = subprocess.run([path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = {m.group(1): m.group(2) for m in map(MODEL_LINE.match, done.stdout.splitlines()) if m}
    if not found:
        raise Fail("the model said nothing: %s" % (done.stdout.strip().splitlines() or ["no output"])[-1])
    with open(path + ".txt", "w", encoding="utf-8") as f:
        f.write(done.stdout)
    return found


def seen_on(results):
    """{witness: the machines that showed it}, in the order of the machines."""
    found = {}
    for machine, rows in results.items():
        for name, verdict, _ in rows:
            found.setdefault(name, [])
            if verdict == "passed":
                found[name].append(SHORT[machine])
    return found


class Claims:
    """What is checked, and the count."""

    def __init__(self, proofs, models, machines):
        self.proofs, self.models, self.machines = proofs, models, machines
        self.passed = self.failed = self.unseen = 0
        self.used = {"model": set(), "witness": set()}

    def say(self, claim, what, bad, more=""):
        self.passed += bad is None
        self.failed += bad is not None
        print("%-3s %-56s %s" % (claim, what, "FAILED: " + bad if bad else ("passed" + more)))

    def model(self, name):
        self.used["model"].add(name)
        return None if self.models.get(name) == "passed" else "model: %s %s" % (name, self.models.get(name, "is unknown"))

    def case(self, claim, row):
        """A case is green if the model has it and a machine showed it, on exactly the machines the page says."""
        bad = next((b for b in map(self.model, names(row["model"])) if b), None)
        unseen = row["seen on"].startswith("not witnessed: ")
        wanted, shown, asked = [] if unseen else names(row["seen on"]), set(), names(row["witness"])
        for name in asked:
            self.used["witness"].add(name)
            if name not in self.machines:
                bad = bad or "no witness named %s" % name
            shown |= set(self.machines.get(name, []))
        if asked and not bad and shown != set(wanted):
            bad = "seen on %s, the page says %s" % (" ".join(sorted(shown)) or "nothing", " ".join(wanted) or "nothing")
        label = "%s %s" % (row["case"], row["name"])
        if not bad and not shown and not unseen:
            bad = "no witness, and no reason why"
        if not bad and not shown:
            self.unseen += 1
            print("%-3s %-56s %s" % (claim, label[:56], row["seen on"]))
            if names(row["model"]):
                self.say(claim, label[:47] + " (model)", None)
            return
        self.say(claim, label[:56], bad, ": model %d, seen on %s" % (len(names(row["model"])), " ".join(wanted)))

    def file(self, path):
        claim = os.path.basename(path).split("-")[0]
        for rows in tables(path):
            for row in rows:
                if "theorem" in row:
                    self.say(claim, "%s: %s" % (row["function"], row["theorem"])[:56],
                             self.proofs.theorem((row["file"], row["function"]), names(row["properties"])))
                elif "case" in row:
                    self.case(claim, row)
                elif list(row)[0].startswith("statement"):
                    self.say(claim, ("model: " + list(row.values())[0])[:56], self.model(row["model"]))

    def nothing_left(self):
        """Evidence that no page cites is a page that has forgotten something."""
        for kind, known in (("model", set(self.models)), ("witness", set(self.machines))):
            left = sorted(known - self.used[kind])
            self.say("-", "every %s is on a page" % kind, "not cited: %s" % " ".join(left) if left else None)


def body(_):
    files = sorted(glob.glob(os.path.join(ROOT, "spec", "claims", "[0-9]*.md")))
    if not files:
        raise Fail("spec/claims has no claim")
    results = witness.all_machines()
    results.update(nested.all_machines())
    failures = [(m, w, t) for m, rows in results.items() for w, v, t in rows if v == "failed"]
    claims = Claims(Proofs(), model_results(), seen_on(results))
    for machine, name, text in failures:
        claims.say("-", "%s on %s" % (name, machine), text)
    for path in files:
        claims.file(path)
    claims.nothing_left()
    print("%d cases not witnessed, each with its reason above" % claims.unseen)
    print("%d passed, %d failed" % (claims.passed, claims.failed))
    return 1 if claims.failed else 0


if __name__ == "__main__":
    main(body)
