# SPDX-License-Identifier: BSD-2-Clause
"""What there is to prove: every function, the lemmas, and the canaries that must stay unproved."""
import os

import acsl
import csrc
import options
import wp


def jobs_of_tree(function=None):
    jobs = []
    for path in options.core_sources() + options.client_sources():
        unit = csrc.unit(path)
        names = [n for n in unit.defs if unit.defs[n].file == path]
        jobs += [wp.Job(path, n) for n in names if function in (None, n)]
        lemmas = own_lemmas(unit, path)
        if function is None and lemmas:
            jobs.append(wp.Job(path, lemmas=lemmas))
    return jobs


def own_lemmas(unit, path):
    """Names of the lemmas that stand in the file itself; those of headers, canaries among them, are headers_job's."""
    found = []
    for t in (t for item in unit.context for t in item if t.kind == "acsl" and t.file == path):
        ws = csrc.words(csrc.inner(t.text))
        found += [after for word, after in zip(ws, ws[1:]) if word == "lemma"]
    return found


def headers_job():
    """All lemmas of the headers, and the canaries: `\\false` must stay unproved from everything the headers say."""
    path = os.path.join(options.OUT, "all_headers.c")
    text = "".join(f'#include "{os.path.join(options.ROOT, h)}"\n' for h in options.headers())
    text += "/*@ check lemma canary_of_the_gate: \\false; */\n" + axiom_canaries()
    os.makedirs(options.OUT, exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return wp.Job(os.path.relpath(path, options.ROOT), canary=True)


def axiom_canaries():
    """A canary for each symbol that has axioms: WP shows an axiom to a goal only if the goal mentions its symbol. Each is
    false in every model, and none is simplified away before a solver sees it."""
    out = []
    for item in (item for path in options.core_sources() for item in csrc.unit(path).context):
        for tok in item:
            if tok.kind != "acsl" or "axiom" not in csrc.words(csrc.inner(tok.text)):
                continue
            for d in acsl.definitions(tok.text):
                if d.labels or any(kind != ["integer"] for kind, _ in d.params):
                    continue
                names = [f"x{i}" for i in range(len(d.params))]
                call = d.name + (f"({', '.join(names)})" if names else "")
                zero = d.name + (f"({', '.join('0' for _ in names)})" if names else "")
                bind = f"\\forall integer {', '.join(names)}; " if names else ""
                false = f"({bind}{call}) && !{zero}" if d.kind == "predicate" else f"({bind}{call} > 5) && {zero} < 5"
                out.append(f"/*@ check lemma canary_{d.name}: {false}; */\n")
    return "".join(dict.fromkeys(out))


def judge_canaries(result):
    """A canary that is proved means that the assumptions contradict each other."""
    canaries = 0
    for g in result.goals:
        g["file"], g["function"] = "headers", ""
        if "canary" not in g["goal"]:
            continue
        canaries += 1
        g["kind"] = "canary"
        if g["verdict"] == "valid":
            g["verdict"] = "canary proved: the headers contradict themselves"
        else:
            g.update(verdict="valid", prover="unproved, as it must be", seconds=0)
    result.problems = [p for p in result.problems if "statuses" not in p[1]]
    if not canaries:
        result.bad("no canary", "the canary was not tried")
