"""The hypervisor's closing report: read it, check that it adds up, and say so in words.

The lines are Provenest's own protocol on port 0xE9 (README.md of this folder). Nothing is believed: sums are
recomputed here from the lines by kind and path, and a total that disagrees with them does not hold.
"""
import re

FIELDS = ("accepted", "delivered", "recorded", "discarded", "pending")
PAIR = re.compile(r"([a-z0-9_]+)=(\S+)")


def pairs(text):
    return {k: v for k, v in PAIR.findall(text)}


def numbers(text):
    return {k: int(v, 0) for k, v in PAIR.findall(text) if re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)", v)}


class Report:
    """Everything the hypervisor said, by kind of line."""

    def __init__(self, lines=()):
        self.banner = self.options = self.l1 = None
        self.exits, self.events, self.discards, self.reinjects = {}, {}, {}, {}
        self.payload, self.ticks, self.balance, self.holds = {}, {}, None, False
        self.end, self.errors, self.extra = None, [], []
        for line in lines:
            self.add(line)

    def add(self, line):
        if line.startswith("PN! "):
            self.errors.append(line[4:].strip())
            return
        if not line.startswith("PN| "):
            return
        word, _, rest = line[4:].strip().partition(" ")
        method = getattr(self, "on_" + word.lower(), None)
        if method:
            method(rest)
        else:
            self.extra.append(line[4:])

    def on_provenest(self, rest):
        self.banner = rest

    def on_options(self, rest):
        self.options = rest

    def on_exit(self, rest):
        name, _, count = rest.rpartition(" ")
        if count.isdigit():
            self.exits[name] = self.exits.get(name, 0) + int(count)

    def on_event(self, rest):
        head = [w for w in rest.split() if "=" not in w]
        self.events[" ".join(head)] = numbers(rest)

    def on_discard(self, rest):
        name, _, count = rest.rpartition(" ")
        if count.isdigit():
            self.discards[name] = int(count)

    def on_reinject(self, rest):
        name, _, count = rest.rpartition(" ")
        if count.isdigit():
            self.reinjects[name] = self.reinjects.get(name, 0) + int(count)

    def on_payload(self, rest):
        self.payload = numbers(rest)

    def on_ticks(self, rest):
        self.ticks.update(numbers(rest))

    def on_balance(self, rest):
        self.balance, self.holds = numbers(rest), rest.split()[-1:] == ["holds"]

    def on_l1(self, rest):
        words = rest.split()
        self.l1 = (words[0] if words else "?", int(words[1], 0) if len(words) > 1 and words[1].isdigit() else 0)

    def on_end(self, rest):
        self.end = int(rest) if rest.strip().isdigit() else None

    def reinjected(self):
        return sum(self.reinjects.values())

    def total(self, field):
        return sum(e.get(field, 0) for e in self.events.values())


def adds_up(e):
    return e.get("accepted", 0) == sum(e.get(f, 0) for f in FIELDS[1:])


def faults(r, floors):
    """Sentences, one for each thing that does not hold; empty when all of it does. floors: over 1,000 each?"""
    out = ["the hypervisor stopped: " + e for e in r.errors]
    if r.balance is None:
        return out + ["no closing balance was printed"]
    for name, e in r.events.items():
        if not adds_up(e):
            out.append("events '%s' do not add up: %s" % (name, e))
    for field in FIELDS:
        if r.total(field) != r.balance.get(field):
            out.append("the balance says %s=%s, its lines sum to %d" % (field, r.balance.get(field), r.total(field)))
    if not adds_up(r.balance) or not r.holds:
        out.append("the balance of events is broken")
    if sum(r.discards.values()) != r.balance.get("discarded"):
        out.append("discards by reason sum to %d, not %s" % (sum(r.discards.values()), r.balance.get("discarded")))
    if floors and r.payload.get("pf", 0) <= 1000:
        out.append("only %d #PF payloads, over 1,000 are wanted" % r.payload.get("pf", 0))
    if floors and r.reinjected() <= 1000:
        out.append("only %d re-injections, over 1,000 are wanted" % r.reinjected())
    if r.end not in (0, None) or (r.end is None and not r.errors):
        out.append("the hypervisor's own verdict was %s" % r.end)
    return out


def table(counts):
    return ", ".join("%s %s" % (k, format(v, ",")) for k, v in sorted(counts.items(), key=lambda kv: -kv[1]) if v)


def summary(r):
    """Lines for the user: what ran."""
    out = ["exits by reason     %s: %s" % (format(sum(r.exits.values()), ","), table(r.exits))]
    if r.balance:
        b = r.balance
        out.append("events              accepted %s = delivered %s + recorded %s + discarded %s + pending %s" %
                   tuple(format(b.get(f, 0), ",") for f in FIELDS))
    for name, e in r.events.items():
        if e.get("accepted"):
            parts = ", ".join("%s %s" % (f, format(e[f], ",")) for f in FIELDS[1:] if e.get(f))
            out.append("  %-18s accepted %s = %s" % (name, format(e["accepted"], ","), parts))
    if any(r.discards.values()):
        out.append("discarded by reason %s" % table(r.discards))
    out.append("payloads            #PF %s, #DB %s" % (format(r.payload.get("pf", 0), ","),
                                                      format(r.payload.get("db", 0), ",")))
    out.append("re-injections       %s: %s" % (format(r.reinjected(), ","), table(r.reinjects) or "none"))
    t = r.ticks
    if "launch" in t and "end" in t:
        whole = t["end"] - t["launch"]
        own = ", %s of them its own (%.2f %%)" % (format(t["l0"], ","), 100.0 * t["l0"] / max(1, whole)) if "l0" in t else ""
        out.append("ticks               %s under Provenest%s" % (format(whole, ","), own))
    return out
