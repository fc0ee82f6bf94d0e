# SPDX-License-Identifier: BSD-2-Clause
"""ACSL to C: the types and declarations of the annotated headers, and the translation of one expression."""
import os
import re

import acsl
import csrc
import digest
import options

PUBLIC, SEAM = "core/include/provenest/", "core/hw/"
# Nested VMX. Its seam is not executed (vendor/model/vmcs.c checks its preconditions), so what its ghosts hold, and what its logic says of
# L1's memory, is not known: a clause of the functions below that speaks of it is left out, by name.
NESTED_SEAM = tuple(SEAM + n for n in ("vmcs.h", "shadow.h", "memory.h", "msr.h", "tlb.h"))
INNER = tuple("core/vmx/" + n for n in ("merge.h", "route.h"))  # of the core's own headers, those of what is pure
NESTED = tuple(PUBLIC + n for n in ("vmx", "vmcs12", "nested", "evmcs")) + INNER


class Types:
    """C types of structs' fields and of names, as far as equality and assignment need them."""

    def __init__(self, unit):
        self.structs = {}
        for item in unit.context:
            ws = [t.text for t in item if t.kind != "acsl"]
            if ws[:1] == ["struct"] and "{" in ws:
                self.structs[ws[1]] = fields_of(ws[ws.index("{") + 1:-2])

    def of(self, e, env):
        """('struct', name), ('ptr', type), ('int',) or a C scalar type name."""
        if e[0] == "name":
            return env.get(e[1], ("int",))
        if e[0] == "field":
            owner = self.of(e[1], env)
            return self.structs.get(owner[1], {}).get(e[2], ("int",)) if owner[0] == "struct" else ("int",)
        if e[0] == "un" and e[1] == "*":
            inner = self.of(e[2], env)
            return inner[1] if inner[0] == "ptr" else ("int",)
        if e[0] == "old":
            return self.of(e[1], env)
        return ("int",)


def fields_of(ws):
    out, current = {}, []
    for w in ws:
        if w == ";" and "[" in current:
            at = current.index("[")
            out[current[at - 1]] = ("array", type_of(current[:at - 1]))
            current = []
        elif w == ";":
            out[current[-1]] = type_of(current[:-1])
            current = []
        else:
            current.append(w)
    return out


def type_of(ws):
    ws = [w for w in ws if w not in ("const", "extern", "static")]
    if ws and ws[-1] == "*":
        return ("ptr", type_of(ws[:-1]))
    if ws[:1] == ["struct"]:
        return ("struct", ws[1])
    return ("c", " ".join(ws))


def c_type(t):
    if t[0] == "ptr":
        return c_type(t[1]) + " *"
    return {"struct": lambda: f"struct {t[1]}", "c": lambda: t[1], "int": lambda: "pn_int"}[t[0]]()


