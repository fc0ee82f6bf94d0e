# SPDX-License-Identifier: BSD-2-Clause
"""Which mutants: by a fixed seed, each must compile under the project's -Werror flags, and no two, nor one and the
original, may be the same text or the same object code (that is an equivalent mutant which the compiler can show)."""
import hashlib
import os
import random
import subprocess

import csrc
import operators
import options
import source
import wrong

SEED = "provenest-1"
WANTED, LEAST, MOST = 315, 3, 24  # of all mutants; of one function's
NOT_YET = ("core/vmx/",)  # no table yet: proofs/mutants/README.md, "State"
FLAGS = options.FALLBACK_CFLAGS + [f for f in wrong.STRICT if f != "-fsyntax-only"]


class Mutant:
    def __init__(self, src, fn, operator, edits):
        self.path, self.function, self.operator = src.path, fn.name, operator
        self.text = apply(src.text, edits)
        start, end = min(e[0] for e in edits), max(e[1] for e in edits)
        self.line = src.text.count("\n", 0, start) + 1
        first = src.text.rfind("\n", 0, start) + 1
        last = src.text.find("\n", end)
        self.before = src.text[first:last]
        self.after = self.text[first:last + len(self.text) - len(src.text)]
        grown = len(self.text) - len(src.text)
        self.words = source.words(self.text[fn.start:fn.end + grown])
        what = "\n".join([src.path, fn.name] + self.words)
        self.id = hashlib.sha256(what.encode()).hexdigest()[:10]


def apply(text, edits):
    """Edits of one place keep their order: what is inserted at a point stands before what begins there."""
    out, pos = [], 0
    for start, end, new in sorted(edits, key=lambda e: (e[0], e[1])):
        if start < pos:
            raise csrc.GateError("edits overlap")
        out += [text[pos:start], new]
        pos = end
    return "".join(out + [text[pos:]])


def sources(root=None):
    root = root or options.ROOT
    return {path: source.Source(path, root) for path in options.core_sources() if not path.startswith(NOT_YET)}


def candidates(src, fn):
    """All distinct mutants of one function, those that do not compile included, in the order of choice: the operators take
    turns, shuffled by the seed and the function's name."""
    rng = random.Random(f"{SEED}:{src.path}:{fn.name}")
    seen, groups = {tuple(source.words(src.text[fn.start:fn.end]))}, {}
    for operator, edits in operators.all_of(src, fn):
        try:
            m = Mutant(src, fn, operator, edits)
        except csrc.GateError:
            continue
        if tuple(m.words) not in seen:
            seen.add(tuple(m.words))
            groups.setdefault(operator, []).append(m)
    turns = sorted(groups)
    rng.shuffle(turns)
    for operator in turns:
        rng.shuffle(groups[operator])
    out = []
    while any(groups.values()):
        out += [groups[o].pop() for o in turns if groups[o]]
    return out


class Compiler:
    """Compiles a text of core/ in a shadow tree; None if it does not compile."""

    def __init__(self, root):
        self.root = root

    def code(self, path, text):
        full, obj = os.path.join(self.root, path), os.path.join(self.root, "mutant.o")
        with open(full, encoding="utf-8") as f:
            original = f.read()
        try:
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
            run = subprocess.run(["gcc"] + FLAGS + ["-c", path, "-o", obj], cwd=self.root, capture_output=True)
            if run.returncode:
                return None
            with open(obj, "rb") as f:
                return hashlib.sha256(f.read()).hexdigest()
        finally:
            with open(full, "w", encoding="utf-8") as f:
                f.write(original)


class Chosen:
    """The mutants of one function, found one after the other."""

    def __init__(self, src, fn, compiler):
        self.src, self.fn, self.compiler = src, fn, compiler
        self.queue, self.mutants, self.seen = candidates(src, fn), [], {compiler.code(src.path, src.text)}
        self.size, self.failing, self.same = len(self.queue), 0, 0

    def more(self):
        """One more mutant, if there is one."""
        while self.queue:
            m = self.queue.pop(0)
            code = self.compiler.code(self.src.path, m.text)
            if code is None:
                self.failing += 1
            elif code in self.seen:
                self.same += 1
            else:
                self.seen.add(code)
                self.mutants.append(m)
                return True
        return False


def choose(srcs, compiler, wanted=WANTED):
    """[Chosen]: every function gets LEAST, then in turns one for every eight candidates it has, until there are enough."""
    chosen = [Chosen(srcs[p], srcs[p].functions[n], compiler) for p in sorted(srcs) for n in srcs[p].functions]
    for c in chosen:
        while len(c.mutants) < LEAST and c.more():
            pass
    count, turn = sum(len(c.mutants) for c in chosen), 0
    while count < wanted and turn < MOST:
        turn += 1
        for c in chosen:
            if count < wanted and len(c.mutants) < min(MOST, LEAST + turn * c.size // 40 + turn // 2) and c.more():
                count += 1
    return chosen
