"""The judge is judged: a report that does not add up, or lacks its end, must not hold."""
import re

from rig import need, report

GOOD = """\
PN| Provenest 0.1 proofs 0
PN| options events=core evict=5000
PN| exit cpuid 12
PN| event external-interrupt acknowledged accepted=10 delivered=9 recorded=0 discarded=0 pending=1
PN| event nmi raised accepted=5 delivered=3 recorded=0 discarded=2 pending=0
PN| event hardware-exception interrupted accepted=2000 delivered=1999 recorded=1 discarded=0 pending=0
PN| discard collapsed 2
PN| payload pf=1001 db=3
PN| reinject hardware-exception 900
PN| reinject external-interrupt 101
PN| ticks launch=100 end=900 l0=80
PN| balance accepted=2015 delivered=2011 recorded=1 discarded=2 pending=1 holds
PN| l1 poweroff 0
PN| end 0
""".splitlines()


def faults(lines):
    return report.faults(report.Report(lines), True)


def good(_):
    need(not faults(GOOD), "the good report is refused: %s" % faults(GOOD))


def every_number(_):
    """Any count of events or reasons off by one, any verdict changed, any of these lines missing: refused."""
    tried = 0
    for i, line in enumerate(GOOD):
        if not re.match(r"PN\| (event|discard|balance|end|reinject|payload)", line):
            continue
        cut = GOOD[:i] + GOOD[i + 1:]
        need(faults(cut), "accepted without the line '%s'" % line)
        for found in re.finditer(r"\b\d+\b", line):
            text = found.group()
            if line.startswith("PN| payload") and text == "3":
                continue
            other = str(int(text) - 1 if int(text) else 1)
            doctored = line[:found.start()] + other + line[found.end():]
            need(faults(GOOD[:i] + [doctored] + GOOD[i + 1:]), "accepted with the line '%s'" % doctored)
            tried += 1
    need(faults([l.replace(" holds", " BROKEN") for l in GOOD]), "accepted a broken balance")
    need(faults(GOOD + ["PN! something is wrong"]), "accepted an error line")
    need(faults([]), "accepted silence")
    return "(%d doctored numbers)" % tried


def cases():
    yield "the runner accepts a good report", good
    yield "the runner refuses every doctored report", every_number
