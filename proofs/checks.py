# SPDX-License-Identifier: BSD-2-Clause
"""The names of the gate's findings. A finding whose name is not here is an error of the gate, and each name here must have
a fixture in tests/gate/ that expects it (tests/gate/run.py counts)."""
import csrc

# Verdicts of goals: 'file: function: goal: VERDICT'.
VERDICTS = {
    "not proved: timeout": "a solver used up its time",
    "not proved: unknown": "every solver gave up",
    "not proved: solver failed": "a solver ended without an answer, and none proved the goal",
    "not proved: stronger or degenerated": "WP dropped a hypothesis or a part of the code on its way",
    "not proved": "any other word of the tool's",
    "failed smoke test": "a contradiction was derived: a contract nobody can meet, dead code, or a call that cannot return",
    "canary proved": "the headers contradict themselves",
}
# Findings: 'gate: NAME: line'.
CHECKS = {
    "empty core": "core/ has no C file",
    "missing contract": "a function of core/ or of a proof client without contract",
    "missing assigns": "a contract without assigns",
    "missing terminates": "a contract without terminates \\true",
    "missing exits": "a contract without exits \\false",
    "two contracts": "more than one contract for a function",
    "no target": "text in core/ that no proof target covers",
    "unreached header": "a header of the core that no proven file includes",
    "unstated assumption": "axiom, admit, inductive, or logic without a body outside core/hw",
    "bodyless contract": "a contract in core/ for a function that is defined nowhere",
    "untrusted seam": "a seam contract without TRUST reason or section of the manual",
    "not in the ledger": "something is trusted that proofs/TRUST.json does not list as it is",
    "silent annotation": "an annotation that Frama-C accepts and makes no goal of",
    "forged ghost": "device state changed by ghost code or by a stub",
    "contract repeats body": "a postcondition that says nothing but the function's own expression",
    "forbidden construct": "a construct that WP does not model soundly",
    "text differs": "Frama-C and the compiler read different text",
    "unstated hypothesis": "WP's memory model assumes something that is not stated as requires",
    "degenerated goal": "WP says it weakened or strengthened a goal",
    "tool warning": "a warning of the tool",
    "unreadable text": "text that does not preprocess or that the gate cannot read",
    "tool missing": "Frama-C, Why3 or a solver is not installed",
    "tool crash": "the tool ended with an error, or the gate did",
    "empty output": "the tool printed or wrote nothing",
    "no goals": "a target without a single goal",
    "no smoke test": "the pass with the smoke tests did not run",
    "no canary": "the canary was not tried",
    "reports disagree": "the list of goals, WP's counts and the property statuses tell different stories",
    "rests on unproved": "a proved function calls, however far down, one that is not",
    "cached verdict": "a kept verdict belongs to another text",
    "text changed": "a file was edited while it was being proved",
    "fewer goals": "fewer goals, or fewer functions, than proofs/manifest.txt",
    "short manifest": "proofs/manifest.txt is missing or does not list a function",
    "stale proof": "check-proofs: the committed results do not belong to this text",
}


def named(check):
    if check not in CHECKS:
        raise csrc.GateError(f"the gate has no check named '{check}'")
    return check


def say(found):
    """Findings as the lines a run ends with."""
    return [f"gate: {named(check)}: {line}" for check, line in found]
