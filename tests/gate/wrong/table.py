# SPDX-License-Identifier: BSD-2-Clause
"""Ten wrong cores, each the mistake of a real hypervisor or one easily made, and the one obligation it must break.

name: (what is wrong, file in core/, [(text, replacement)], function to prove again, obligation that must fail)"""

WRONG = {
    "payload-after-event": (
        "the payload is written after the event", "event/inject.c",
        [("    pn_deliver_payload(e);\n", ""),
         ("    pn_hw_write_entry(e);\n    v->injected = e;\n    v->exception.stage",
          "    pn_hw_write_entry(e);\n    pn_deliver_payload(v->exception);\n    v->injected = e;\n    v->exception.stage")],
        "inject_exception", "call_pn_deliver_payload_requires_before_event"),
    "payload-again": (
        "the payload is written again on re-injection", "event/inject.c",
        [("    pn_ledger_reinjected(v->injected);\n",
          "    pn_ledger_reinjected(v->injected);\n    pn_deliver_payload(v->injected);\n")],
        "reinject", "call_pn_deliver_payload_requires_only_from_pending"),
    "type-from-vector": (
        "the type of an interrupted event is computed from its vector", "event/vectoring.c",
        [("pn_event_make(PN_STAGE_INJECTED, x.type, x.vector);",
          "pn_event_make(PN_STAGE_INJECTED, x.vector < 32 ? PN_TYPE_HARD_EXCEPTION : PN_TYPE_INTERRUPT, x.vector);")],
        "from_vectoring", "ensures_as_reported"),
    "window-not-armed": (
        "no window is armed for an interrupt that waits", "event/windows.c",
        [("pn_hw_set_intr_window((v->interrupt_waiting && !v->held_back) || behind_sti);",
          "pn_hw_set_intr_window((v->interrupt_waiting && v->held_back) || behind_sti);")],
        "arm_vmx", "ensures_interrupt"),
    "nmi-in-movss-shadow": (
        "an NMI is injected in a MOV-SS shadow", "event/windows.c",
        [("!pn_hw_nmi_blocked() && !pn_hw_movss_shadow() && !pn_hw_sti_shadow();",
          "!pn_hw_nmi_blocked() && !pn_hw_sti_shadow();")],
        "pn_nmi_open", "ensures_rule"),
    "interrupt-in-sti-shadow": (
        "an interrupt is injected in an STI shadow", "event/windows.c",
        [("pn_hw_if() && !pn_hw_sti_shadow() && !pn_hw_movss_shadow();",
          "pn_hw_if() && !pn_hw_movss_shadow();")],
        "pn_interrupt_open", "ensures_rule"),
    "error-code-dropped": (
        "an exception loses its error code", "event/inject.c",
        [("e.has_error = pn_pushes_error(pn_hw_svm(), e.type, e.vector, pn_hw_pe());", "e.has_error = false;")],
        "inject_exception", "call_pn_hw_write_entry_requires_error_code_rule"),
    "wrong-dr6": (
        "DR6.BS is taken from the new #DB alone, and an older one is lost", "event/payload.c",
        [("    dr6 = add_bit(dr6, payload, BS);\n", "    dr6 = pn_putb(dr6, BS, pn_tstb(payload, BS));\n")],
        "pn_dr6_after", "ensures_dr6_merge"),
    "lost-behind-reinjection": (
        "a pending NMI is lost when another event is injected again", "event/inject.c",
        [("    if (v->injected.stage == PN_STAGE_INJECTED)\n        reinject(v);\n    else if",
          "    if (v->injected.stage == PN_STAGE_INJECTED) {\n        reinject(v);\n        v->nmi_pending = 0;\n    } else if")],
        "program", "ensures_pending_kept"),
    "acknowledged-too-early": (
        "an interrupt is acknowledged before it can be delivered", "event/inject.c",
        [("v->interrupt_waiting && pn_interrupt_open(v))", "v->interrupt_waiting && (pn_interrupt_open(v) || pn_hw_if()))")],
        "program_from_outside", "call_inject_interrupt_requires_open"),
}
