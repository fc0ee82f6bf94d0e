# SPDX-License-Identifier: BSD-2-Clause
"""Digests of what a proof depends on: a function's own text, the contracts of what it calls, the definitions it sees.

Plain gcc preprocesses here, so the check runs where Frama-C is not installed; that both read the same text is a check
of its own (lint.same_text)."""
import hashlib
import json

import csrc
import options

FLAGS = ("-std=c11", "-ffreestanding") + tuple(options.INCLUDES)


def sha(value):
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def context(unit):
    """file -> digest of its definitions that are no functions: types, globals, logic, macros."""
    parts = {}
    for item in unit.context:
        words = csrc.flat(item)
        if "canary" not in " ".join(words[:6]):
            parts.setdefault(item[-1].file, []).append(words)
    for name, text in unit.defines:
        parts.setdefault(name, []).append(text)
    return {name: sha(part) for name, part in parts.items()}


def contract_words(unit, name):
    f = unit.contract(name) or unit.decls[name][0]
    return csrc.flat(f.head) + (csrc.flat([f.contract]) if f.contract else ["no contract"])


def function(unit, name):
    """The three parts of a function's digest."""
    f = unit.defs[name]
    body = csrc.flat(f.body)
    callees = sorted((set(body) & unit.names()) - {name})
    return {"text": sha([csrc.flat(f.head), contract_words(unit, name), body]),
            "callees": sha([[c, contract_words(unit, c)] for c in callees]),
            "context": sha(sorted(context(unit).items()))}


def calls():
    """(file, function) -> names of the functions its body mentions."""
    out = {}
    for path in options.core_sources() + options.client_sources():
        unit = csrc.unit(path, FLAGS)
        for name, f in unit.defs.items():
            if f.file == path:
                out[(path, name)] = sorted((set(csrc.flat(f.body)) & unit.names()) - {name})
    return out


def tree():
    """((file, function) -> digest parts, file -> digest of definitions) over all that is proven."""
    functions, contexts = {}, {}
    for path in options.core_sources() + options.client_sources():
        unit = csrc.unit(path, FLAGS)
        contexts.update(context(unit))
        for name in unit.defs:
            if unit.defs[name].file == path:
                functions[(path, name)] = function(unit, name)
    return functions, contexts


def one(parts):
    return sha([parts, options.digest(), options.tool_versions()])


def overall(results):
    """The digest the hypervisor's banner prints: what was proven, by which tools, with which outcome."""
    rows = [[f["file"], f["function"], f["digest"], f["goals"], f["proved"]] for f in results["functions"]]
    return sha([sorted(rows), results["options"], results["tools"]])[:16]
