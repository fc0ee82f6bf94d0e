# SPDX-License-Identifier: BSD-2-Clause
"""make test-claims: would 'make claims' notice? Results, lines and pages that lie, each in one way."""
import contextlib
import io
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import claims  # noqa: E402
import digest  # noqa: E402
import nested  # noqa: E402
import witness  # noqa: E402
from base import main  # noqa: E402

FUNCTION = ("core/event/payload.c", "pn_deliver_payload")
CALLEE = ("core/event/payload.c", "pn_dr6_after")
LINES = {"direct": "#1@+3; end result=0 interrupted=0", "reinject": "#1@+3; end result=0 interrupted=1",
         "drop": "end result=0 interrupted=1"}
PAGE = "| case | name | model | witness | seen on |\n|---|---|---|---|---|\n| 1 | x | %s | %s | %s |\n"


def proofs():
    """Results in which every function is proved for exactly this text."""
    parts, contexts = digest.tree()
    rows = [{"file": k[0], "function": k[1], "goals": 1, "proved": 1, "parts": v} for k, v in parts.items()]
    goals = [{"file": FUNCTION[0], "function": FUNCTION[1], "goal": "ensures_page_fault", "verdict": "valid"}]
    claims.records.load_committed = lambda: {"functions": rows, "goals": goals, "contexts": contexts}
    claims.check.consistent = lambda committed: []
    return claims.Proofs()


def page(model, seen_by, cells):
    """(passed, failed, not witnessed) of a page with one case."""
    book = claims.Claims(None, model, {"w": seen_by})
    with tempfile.NamedTemporaryFile("w", suffix=".md", encoding="utf-8") as f:
        f.write(PAGE % cells)
        f.flush()
        with contextlib.redirect_stdout(io.StringIO()):
            book.file(f.name)
    return book.passed, book.failed, book.unseen


def theorem_checks():
    good = proofs()
    yield "a proved theorem stands", good.theorem(FUNCTION, ["page_fault"]) is None
    yield "a property that is not there", good.theorem(FUNCTION, ["nonsense"]) == "no goal named nonsense"
    yield "a function that is not there", "there is no function" in good.theorem((FUNCTION[0], "nobody"), [])
    good.rows[CALLEE]["proved"] = 0
    yield "a callee that is not proved", "rests on pn_dr6_after" in good.theorem(FUNCTION, ["page_fault"])
    good.rows[CALLEE].update(proved=1, parts={})
    yield "a callee that has changed", "rests on pn_dr6_after" in good.theorem(FUNCTION, ["page_fault"])
    del good.rows[FUNCTION]
    yield "a function without results", good.theorem(FUNCTION, []) == "pn_deliver_payload is not proved yet"


def witness_checks():
    def told(relation="differs", drop="end result=0", **lines):
        return witness.judge(relation, "#1@+3; end result=0", drop, dict(LINES, **lines))
    yield "a witness that shows it", told() is None
    yield "the event is lost under re-injection", told(reinject=LINES["drop"]) is not None
    yield "the event is not lost under drop", witness.judge("differs", "#1@+3; end result=0", "end result=0",
                                                            dict(LINES, drop=LINES["reinject"])) is not None
    yield "no delivery was interrupted", told(reinject=LINES["direct"]) is not None
    yield "a line is missing", witness.judge("same", "x", "", {"direct": "x"}) is not None
    yield "a safe event is lost", told(relation="same") is not None
    yield "a look that shows it", witness.judge("look", "read=a fields=A", "", {"look": "read=a fields=A"}) is None
    yield "a look that shows another page", witness.judge("look", "read=a", "", {"look": "read=b"}) is not None
    rows = [["w", "vmx", "differs", "#1@+3; end result=0", "end result=0"]]
    closed = witness.check("bochs-ivy_bridge", {"w": LINES}, rows, [["bochs-ivy_bridge", "w", "why"]])
    yield "a known gap that has closed", closed[0][1] == "failed"
    yield "a witness nobody expects", witness.check("bochs-ivy_bridge", {"v": LINES}, [], [])[0][1] == "failed"