class Header:
    """One translation unit with all headers, as the generator needs it."""

    def __init__(self):
        out = os.path.join(options.ROOT, "build", "check")
        os.makedirs(out, exist_ok=True)
        path = os.path.join(out, "headers.c")
        self.includes = [h for h in options.headers() if h.startswith((PUBLIC, SEAM) + INNER)]
        with open(path, "w", encoding="utf-8") as f:
            f.write("".join(f'#include "{os.path.join(options.ROOT, h)}"\n' for h in self.includes))
        self.unit = csrc.Unit(os.path.relpath(path, options.ROOT), digest.FLAGS)
        self.types = Types(self.unit)
        self.ghosts, self.counters, self.logic = {}, {}, {}
        self.open = {}  # logic without a body: the backend says what it is
        self.foreign = set()  # ghosts and logic of the nested seam
        for item in self.unit.context:
            for tok in item:
                if tok.kind == "acsl":
                    self._annotation(tok)

    def _annotation(self, tok):
        ws = csrc.words(csrc.inner(tok.text))
        if tok.file.startswith(NESTED_SEAM):
            self._foreign(tok, ws)
            return
        if ws[:1] == ["ghost"]:
            stmt = []
            for w in ws[1:]:
                if w == ";":
                    if stmt:
                        self.ghosts[stmt[-1]] = type_of(stmt[:-1])
                    stmt = []
                else:
                    stmt.append(w)
        for d in acsl.definitions(tok.text, (tok.file, tok.line)):
            if d.body is not None:
                self.logic[d.name] = d
            elif d.result == ["integer"] and not d.params and d.reads:
                self.counters[d.name] = d.reads
            elif d.result == ["integer"] and d.reads and all(kind == ["integer"] for kind, _ in d.params):
                self.open[d.name] = d
            else:
                raise csrc.GateError(f"{tok.file}:{tok.line}: {d.name}: cannot translate: logic without a body")

    def _foreign(self, tok, ws):
        """Predicates with a body are as good as any; the rest is not known here."""
        if ws[:1] == ["ghost"]:
            self.foreign |= {a for a, b in zip(ws, ws[1:]) if b in (";", "[") and a != "]"}
        for d in acsl.definitions(tok.text, (tok.file, tok.line)):
            if d.body is None:
                self.foreign.add(d.name)
            else:
                self.logic[d.name] = d

    def _annotated(self):
        for name in self.unit.decls:
            f = self.unit.contract(name)
            if f and f.file.startswith((PUBLIC, SEAM) + INNER) and "TRUST: proof only" not in f.contract.text:
                yield name, f

    def functions(self):
        """(name, Function) of public and seam functions of the event core, in order of declaration."""
        return [(name, f) for name, f in self._annotated() if not f.file.startswith(NESTED + NESTED_SEAM)]

    def nested(self):
        """Those of nested VMX, the seam apart."""
        return [(name, f) for name, f in self._annotated() if f.file.startswith(NESTED)]


