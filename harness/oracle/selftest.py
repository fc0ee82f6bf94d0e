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
    for checks in (theorem_checks, witness_checks, page_checks):
        for name, good in checks():
            count[not good] += 1
            if not good:
                print("FAILED: %s" % name)
    print("%d passed, %d failed" % tuple(count))
    return 1 if count[1] else 0


if __name__ == "__main__":
    main(body)
