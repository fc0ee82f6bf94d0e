"""Two promises, counted in what the small VMX L1s said: each field of spec/fields/vmcs.tbl is observed by what it does (area rows),
and each rule of VM entry's checks has an entry that it rejects and one that it lets pass (area entry and tests/guests/vmx/rules.tbl)."""
import fnmatch
import functools
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUEST = os.path.join(ROOT, "tests", "guests", "vmx")
# What Bochs 2.7 cannot show: (field, where), the reason.
NOT_SHOWN = {
    ("XSS_EXIT_BITMAP", "*"): "no model has a bit of IA32_XSS, so XSAVES never exits; area fields has it kept and read back",
    ("GUEST_DEBUGCTL", "bare"): "no IA32_DEBUGCTL and no check of it; under Provenest the check shows",
}
# No control of L1's names these, or only an exit writes them.
NO_CONTROL = ("SHARED_EPT_POINTER", "IO_RCX", "IO_RSI", "IO_RDI", "IO_RIP")
# An exit does not save it, or not on Bochs.
NOT_SAVED = ("LINK_POINTER", "GUEST_DEBUGCTL")


def table(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return [l.split(None, 4) for l in f if l.strip() and not l.startswith("#")]


@functools.lru_cache(None)
def fields():
    """{name: (encoding, owner)}"""
    return {r[0]: (int(r[1], 16), r[3]) for r in table("spec", "fields", "vmcs.tbl")}


def said(lines, area):
    """{case: text}"""
    out = {}
    for line in lines:
        words = line.split(" ", 3)
        if words[0] == "VMX" and len(words) > 2 and words[1] == area and words[2] not in out:
            out[words[2]] = words[3] if len(words) > 3 else ""
    return out


def differ(found, name, tag):
    one, two = found.get("%s/%s0" % (name, tag)), found.get("%s/%s1" % (name, tag))
    return one is not None and two is not None and one != two


def row_faults(name, encoding, owner, found, where):
    if owner == "none":
        wanted = "vmread=12 vmwrite=12" + ("" if name in NO_CONTROL else " control=fail,7")
        text = found.get(name + "/not-offered")
        if text is None or (where == "Provenest" and text != wanted):
            yield "not offered, and it says '%s'" % text
        return
    if not differ(found, name, "") and (name, where) not in NOT_SHOWN and (name, "*") not in NOT_SHOWN:
        yield "two values are one to what is observed: '%s'" % found.get(name + "/0", "no such case")
    if encoding >> 10 & 3 == 2 and name not in NOT_SAVED and not differ(found, name, "saved-"):
        yield "what L2 changed is not seen by L1: '%s'" % found.get(name + "/saved-0", "no such case")


def rows(lines, where):
    """Sentences about rows of the table that area rows does not show on this machine (bare, Provenest)."""
    found, all_fields = said(lines, "rows"), fields()
    out = ["%s, %s: %s" % (name, where, text) for name, (encoding, owner) in all_fields.items()
           for text in row_faults(name, encoding, owner, found, where)]
    return out + ["%s is shown on no machine, and is no field" % n for n, _ in NOT_SHOWN if n not in all_fields]


@functools.lru_cache(None)
def rules():
    """{rule: its cases' numbers}: rules of L1's entries, with those that they stand for."""
    out = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "spec", "rules", "vmx_*.rules"))):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for m in re.finditer(r"^rule: (VE-\d+)\S*\nmanual: (.*)$", text, re.M):
            with_these = re.search(r"\(with ([^)]*)\)", m.group(2))
            out[m.group(1)] = [m.group(1)] + (re.findall(r"VE-\d+", with_these.group(1)) if with_these else [])
    return out


def verdict(text):
    if re.match(r"entered|ok\b|exit=\d+ ", text):
        return "accepted"
    return "rejected" if re.match(r"fail=|invalid|exit=\d+!|#\d+", text) else ""


@functools.lru_cache(None)
def elsewhere():
    """rules.tbl: (rule, accepted or rejected, area or '-', case or reason)."""
    with open(os.path.join(GUEST, "rules.tbl"), encoding="utf-8") as f:
        return [tuple(l.split(None, 3)) for l in f if l.strip() and not l.startswith("#")]


def rule_faults(lines):
    """Sentences about rules without a case of each kind in area entry under Provenest, or with a name that is not needed."""
    found, named, out = said(lines, "entry"), elsewhere(), []
    kinds = {}
    for case, text in found.items():
        kinds.setdefault(case.split("/")[0], set()).add(verdict(text))
    for rule, numbers in rules().items():
        have = set().union(*(kinds.get(n, set()) for n in numbers))
        for kind in ("accepted", "rejected"):
            names = [r for r in named if r[0] == rule and r[1] == kind]
            if kind not in have and not names:
                out.append("%s: no case that is %s" % (rule, kind))
            if kind in have and names:
                out.append("%s, %s: rules.tbl has a name, and area entry a case" % (rule, kind))
    return out + ["rules.tbl: %s is no rule" % r[0] for r in named if r[0] not in rules()]


def named_faults(lines, area):
    """Cases of this area that rules.tbl sends a rule to must have run, and have come out so."""
    found, out = said(lines, area), []
    for rule, kind, where, case in elsewhere():
        texts = [t for n, t in found.items() if where == area and fnmatch.fnmatchcase(n, case.strip())]
        if where == area and kind not in [verdict(t) for t in texts]:
            out.append("%s: rules.tbl wants case %s of %s to be %s: %s" % (rule, case.strip(), area, kind, texts or "no such case"))
    return out