class Writer:
    """Expressions to C. Mathematical integers become __int128, wide enough for every value here."""

    def __init__(self, header):
        self.h, self.eqs, self.fresh = header, [], 0

    def truth(self, e, env):
        return f"({self.value(e, env)} != 0)"

    def value(self, e, env):
        kind = e[0]
        if kind == "num":
            high, low = divmod(int(e[1], 0), 1 << 64)
            return f"(((pn_int){high} << 64) + (pn_int){low}u)" if high else f"((pn_int){e[1]})"
        if kind in ("name", "field", "index") or (kind == "un" and e[1] == "*"):
            t = self.h.types.of(e, env)
            text = self.place(e, env)
            return text if t[0] in ("struct", "ptr") else f"((pn_int)({text}))"
        if kind == "old":
            return self.value(("name", self.old_name(e[1], env)), env)
        if kind == "separated":
            return f"((pn_int)((const void *){self.place(e[1], env)} != (const void *){self.place(e[2], env)}))"
        if kind == "valid":
            return f"((pn_int)({self.place(e[1], env)} != 0))"
        if kind == "un":
            return f"((pn_int)({e[1]}{self.value(e[2], env)}))"
        if kind == "cond":
            return f"({self.truth(e[1], env)} ? {self.value(e[2], env)} : {self.value(e[3], env)})"
        if kind == "call":
            return self.call(e, env)
        if kind in ("forall", "exists"):
            return self.loop(e, env)
        if kind == "bin":
            return self.binary(e, env)
        raise csrc.GateError(f"cannot translate: {kind}")

    def place(self, e, env):
        if e[0] == "name":
            if e[1] == "\\result":
                return "result"
            return e[1]
        if e[0] == "field":
            return f"{self.place(e[1], env)}.{e[2]}"
        if e[0] == "index":
            return f"{self.place(e[1], env)}[{self.value(e[2], env)}]"
        if e[0] == "un" and e[1] == "*":
            return f"(*{self.place(e[2], env)})"
        if e[0] == "old":
            return self.old_name(e[1], env)
        raise csrc.GateError(f"cannot translate: {e[0]} where a variable is expected")

    def old_name(self, e, env):
        """The copy made before the call of what \\old names."""
        text = self.place(e, env)
        name = "old_" + re.sub(r"\W+", "_", text).strip("_")
        env.setdefault("__old", {})[name] = (text, self.h.types.of(e, env))
        env[name] = self.h.types.of(e, env)
        return name

    def binary(self, e, env):
        _, op, a, b = e
        if op in ("==", "!="):
            ta, tb = self.h.types.of(a, env), self.h.types.of(b, env)
            if ta[0] == "struct" or tb[0] == "struct":
                if ta != tb:
                    raise csrc.GateError(f"cannot translate: {op} between {ta} and {tb}")
                if ta[1] not in self.eqs:
                    self.eqs.append(ta[1])
                text = f"eq_{ta[1]}({self.place(a, env)}, {self.place(b, env)})"
                return f"((pn_int){'!' if op == '!=' else ''}{text})"
        if op in ("&&", "||"):
            return f"((pn_int)({self.truth(a, env)} {op} {self.truth(b, env)}))"
        if op == "==>":
            return f"((pn_int)(!{self.truth(a, env)} || {self.truth(b, env)}))"
        if op in ("<==>", "^^"):
            return f"((pn_int)({self.truth(a, env)} {'==' if op == '<==>' else '!='} {self.truth(b, env)}))"
        return f"((pn_int)({self.value(a, env)} {op} {self.value(b, env)}))"

    def call(self, e, env):
        name, args = e[1], e[2]
        if name in self.h.open and len(args) == len(self.h.open[name].params):
            return f"((pn_int)pn_check_{name}({', '.join(f'(uint64_t){self.value(a, env)}' for a in args)}))"
        d = self.h.logic.get(name)
        if d is None:
            raise csrc.GateError(f"cannot translate: {name} has no executable definition")
        if len(args) != len(d.params):
            raise csrc.GateError(f"cannot translate: {name} with {len(args)} arguments")
        out = []
        for a, (kind, _) in zip(args, d.params):
            t = type_of(kind)
            if t[0] in ("struct", "ptr"):
                out.append(self.place(a, env))
            else:
                out.append(self.value(a, env) if kind == ["integer"] else f"({self.value(a, env)} != 0)")
        return f"((pn_int)L_{name}({', '.join(out)}))"

    def loop(self, e, env):
        """A bounded quantifier as a loop: the bounds must be the left side of its implication."""
        kind, names, body = e
        op = "==>" if kind == "forall" else "&&"
        if len(names) != 1 or body[0] != "bin" or body[1] != op:
            raise csrc.GateError(f"cannot translate: \\{kind} {', '.join(names)} without bounds on the left of {op}")
        low, high, more = bounds(body[2], names[0])
        self.fresh += 1
        ok, start = f"ok{self.fresh}", 1 if kind == "forall" else 0
        inner = dict(env, **{names[0]: ("int",)})
        said = body[3]
        for m in more:
            said = ("bin", op, m, said)
        test = self.truth(said, inner)
        hit = f"if ({'!' if kind == 'forall' else ''}{test}) {{ {ok} = {1 - start}; break; }}"
        return (f"(__extension__({{ pn_int {ok} = {start}; for (pn_int {names[0]} = {self.value(low, env)}; {names[0]} <= "
                f"{self.value(high, env)}; {names[0]}++) {{ {hit} }} {ok}; }}))")


def bounds(e, name):
    """(low, high) of `low <= name <= high` (with < as well), and what else the left side says."""
    parts = conjuncts(e)
    low = high = None
    more = []
    for p in parts:
        if p[0] == "bin" and p[1] in ("<=", "<") and p[3] == ("name", name):
            low = p[2] if p[1] == "<=" else ("bin", "+", p[2], ("num", "1"))
        elif p[0] == "bin" and p[1] in ("<=", "<") and p[2] == ("name", name):
            high = p[3] if p[1] == "<=" else ("bin", "-", p[3], ("num", "1"))
        else:
            more.append(p)
    if low is None or high is None:
        raise csrc.GateError(f"cannot translate: quantifier over {name} without two bounds")
    return low, high, more


def conjuncts(e):
    return conjuncts(e[2]) + conjuncts(e[3]) if e[0] == "bin" and e[1] == "&&" else [e]


def params_of(f):
    ws = [t.text for t in f.head if t.kind != "acsl"]
    start = name_at(f, ws) + 1
    close = acsl.close_of(ws, start)
    return [(type_of(t), p) for t, p in acsl.parameters(ws[start + 1:close])]


def result_of(f):
    ws = [t.text for t in f.head if t.kind != "acsl"]
    return type_of(ws[:name_at(f, ws)])


def name_at(f, ws):
    """Where the name is; an enum may be called the same."""
    return next(i for i, (a, b) in enumerate(zip(ws, ws[1:])) if a == f.name and b == "(")
