# SPDX-License-Identifier: BSD-2-Clause
"""make audit: rule -> predicate -> function -> proof -> test, each link checked; prints the table, writes build/audit/.

A stanza of spec/rules/*.rules is `key: value` lines: rule, manual, text, predicate, function, test (file:name); several
values are separated by commas. README.md says what counts as dangling or uncited."""
import html
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "proofs"))
import acsl  # noqa: E402
import csrc  # noqa: E402
import digest  # noqa: E402
import options  # noqa: E402
import prove  # noqa: E402

KEYS = ("rule", "manual", "text", "predicate", "function", "test")
OPTIONAL = ("note",)


class Rule(dict):
    def many(self, key):
        return [v.strip() for v in re.split(r"[,\s]+", self.get(key, "")) if v.strip()]


def read_rules():
    """(rules, errors)."""
    rules, errors = [], []
    for path in options.files("spec/rules/*.rules"):
        current, last = None, None
        with open(os.path.join(options.ROOT, path), encoding="utf-8") as f:
            for number, line in enumerate(f.read().split("\n") + [""], 1):
                if line.startswith("#"):
                    continue
                if not line.strip():
                    if current:
                        rules.append(current)
                    current, last = None, None
                    continue
                m = re.match(r"([a-z]+):\s*(.*)$", line)
                if m and m.group(1) in KEYS + OPTIONAL:
                    current = Rule(where=f"{path}:{number}") if current is None else current
                    last = m.group(1)
                    current[last] = (current[last] + " " if last in current else "") + m.group(2).strip()
                elif current is not None and last and line[:1] in " \t":
                    current[last] += " " + line.strip()
                else:
                    errors.append(f"{path}:{number}: not a 'key: value' line: {line.strip()[:60]}")
    return rules, errors


class Tree:
    """What the rules point at: predicates with what they use, functions with what their contracts use, results."""

    def __init__(self):
        self.predicates, self.uses, self.contracts, self.files, self.seam = {}, {}, {}, {}, set()
        for path in options.core_sources() + options.client_sources():
            unit = csrc.unit(path, digest.FLAGS)
            for name, d in acsl.all_definitions(unit).items():
                self.predicates.setdefault(name, d)
                self.uses[name] = set(d.body or [])
            for name in unit.names():
                f = unit.contract(name)
                if f:
                    body = unit.defs[name].annotations() if name in unit.defs else []
                    words = set(csrc.words(csrc.inner(f.contract.text)))
                    self.contracts.setdefault(name, words)
                    for tok in body:
                        self.contracts[name] |= set(csrc.words(csrc.inner(tok.text)))
                    if f.file.startswith("core/hw/") and name not in unit.defs:
                        self.seam.add(name)
                if name in unit.defs:
                    self.files[name] = path
        self.results = prove.load_committed() or self.fresh()

    @staticmethod
    def fresh():
        import json
        try:
            with open(os.path.join(options.OUT, "results.json"), encoding="utf-8") as f:
                return json.load(f)
        except (OSError, ValueError):
            return None

    def spec(self):
        return {n: d for n, d in self.predicates.items() if d.place[0].startswith("spec/acsl/") and d.kind == "predicate"}

    def reach(self, words):
        """All predicates that words mention, directly or through other predicates."""
        seen, todo = set(), [w for w in words if w in self.predicates]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += [w for w in self.uses.get(name, ()) if w in self.predicates]
        return seen


def proof_of(tree, function, digests):
    """(green, text) for a function's proof; a seam function's preconditions are proven where it is called."""
    if not tree.results:
        return False, "no results"
    goals = tree.results["goals"]
    if function in tree.seam:
        mine = [g for g in goals if g["goal"].startswith(f"call_{function}_requires")]
        good = sum(g["verdict"] == "valid" for g in mine)
        return good == len(mine), f"{good}/{len(mine)} at calls" if mine else "assumed"
    rows = [f for f in tree.results["functions"] if f["function"] == function]
    if not rows:
        return False, "not proved"
    now = digests.get((rows[0]["file"], function))
    if now is None or digest.sha(now) != rows[0]["digest"]:
        return False, "stale"
    return rows[0]["proved"] == rows[0]["goals"] > 0, f"{rows[0]['proved']}/{rows[0]['goals']}"


def check_rule(rule, tree, digests):
    """Errors of one rule; fills rule['proofs'] with (function, text)."""
    errors, where = [], f"{rule['where']}: {rule.get('rule', '?')}"
    rule["proofs"] = []
    for key in KEYS:
        if not rule.get(key):
            errors.append(f"{where}: uncited: no '{key}:'")
    spec = tree.spec()
    for name in rule.many("predicate"):
        if name not in spec:
            errors.append(f"{where}: dangling predicate: {name} is not in spec/acsl")
    reached = set()
    for name in rule.many("function"):
        if name not in tree.contracts:
            errors.append(f"{where}: dangling function: {name} has no contract in core/")
            continue
        reached |= tree.reach(tree.contracts[name])
        green, text = proof_of(tree, name, digests)
        rule["proofs"].append((name, text))
        if not green:
            errors.append(f"{where}: not proved: {name}: {text}")
    for name in rule.many("predicate"):
        if name in spec and rule.many("function") and name not in reached:
            errors.append(f"{where}: dangling predicate: the contracts of {rule['function']} do not reach {name}")
    for test in rule.many("test"):
        errors += [f"{where}: dangling test: {e}" for e in check_test(test)]
    return errors