def faults(area, bare, nested):
    """What vmx.py adds to the differences of an area."""
    if area == "rows":
        return rows(bare, "bare") + rows(nested, "Provenest")
    return (rule_faults(nested) if area == "entry" else []) + named_faults(nested, area)


def static():
    """Without a machine: each row is named in the sources of area rows, each case of rules.tbl in those of its area."""
    text = {p: open(p, encoding="utf-8").read() for p in glob.glob(os.path.join(GUEST, "*.c"))}
    rows_text = "".join(t for p, t in text.items() if os.path.basename(p).startswith("rows"))
    count, out = 0, []
    for name, (_, owner) in fields().items():
        count += 1
        if (name, "*") not in NOT_SHOWN and owner != "none" and not named_in(name, rows_text):
            out.append("vmcs.tbl: %s has no case in tests/guests/vmx/rows*.c" % name)
        if owner == "none" and name not in NO_CONTROL and "{%s, " % name not in rows_text:
            out.append("vmcs.tbl: %s has no control in tests/guests/vmx/rows_not_offered.c" % name)
    entry = "".join(t for p, t in text.items() if os.path.basename(p).startswith("entry"))
    for rule, numbers in rules().items():
        count += 1
        if not any('"%s"' % n in entry for n in numbers) and not any(r[0] == rule for r in elsewhere()):
            out.append("spec/rules: %s has no case in tests/guests/vmx/entry*.c" % rule)
    return count, out + list(shadow_faults())


def shadow_faults():
    """Column shadow of the field table says what SH-001 (RW) and SH-002 (RO) say."""
    with open(os.path.join(ROOT, "spec", "acsl", "vmx_shadow.h"), encoding="utf-8") as f:
        rule = dict(re.findall(r"predicate (sh00\d)_\w+\(integer f\) = ([^;]*);", f.read()))
    offered = [r for r in table("spec", "fields", "vmcs.tbl") if r[3] != "none"]
    for number, row in enumerate(offered):
        written, shown = (eval(rule[n].replace("||", "or"), {"f": number}) for n in ("sh001", "sh002"))  # numbers and f only
        if row[4].split()[-1] != ("RW" if written else "RO" if shown else "-"):
            yield "vmcs.tbl: column shadow of %s is not spec/acsl/vmx_shadow.h's" % row[0]


def named_in(name, text):
    """The whole name, or the parts that a macro makes it of."""
    if re.search(r"\b%s\b" % name, text):
        return True
    m = re.match(r"GUEST_(ES|SS|DS|FS|GS)_(SELECTOR|BASE|LIMIT|AR_BYTES)$", name)
    if m:
        return "(%s, %s)" % (m.group(1), m.group(1).lower()) in text
    m = re.match(r"GUEST_PDPTR(\d)$", name)
    return bool(m and "PDPTR(%s)" % m.group(1) in text) or "HOST(%s," % name[5:] in text


def made_up():
    """Lines of areas rows and entry as they would be if all were well: {case: text}."""
    one = {"%s/not-offered" % n: "vmread=12 vmwrite=12" + ("" if n in NO_CONTROL else " control=fail,7")
           for n, (_, owner) in fields().items() if owner == "none"}
    for name, (_, owner) in fields().items():
        if owner != "none":
            one.update({"%s/%s%d" % (name, tag, i): "%d" % i for tag in ("", "saved-") for i in (0, 1)})
    two = {}
    for rule in rules():
        named = [r[1] for r in elsewhere() if r[0] == rule]
        two.update({"%s/%s" % (rule, k): t for k, t in (("accepted", "entered exit=18"), ("rejected", "fail=7")) if k not in named})
    return one, two


def lines_of(area, cases):
    return ["VMX %s %s %s" % (area, n, t) for n, t in cases.items()]


def lies():
    """The counter is counted: without any of the cases, or with one that shows nothing, it must complain."""
    one, two = made_up()
    wrong = [] if not rows(lines_of("rows", one), "Provenest") + rule_faults(lines_of("entry", two)) else ["what is well is not accepted"]
    for name in one:
        field, same = name.split("/")[0], name[:-1] + ("0" if name[-1] == "1" else "1")
        if (field, "*") in NOT_SHOWN or ("saved" in name and (fields()[field][0] >> 10 & 3 != 2 or field in NOT_SAVED)):
            continue
        for worse in ({n: t for n, t in one.items() if n != name}, dict(one, **{name: one.get(same, "vmread=0 vmwrite=0 control=taken")})):
            if not rows(lines_of("rows", worse), "Provenest"):
                wrong.append("rows: %s" % name)
    for name in two:
        for worse in ({n: t for n, t in two.items() if n != name}, dict(two, **{name: "not tried"})):
            if not rule_faults(lines_of("entry", worse)):
                wrong.append("rules: %s" % name)
    return len(one) + len(two), wrong


if __name__ == "__main__":
    TOTAL, FAULTS = static()
    FAULTS += ["not noticed: " + w for w in lies()[1]]
    print("\n".join(FAULTS + ["%s rows of fields and rules: %d, without a case: %d" %
                             ("FAIL" if FAULTS else "ok  ", TOTAL, len(FAULTS))]))
    sys.exit(1 if FAULTS else 0)
