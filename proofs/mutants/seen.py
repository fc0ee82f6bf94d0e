# SPDX-License-Identifier: BSD-2-Clause
"""A function's digest over what its proof can see, and no more: its text and contract, the contracts of what it calls, and
of all definitions only those that these words reach, directly or through others. A header may change somewhere else
without ending the row. Lemmas and axioms are hypotheses of every goal: they, and what has no name, are always in it."""
import functools
import re

import csrc
import digest

NAME = re.compile(r"[A-Za-z_]\w*$")
NAMED = {"predicate", "inductive", "lemma", "axiom", "axiomatic", "type", "model"}
HYPOTHESES = {"lemma", "axiom", "invariant"}
STARTS = {"predicate", "logic", "inductive", "lemma", "axiom", "axiomatic", "ghost", "check", "admit"}


class Definition:
    def __init__(self, words, names, always=False):
        self.words, self.names, self.always = words, names, always or not names


def annotation(ws):
    """(names, always) of a global annotation: its words."""
    out = []
    for i, w in enumerate(ws[:-1]):
        if w in NAMED:
            out.append(ws[i + 1])
        elif w == "logic":
            end = next((j for j in range(i, len(ws)) if ws[j] in ("(", "{", "=", ";")), len(ws))
            out.append(ws[end - 1])
    if ws[:1] == ["ghost"]:
        out += csrc.ghost_variables(ws[1:]) + csrc.ghost_functions(ws[1:])
    return {n for n in out if NAME.match(n)}, bool(HYPOTHESES & set(ws))


def plain(ws):
    """Names of a C item that is no function: a type, its enumerators, a variable."""
    head = [w for w in ws if w not in ("const", "static", "extern")]
    if head[:1] == ["_Static_assert"]:
        return set()
    if head[:1] == ["enum"]:
        return {w for w in head[1:] if NAME.match(w)}
    if head[:1] == ["typedef"]:
        return {head[-2]} | {w for a, w in zip(head, head[1:]) if a in ("struct", "enum")}
    tag = {head[1]} if head[:1] == ["struct"] and len(head) > 1 else set()
    return tag | ({n for n in csrc.declared(head) if n} if "{" not in head or "=" in head else set())


def single(ws):
    """The definitions of one annotation: one ends with a semicolon (an axiomatic block: with its brace) where the next begins,
    which inside a formula no word of STARTS does."""
    out, start, depth = [], 0, 0
    for i, w in enumerate(ws):
        depth += (w == "{") - (w == "}")
        if depth == 0 and w in (";", "}") and (i + 1 == len(ws) or ws[i + 1] in STARTS):
            out.append(ws[start:i + 1])
            start = i + 1
    return out + [ws[start:]] if ws[start:] else out


@functools.lru_cache(None)
def definitions(unit):
    out = []
    for item in unit.context:
        ws = csrc.flat(item)
        if "canary" in " ".join(ws[:6]):
            continue
        if ws[0] == "/*@":
            out += [Definition(one, *annotation(one)) for one in single(ws[1:-1])]
        else:
            out.append(Definition(ws, plain(ws)))
    for _, text in unit.defines:
        ws = csrc.words(text)
        out.append(Definition(ws, {ws[2]} if len(ws) > 2 else set()))
    return out


def reached(unit, words):
    """The definitions that the words reach."""
    left = [d for d in definitions(unit) if not d.always]
    found = [d for d in definitions(unit) if d.always]
    new = set(words).union(*(d.words for d in found))
    while new:
        hit = [d for d in left if d.names & new]
        left = [d for d in left if not d.names & new]
        found += hit
        new = set().union(*(d.words for d in hit)) if hit else set()
    return found


def function(unit, name):
    parts = digest.function(unit, name)
    body = csrc.flat(unit.defs[name].body)
    callees = (set(body) & unit.names()) - {name}
    words = digest.contract_words(unit, name) + csrc.flat(unit.defs[name].head) + body
    for callee in callees:
        words += digest.contract_words(unit, callee)
    return {"text": parts["text"], "callees": parts["callees"],
            "seen": digest.sha(sorted(d.words for d in reached(unit, words)))}