def nested_checks():
    """L1's lines, of the bare machine, of a right L0 and of a broken one."""
    bare, lost, other = {"w": {"direct": "#1; end"}}, {"w": {"direct": "end"}}, {"w": {"direct": "#2; end"}}

    def told(right=bare, wrong=lost, wanted="end", asked="w direct"):
        return nested.judge(asked, bare, right, wrong, wanted)
    yield "a broken L0 that shows", told() is None
    yield "the right L0 loses the event", told(right=lost) is not None
    yield "the broken L0 shows nothing", told(wrong=bare) is not None
    yield "the broken L0 shows something else", told(wrong=other) is not None
    yield "no line of L1", told(right={}) is not None and told(asked="v direct") is not None and told(wrong={}) is not None
    yield "safe under the broken L0 as well", told(wrong=bare, wanted="same") is None
    yield "not safe under the broken L0", told(wanted="same") is not None
    yield "no broken L0, as bare", told(wrong=None, wanted="-") is None
    yield "no broken L0, not as bare", told(right=lost, wrong=None, wanted="-") is not None
    yield "no broken L0, a line of its own", told(right=lost, wrong=None, wanted="end") is None
    yield "no broken L0, not that line", told(wrong=None, wanted="end") is not None
    machine, rows = "nested-ivy_bridge", [["n", "w direct", "provenest", "b", "end"]]
    good = nested.check(machine, bare, {"provenest": bare, "b": lost}, rows, [])
    yield "all as on the bare machine", [f[1] for f in good] == ["passed", "passed"]
    bad = nested.check(machine, bare, {"provenest": other, "b": lost}, rows, [])
    yield "a line that differs fails by itself, for all, and its row", [f[1] for f in bad] == ["failed"] * 3
    more = nested.compare(machine, bare, {**bare, **{"v": {"direct": "x"}}}, [])
    yield "a line the bare machine has not", more[1][1] == "failed"
    yield "nothing said is not the same", nested.compare(machine, {}, {}, [])[1][1] == "failed"
    gap = [[machine, "w", "why"]]
    yield "a difference with a name", [f[1] for f in nested.check(machine, bare, {"provenest": lost}, [], gap)] == ["passed"]
    closed = nested.check(machine, bare, {"provenest": bare}, [], gap)
    yield "a named difference that has closed", closed[0][1] == "failed"
    yield "an L0 that the row does not name", len(nested.check("kvm-svm", bare, {"kvm-amd": bare}, rows, [])) == 1


def page_checks():
    yield "a case that stands", page({"m": "passed"}, ["ivy"], ("m", "w", "ivy")) == (1, 0, 0)
    yield "a counterexample that failed", page({"m": "FAILED"}, ["ivy"], ("m", "w", "ivy"))[1] == 1
    yield "a counterexample that is not there", page({}, ["ivy"], ("m", "w", "ivy"))[1] == 1
    yield "seen on fewer machines than the page says", page({"m": "passed"}, ["ivy"], ("m", "w", "ivy, skx"))[1] == 1
    yield "seen although the page says not witnessed", page({"m": "passed"}, ["ivy"], ("m", "w", "not witnessed: x"))[1] == 1
    yield "not witnessed is not passed", page({}, [], ("-", "-", "not witnessed: x")) == (0, 0, 1)
    yield "no witness and no reason", page({"m": "passed"}, [], ("m", "-", "-"))[1] == 1


def body(_):
    count = [0, 0]
    for checks in (theorem_checks, witness_checks, nested_checks, page_checks):
        for name, good in checks():
            count[not good] += 1
            if not good:
                print("FAILED: %s" % name)
    print("%d passed, %d failed" % tuple(count))
    return 1 if count[1] else 0


if __name__ == "__main__":
    main(body)
