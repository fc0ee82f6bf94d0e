# SPDX-License-Identifier: BSD-2-Clause
"""Every option of the proof in one place: a change here changes the digest, so committed results must be refreshed."""
import functools
import glob
import hashlib
import os
import subprocess

# The tree the gate works on: this checkout, or a shadow copy (fixtures, mutants) named by PN_ROOT.
ROOT = os.path.realpath(os.environ.get("PN_ROOT") or os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
OUT = os.path.realpath(os.environ.get("PN_OUT") or os.path.join(ROOT, "build", "prove"))
COMMITTED = os.path.join(ROOT, "proofs", "results.json")

# Limits: time is CPU time of the solver (Why3 measures that), so a loaded machine does not change verdicts much.
TIMEOUT = int(os.environ.get("PN_TIMEOUT", "10"))
SMOKE_TIMEOUT = 1
JOBS = int(os.environ.get("PN_JOBS", "2"))  # Frama-C processes at a time; one solver each

FRAMAC = os.environ.get("PN_FRAMAC", "frama-c")
INCLUDES = ["-Icore/include"]

KERNEL = [
    "-machdep", "gcc_x86_64", "-c11",
    "-warn-unsigned-overflow",
    # A contract that had to be guessed, or an annotation that was dropped, would be a silent hole.
    "-kernel-warn-key", "annot:missing-spec=abort",
    "-kernel-warn-key", "annot-error=abort",
    "-kernel-warn-key", "typing:implicit-function-declaration=abort",
    "-kernel-warn-key", "typing:incompatible-types-call=abort",
    "-kernel-warn-key", "typing:incompatible-pointer-types=abort",
    "-kernel-warn-key", "typing:int-conversion=abort",
    "-kernel-warn-key", "ghost:bad-use=abort",
]
# Z3 with its own option to pull nested quantifiers: measured on this core, goals that take plain Z3 3 to 5 s and CVC4 more
# than 10 s take 50 to 230 ms. The same solver and the same goal; only the search differs.
Z3_COMMAND = ("%e -smt2 -T:%t sat.random_seed=42 nlsat.randomize=false smt.random_seed=42 "
              "smt.pull_nested_quantifiers=true -st %f")
WHY3_PROVER = """
[prover]
name = "Z3"
alternative = "pull"
version = "4.8.12"
driver = "z3_471"
command = "{command}"
command_steps = "{steps}"
editor = ""
in_place = false
interactive = false
"""
WP = [
    "-wp", "-wp-rte", "-wp-model", "Typed",
    "-wp-prover", "Z3:4.8.12:pull,cvc4",
    "-wp-timeout", str(TIMEOUT), "-wp-par", "1",
    "-wp-warn-key", "pedantic-assigns=abort",
]
# Smoke tests are goals that must NOT be proved, so each costs its whole limit with every solver, and CVC4 takes four times
# the limit it is given. They run in a second pass of the same Frama-C, which selects what was never tried (the smoke tests)
# and leaves out CVC4; PN_SMOKE=both (the weekly job) tries it as well, which can only refuse more.
SMOKE = ["-wp-no-status-maybe", "-wp-prover=-cvc4", "-wp-smoke-tests", "-wp-smoke-timeout", str(SMOKE_TIMEOUT)]

# Names of clauses or functions that need more than TIMEOUT; each with its reason. Empty is best.
FUNCTION_TIMEOUT = {}

# Options a file needs besides; each with its reason.
FILE_OPTIONS = {
    # Shifting a single bit to its place is what this file is for; C defines it for unsigned words, and the range of
    # the shift count is still a proof obligation.
    "core/event/bits.c": ["-no-warn-unsigned-overflow"],
}

# Functions or files whose contract may be the body's own expression (lint "contract repeats body"), each with its reason.
# Empty is best.
MAY_REPEAT = {
    "in_middle": "an offset within a page: the manual's sum is the code's (SDM 28.3.2); nx040_at, above it, is the rule",
    "in_large": "as in_middle",
    "fail": "bit 31 over the basic reason (SDM 26.8): one sum, and no other way to say it without masks",
}

# The flags the core is compiled with when the hypervisor's makefile does not say (make -s hv-cflags-core).
FALLBACK_CFLAGS = ["-std=c11", "-ffreestanding", "-O2"] + INCLUDES

# Words that have no place in core/: reason by word.
FORBIDDEN_WORDS = {
    "__FRAMAC__": "the proven text would differ from the compiled text",
    "__CPROVER__": "the proven text would differ from the compiled text",
    "asm": "assembly has no proof", "__asm__": "assembly has no proof", "__asm": "assembly has no proof",
    "volatile": "WP models a volatile read as any value; hardware belongs behind core/hw",
    "__volatile__": "WP models a volatile read as any value; hardware belongs behind core/hw",
    "union": "WP's memory model is unsound for unions (wp-recipe section 6)",
    "memcpy": "type punning is outside WP's memory model", "memset": "type punning is outside WP's memory model",
    "memmove": "type punning is outside WP's memory model", "malloc": "no allocation in the core",
    "setjmp": "no non-local jumps in the core", "longjmp": "no non-local jumps in the core",
}


def rel(path):
    return os.path.relpath(os.path.realpath(os.path.join(ROOT, path)), ROOT)


def files(*patterns):
    found = []
    for pattern in patterns:
        found += [os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(ROOT, pattern), recursive=True)]
    return sorted(set(found))


def core_sources():
    return files("core/**/*.c")


def client_sources():
    """Proof-only programs: the most general clients, round trips, claims."""
    return files("proofs/*.c", "proofs/claims/**/*.c")


def headers():
    return files("core/**/*.h", "spec/acsl/*.h")


def smoke():
    return [x for x in SMOKE if not (x.endswith("=-cvc4") and os.environ.get("PN_SMOKE") == "both")]


def fct_timeout(function):
    extra = FUNCTION_TIMEOUT.get(function)
    return ["-wp-timeout", str(extra)] if extra else []


@functools.lru_cache(None)
def tool_versions():
    def first(cmd):
        try:
            out = subprocess.run(cmd, capture_output=True, text=True, timeout=60)
            return ((out.stdout + out.stderr).strip().splitlines() or ["none"])[0].strip()
        except OSError:
            return "missing"
    return {"frama-c": first([FRAMAC, "-version"]), "why3": first(["why3", "--version"]),
            "cvc4": first(["cvc4", "--version"]), "z3": first(["z3", "--version"])}


def digest():
    text = repr((KERNEL, WP, SMOKE, Z3_COMMAND, INCLUDES, sorted(FUNCTION_TIMEOUT.items()), sorted(FILE_OPTIONS.items())))
    return hashlib.sha256(text.encode()).hexdigest()


@functools.lru_cache(None)
def build_cflags():
    """The preprocessor-relevant flags of the hypervisor's build."""
    given = os.environ.get("PN_CORE_CFLAGS")
    if given is None and os.path.exists(os.path.join(ROOT, "Makefile")):
        run = subprocess.run(["make", "-s", "--no-print-directory", "hv-cflags-core"], cwd=ROOT, capture_output=True,
                             text=True)
        if run.returncode == 0 and run.stdout.strip():
            given = run.stdout.strip().splitlines()[-1]
    return given.split() if given else FALLBACK_CFLAGS
