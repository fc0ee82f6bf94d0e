"""Hypervisors with one line of the core broken: a boot test that still passes with its twin tests nothing."""
import os
import shutil
import threading

from rig import BUILD, Bad, ROOT, hypervisor

# name: (file, the text that is replaced, what it becomes, the test of the event kernel that must notice, options)
CORE = "events=core"
TWINS = {
    "no-cr2": ("event/payload.c", "pn_hw_write_cr2(e.payload);", "pn_hw_write_cr2(0);", "pf-read", CORE),
    "no-dr6": ("event/payload.c", "pn_hw_write_dr6(pn_dr6_after(pn_hw_dr6(), e.payload));", "(void)pn_dr6_after;",
               "data-breakpoint", CORE),
    "no-error-code": ("event/inject.c", "e.has_error = pn_pushes_error(pn_hw_svm(), e.type, e.vector, pn_hw_pe());",
                      "e.has_error = pn_pushes_error(pn_hw_svm(), e.type, e.vector, pn_hw_pe());\n    e.error = 0;",
                      "gp-selector", CORE),
    "no-rf": ("event/inject.c", "pn_hw_set_rf();", "(void)0;", "ud-saves-rf", CORE),
    "no-double-fault": ("event/classify.c", "contributory(svm, second) ? PN_PAIR_DOUBLE_FAULT : PN_PAIR_SERIAL",
                        "contributory(svm, second) ? PN_PAIR_SERIAL : PN_PAIR_SERIAL", "df-de-np", CORE),
    "lost-nmi": ("event/async.c", "    v->nmi_pending++;\n", "    (void)v;\n", "nmi", CORE),
    "no-nmi-window": ("event/windows.c", "pn_hw_set_nmi_window(nmi && !behind_sti);", "pn_hw_set_nmi_window(false);",
                      "nmi-blocked-until-iret", CORE),
    "no-reinjection": ("event/inject.c", "    pn_hw_write_entry(v->injected);\n", "    (void)v;\n", "", CORE + " evict=2000"),
}
_guard, _locks, _built = threading.Lock(), {}, {}


def edited(name, source, old, new):
    """A core with the one change; it must apply exactly once, or the twin is out of date."""
    core = os.path.join(BUILD, "twin-" + name, "core")
    for part in ("core", "spec"):                       # core's contracts include spec's predicates
        copy = os.path.join(os.path.dirname(core), part)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(os.path.join(ROOT, part), copy)
    path = os.path.join(core, source)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(old) != 1:
        raise Bad("the twin %s does not apply: its text is %d times in core/%s" % (name, text.count(old), source))
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))
    return hypervisor("twin-" + name, "HV_CORE=build/twin-%s/core" % name)


def broken(name):
    """Made once, however many tests want it."""
    with _guard:
        lock = _locks.setdefault(name, threading.Lock())
    with lock:
        if name not in _built:
            _built[name] = edited(name, *TWINS[name][:3])
        return _built[name]
