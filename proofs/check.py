# SPDX-License-Identifier: BSD-2-Clause
"""make check-proofs: do the committed results belong to this text? By digests, in seconds, without a solver.

usage: check.py [--digest]"""
import sys

import checks
import csrc
import digest
import options
import records


def differences(committed):
    lines = []
    functions, contexts = digest.tree()
    old = {(f["file"], f["function"]): f for f in committed["functions"] if f["function"]}
    for name in sorted(set(contexts) | set(committed["contexts"])):
        if contexts.get(name) != committed["contexts"].get(name):
            lines.append(f"{name}: its definitions changed: every function that sees them must be proved again")
    changed = {line.split(":")[0] for line in lines}
    for key in sorted(set(functions) | set(old)):
        if key not in old:
            lines.append(f"{key[0]}: {key[1]}: new, not proved yet")
        elif key not in functions:
            lines.append(f"{key[0]}: {key[1]}: proved once, now gone")
        else:
            lines += changed_parts(key, functions[key], old[key]["parts"], changed)
    if committed["options"] != options.digest():
        lines.append("proofs/options.py: the options changed")
    for tool, version in options.tool_versions().items():
        if version != "missing" and version != committed["tools"].get(tool):
            lines.append(f"{tool}: proved with '{committed['tools'].get(tool)}', installed is '{version}'")
    return lines


def changed_parts(key, now, then, changed):
    lines = []
    if now["text"] != then.get("text"):
        lines.append(f"{key[0]}: {key[1]}: its text or contract changed")
    if now["callees"] != then.get("callees"):
        lines.append(f"{key[0]}: {key[1]}: the contract of a function it calls changed")
    if now["context"] != then.get("context") and not changed:
        lines.append(f"{key[0]}: {key[1]}: the set of headers it sees changed")
    return lines


def consistent(committed):
    """Is the file whole? Every goal valid, counts and digest as they say."""
    lines = []
    bad = [g for g in committed["goals"] if g["verdict"] != "valid"]
    lines += [f"{g['file']}: {g['function']}: {g['goal']}: {g['verdict']}" for g in bad]
    per = {}
    for g in committed["goals"]:
        per[(g["file"], g["function"])] = per.get((g["file"], g["function"]), 0) + 1
    for f in committed["functions"]:
        if per.get((f["file"], f["function"]), 0) != f["goals"] or f["goals"] != f["proved"]:
            lines.append(f"proofs/results.json: {f['file']}: {f['function']}: counts do not add up")
        if f["function"] and f["digest"] != digest.sha(f["parts"]):
            lines.append(f"proofs/results.json: {f['file']}: {f['function']}: digest does not add up")
    if committed["digest"] != digest.overall(committed):
        lines.append("proofs/results.json: the overall digest does not add up")
    lines += [f"{line}" for _, line in records.check_manifest(committed, None)]
    return lines


def main():
    committed = records.load_committed()
    if not committed:
        print("gate: proofs/results.json: missing or unreadable: make update-proofs" if "--digest" not in sys.argv
              else "unproven")
        return 0 if "--digest" in sys.argv else 1
    if "--digest" in sys.argv:
        return say_digest(committed)
    try:
        lines = consistent(committed) + differences(committed)
    except csrc.GateError as e:
        lines = [str(e)]
    for line in lines:
        print(checks.say([("stale proof", line)])[0])
    total = committed["total"]
    if lines:
        print(f"check-proofs: FAILED: {len(lines)} differences from the committed results; make prove shows what "
              "falls, make update-proofs commits a new proof")
        return 1
    print(f"check-proofs: {total['proved']} of {total['goals']} goals proved for exactly this text, "
          f"{total['functions']} functions, digest {committed['digest']}")
    return 0


def say_digest(committed):
    """The digest to compile into the image; 'stale-' in front when the text is not the proven one."""
    try:
        stale = consistent(committed) + differences(committed)
    except csrc.GateError:
        stale = ["unreadable"]
    print(("stale-" if stale else "") + committed["digest"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