def check_test(test):
    path, _, name = test.partition(":")
    full = os.path.join(options.ROOT, path)
    if not name:
        return [f"{test} is not file:name"]
    if not os.path.isfile(full):
        return [f"{path} does not exist"]
    with open(full, encoding="utf-8", errors="replace") as f:
        return [] if re.search(rf"\b{re.escape(name)}\b", f.read()) else [f"no {name} in {path}"]


def uncited(rules, tree):
    named = {n for r in rules for n in r.many("predicate")}
    cited = tree.reach(named)
    return [f"{d.place[0]}:{d.place[1]}: uncited predicate: no rule names {n}" for n, d in sorted(tree.spec().items())
            if n not in cited]


def print_table(rules):
    rows = [("rule", "predicate", "function", "proof", "test")]
    for r in rules:
        rows.append((r.get("rule", "?"), " ".join(r.many("predicate")), " ".join(f for f, _ in r["proofs"]),
                     ", ".join(t for _, t in r["proofs"]), " ".join(r.many("test"))))
    widths = [min(44, max(len(row[i]) for row in rows)) for i in range(4)]
    for row in rows:
        print("  ".join(cell.ljust(w) for cell, w in zip(row, widths)) + "  " + row[4])


PAGE = """<!doctype html><meta charset="utf-8"><title>Provenest audit</title>
<style>body{{font:15px/1.45 sans-serif;max-width:75em;margin:2em auto;padding:0 1em}}
table{{border-collapse:collapse;width:100%}}td,th{{border-bottom:1px solid #ccc;padding:.35em .6em;text-align:left;
vertical-align:top}}code,pre{{font:13px monospace}}pre{{background:#f6f6f6;padding:.5em;overflow-x:auto}}
.bad{{color:#a00}}.ok{{color:#070}}</style>
<h1>Rules of the manuals, and what holds them</h1>
<p>{summary}</p>{errors}
<table><tr><th>Rule<th>Manual<th>What it says<th>Predicate<th>Function and its proof<th>Test</tr>{rows}</table>
<h2>The predicates</h2>{predicates}
"""


def write_page(rules, errors, tree, summary):
    rows = ""
    esc = html.escape
    for r in rules:
        links = "<br>".join(f'<a href="#{esc(p)}"><code>{esc(p)}</code></a>' for p in r.many("predicate"))
        proofs = "<br>".join(f"<code>{esc(f)}</code> {esc(t)}" for f, t in r["proofs"])
        tests = "<br>".join(f"<code>{esc(t)}</code>" for t in r.many("test"))
        rows += (f"<tr><td>{esc(r.get('rule', '?'))}<td>{esc(r.get('manual', ''))}<td>{esc(r.get('text', ''))}"
                 f"<td>{links}<td>{proofs}<td>{tests}</tr>\n")
    predicates = "".join(
        f'<h3 id="{esc(n)}"><code>{esc(n)}</code></h3><pre>{esc(d.place[0])}:{d.place[1]}\n'
        f"{esc(n)}({esc(', '.join(' '.join(k) + ' ' + x for k, x in d.params))}) =\n    {esc(acsl.spell(d.body or []))}</pre>\n"
        for n, d in sorted(tree.spec().items()))
    bad = "".join(f'<li class="bad">{esc(e)}</li>' for e in errors)
    out = os.path.join(options.ROOT, "build", "audit")
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "index.html"), "w", encoding="utf-8") as f:
        f.write(PAGE.format(summary=esc(summary), errors=f"<ul>{bad}</ul>" if bad else "", rows=rows,
                            predicates=predicates))


def main():
    try:
        rules, errors = read_rules()
        tree = Tree()
        digests, _ = digest.tree()
    except csrc.GateError as e:
        print(f"audit: {e}")
        return 1
    rules.sort(key=lambda r: r.get("rule", ""))
    wrong = 0
    for rule in rules:
        found = check_rule(rule, tree, digests)
        wrong += bool(found)
        errors += found
    names = [r.get("rule") for r in rules]
    errors += [f"{n}: two stanzas for one rule" for n in sorted({n for n in names if names.count(n) > 1}, key=str)]
    errors += uncited(rules, tree)
    if not rules:
        errors.append("spec/rules: no rule found")
    print_table(rules)
    summary = f"{len(rules)} rules, {len(tree.spec())} predicates, {len(errors)} errors"
    write_page(rules, errors, tree, summary)
    for e in errors:
        print(f"audit: {e}")
    print(f"{summary}; the page is build/audit/index.html")
    print(f"{len(rules) - wrong} passed, {max(wrong, int(bool(errors)))} failed")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
