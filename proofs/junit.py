# SPDX-License-Identifier: BSD-2-Clause
"""JUnit XML: one test case a function (or group of lemmas), one a named check of the gate. Also for tests/all.py."""
import os
import re
import xml.sax.saxutils

import checks

CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")  # what XML 1.0 cannot hold


def quote(text):
    return xml.sax.saxutils.quoteattr(CONTROL.sub("?", str(text)))


def case(group, name, seconds=0.0, failures=(), output=""):
    """One test case; each failure is (type, line). The message is the first line, the text all of them."""
    out = [f'  <testcase classname={quote(group)} name={quote(name)} time="{seconds:.1f}">']
    if failures:
        text = xml.sax.saxutils.escape(CONTROL.sub("?", "\n".join(line for _, line in failures)))
        out.append(f'   <failure type={quote(failures[0][0])} message={quote(failures[0][1])}>{text}</failure>')
    if output:
        out.append(f"   <system-out>{xml.sax.saxutils.escape(CONTROL.sub('?', output))}</system-out>")
    return "\n".join(out + ["  </testcase>"]), bool(failures), seconds


def write(path, suite, cases):
    """A file with one suite; `cases` are results of case()."""
    failed, seconds = sum(c[1] for c in cases), sum(c[2] for c in cases)
    head = f'tests="{len(cases)}" failures="{failed}" errors="0" time="{seconds:.1f}"'
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temp = f"{path}.{os.getpid()}"
    with open(temp, "w", encoding="utf-8") as f:
        f.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {head}>\n <testsuite name={quote(suite)} {head}>\n'
                + "".join(c[0] + "\n" for c in cases) + " </testsuite>\n</testsuites>\n")
    os.replace(temp, path)


def prove(results, static, path):
    cases = []
    for r in sorted(results, key=lambda r: (r.job.path, r.job.label)):
        bad = [("goal", f"{g['goal']}: {g['verdict']}") for g in r.goals if g["verdict"] != "valid"]
        good = sum(g["verdict"] == "valid" for g in r.goals)
        group = "headers" if r.job.canary else r.job.path
        cases.append(case(group, r.job.label, r.seconds, bad + list(r.problems), f"{good} of {len(r.goals)} goals proved"))
    for name in checks.CHECKS:
        cases.append(case("gate", name, 0.0, [f for f in static if f[0] == name]))
    write(path, "proof", cases)


FAILED = re.compile(r"\s*(FAIL\b|gate: |FAILED\b|\S+: \S+: .*: (not proved|failed smoke|canary proved))")


def suite(name, seconds, passed, failed, lines):
    """One suite of `make test` as a test case: the lines in which it named its failures."""
    said = [line.strip() for line in lines if FAILED.match(line)][:100]
    failures = [("suite", line) for line in said or [f"{failed} failed"]] if failed else []
    return case("make test", name, seconds, failures, f"{passed} passed, {failed} failed")
