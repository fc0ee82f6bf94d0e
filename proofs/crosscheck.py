# SPDX-License-Identifier: BSD-2-Clause
"""What else WP said beside the verdicts: warnings, hypotheses, counts and property statuses, held against the goals."""
import json
import os
import re

import acsl
import csrc

PASS = "[wp] Running WP plugin..."
HYPOTHESIS = re.compile(r"Memory model hypotheses for function '(\w+)':(.*?)\*/", re.S)


def warnings(result, lines):
    """Every warning counts: WP goes on after dropping or weakening something."""
    text = "\n".join(lines)
    for m in HYPOTHESIS.finditer(text):
        for need in re.findall(r"requires (.*?);", m.group(2), re.S):
            result.hypotheses.append(f"{m.group(1)}: {' '.join(need.split())}")
            if not stated(result.job, m.group(1), need):
                result.bad("unstated hypothesis", f"{m.group(1)}: the memory model assumes {' '.join(need.split())}: state"
                           " it as requires")
    passes = [j for j, line in enumerate(lines) if line.startswith(PASS)]
    if len(passes) != 1 + bool(result.job.function and result.job.smoke):
        result.bad("no smoke test", f"{len(passes)} passes of WP: the smoke tests did not run")
    for j, line in enumerate(lines):
        if line == "[wp] Warning: No goal generated" and passes[1:] and j > passes[1]:
            continue  # a straight line without requires has nothing to smoke out
        if re.search(r"Warning:", line) and "Failed smoke-test" not in line:
            rest = line.split("Warning:", 1)[1].strip() or (lines[j + 1].strip() if j + 1 < len(lines) else "")
            if not rest.startswith("Memory model hypotheses"):
                result.bad("tool warning", f"{line.split(' Warning:')[0].split('] ')[-1].rstrip(':')}: {rest}")
        if "(Stronger" in line or "(Degenerated" in line:
            result.bad("degenerated goal", line.strip())


def stated(job, function, need):
    f = csrc.unit(job.path).contract(function)
    if not f:
        return False
    wanted = csrc.words(need)
    have = [c.words for c in acsl.of_kind(f.contract.text, "requires") if c.mode is None]
    pairs = separated_pairs(wanted)
    known = set().union(*[separated_pairs(h) for h in have]) if have else set()
    return wanted in have or (bool(pairs) and pairs <= known)


def separated_pairs(ws):
    """Unordered pairs that a clause made of one \\separated states."""
    if ws[:2] != ["\\separated", "("] or ws[-1] != ")":
        return set()
    args, depth, current = [], 0, []
    for w in ws[2:-1] + [","]:
        if w == "," and depth == 0:
            args.append(" ".join(current))
            current = []
        else:
            depth += w in ("(", "[", "{")
            depth -= w in (")", "]", "}")
            current.append(w)
    return {frozenset((a, b)) for i, a in enumerate(args) for b in args[i + 1:]}


def counts(result, goals, scheduled, totals, work):
    """The list of goals, WP's own counts, and the property statuses must tell one story."""
    proved = sum(g["verdict"] == "valid" for g in goals.values())
    generated = [g for g in goals.values() if g["prover"] != "WP"]
    if len(goals) != totals[1]:
        result.bad("reports disagree", f"{len(goals)} goals listed, {totals[1]} counted by WP")
    if proved != totals[0]:
        result.bad("reports disagree", f"{proved} goals listed as proved, {totals[0]} counted by WP")
    if len(generated) != scheduled:
        result.bad("reports disagree", f"{len(generated)} goals listed, {scheduled} scheduled")
    try:
        with open(os.path.join(work, "wp.json"), encoding="utf-8") as f:
            count = json.load(f).get("wp:global", {}).get("wp:main", {})
    except (OSError, ValueError):
        result.bad("empty output", "the tool wrote no count of goals (wp.json)")
        return
    if count.get("total", 0) != len(generated):
        result.bad("reports disagree", f"{len(generated)} goals listed, {count.get('total', 0)} in WP's JSON report")
    if result.job.function:
        statuses(result, proved == len(goals), os.path.join(work, "report.csv"))


def statuses(result, all_valid, path):
    """Property statuses of this function: all Valid exactly if all goals are."""
    rows = [r for r in csv_rows(path) if r[3] == result.job.function]
    if not rows:
        result.bad("empty output", "no property status for the function (report.csv)")
    own = [r for r in rows if r[4] != "precondition"]
    open_rows = [r for r in own if r[5] != "Valid"]
    if all_valid and open_rows:
        r = open_rows[0]
        result.bad("reports disagree", f"all goals proved, but {r[1]}:{r[2]}: {r[4]} '{r[6]}' is {r[5]}")
    if not all_valid and not open_rows and not any(r[5] not in ("Valid", "Ignored") for r in rows):
        result.bad("reports disagree", "a goal is not proved, but every property is Valid")


def csv_rows(path):
    rows = []
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f.read().split("\n")[1:]:
                cells = line.split("\t")
                if len(cells) >= 7:
                    rows.append(cells)
                elif rows and line:
                    rows[-1][6] += " " + line.strip()
    except OSError:
        pass
    return rows
