# SPDX-License-Identifier: BSD-2-Clause
"""Wrong nested cores, each the mistake of a real hypervisor (rows of facts/kvm-inventory.md part D), as changes of
the text of one file of core/vmx; the fuzzer must find each from nothing.

name: (what is wrong, [(text, replacement)])"""

WRONG = {
    "row-38-cr4-unchecked": (
        "bits of CR4 that must be 1 are not looked at in the guest area (CVE-2023-30456)",
        [("return pn_bits_within(n->caps.cr4_fixed0, cr4) && ", "return ")]),
    "row-40-hardware-cr8": (
        "CR8 does not exit where L1 has no TPR shadow (CVE-2017-12154)",
        [("word = shadow ? word : pn_putb(pn_putb(word, PROC_CR8_LOAD, true), PROC_CR8_STORE, true);", "")]),
    "row-41-bitmap-of-l1": (
        "the MSR bitmap is L1's alone (CVE-2019-3887)",
        [("return either(l0, l1);", "return l1;")]),
    "row-42-cpl": (
        "VMX instructions at any privilege (CVE-2018-12904)",
        [("return m.cpl > 0 ? pn_vm_fault(13) : pn_vm_succeed();", "return pn_vm_succeed();")]),
    "row-49-pdptrs-stale": (
        "PDPTEs that L1 has written since are taken for those that vmcs02 holds",
        [("    if (group == PN_GROUP_PDPTRS)\n        n->pdptrs_held = false;\n", "")]),
    "row-56-debugctl-ungated": (
        "DEBUGCTL, DR7 and PAT come from vmcs12 whether the entry loads them or not",
        [("return pending && pn_tstb(entry, k) ? asked : before;", "return pending && k != 64 ? asked : before;")]),
    "failed-entry-is-clean": (
        "an entry that the processor refused leaves vmcs12 clean (facts C3)",
        [("if (n->entry_pending && !failed) {", "if (n->entry_pending) {")]),
    "interrupted-event-lost": (
        "an exit to L1 forgets the event whose delivery it interrupted",
        [("        describe(n, v->injected, x);\n", "")]),
    "shadow-write-unchecked": (
        "what L1 wrote without an exit does not open the verdict of the checks again",
        [("    if (changed)\n        pn_field_touched(n, group);\n", "    (void)changed;\n    (void)group;\n")]),
    "verdict-of-controls-kept": (
        "a VMWRITE of a control leaves the verdict of the checks standing",
        [("    return group == PN_GROUP_CONTROLS || group == PN_GROUP_EVENT || group == PN_GROUP_REGISTERS ||\n",
          "    return group == PN_GROUP_EVENT || group == PN_GROUP_REGISTERS ||\n")]),
    "invept-forgets-ept02": (
        "L2 goes on with page tables that L1 has changed and said so",
        [("    pn_hw_empty_ept02();\n", "")]),
    "invvpid-forgets-the-flush": (
        "what L1's INVVPID names stays cached for L2",
        [("    n->dirty = (uint32_t)pn_putb(n->dirty, PN_DUE_FLUSH, true);\n", "    (void)n;\n")]),
    "entry-forgets-the-flush": (
        "the entry flushes for a new VPID and EPTP, and not for an INVVPID",
        [(" || pn_tstb(n->dirty, PN_DUE_FLUSH))", ")")]),
    "shadow-says-an-old-event": (
        "behind an exit L1 still reads in the shadow VMCS that its event is valid",
        [("    show(n, s, PN_F_ENTRY_INFO);\n    show_range(n, s, SAVED, SAVED_END);\n", "    show_range(n, s, SAVED, SAVED_END);\n")]),
    "verdict-of-segments": (
        "L2's segments are not looked at again though L1 has written one",
        [("d.segments = pn_tstb(flags, VM) || due(n->dirty, PN_GROUP_SEGMENTS);",
          "d.segments = pn_tstb(flags, VM) || due(n->dirty, PN_GROUP_RARE);")]),
    "verdict-of-host": (
        "the host area is not looked at again though L1 has written it",
        [("return pn_tstb(dirty, PN_GROUP_CONTROLS) || pn_tstb(dirty, PN_GROUP_HOST);",
          "return pn_tstb(dirty, PN_GROUP_CONTROLS);")]),
    "verdict-of-an-exit": (
        "what an exit of L2 has saved counts as looked at",
        [("    if (vm || changed)\n        n->dirty = with_bit(n->dirty, PN_GROUP_EXIT);\n", "    (void)vm;\n    (void)changed;\n")]),
    "exit-compares-no-efer": (
        "an exit that saves another EFER leaves the verdict standing",
        [("return dr7 || debugctl || pat || efer;", "return dr7 || debugctl || pat;")]),
    "exit-compares-no-mode": (
        "L2 has left IA-32e mode or gone there, and the verdict stands",
        [("return f[PN_F_ENTRY_CTL] != entry;", "return entry > UINT64_MAX - 1;")]),
    "exit-compares-no-cr4": (
        "an exit that saves another CR4 leaves the verdict standing",
        [("return f[PN_F_GUEST_CR0] != before0 || f[PN_F_GUEST_CR4] != before4;", "return f[PN_F_GUEST_CR0] != before0;")]),
    "verdict-of-virtual-8086": (
        "what was right of a virtual-8086 guest's segments stands for another guest",
        [("    if (vm || changed)\n", "    (void)vm;\n    if (changed)\n")]),
    "late-settle-never-saves": (
        "an entry leaves L2's segments in vmcs02 whatever L1 has changed",
        [("    if (!settled(n))\n        pn_save_segments(n);\n", "    (void)settled(n);\n")]),
    "late-exit-claims-them": (
        "an exit says that vmcs12 has L2's segments, and saves two of their words",
        [("    return pn_save_changes(n, PN_F_GUEST_CS_AR_BYTES, PN_F_GUEST_SS_AR_BYTES + 1);\n",
          "    n->dirty = with_bit(n->dirty, PN_HAS_SEGMENTS);\n"
          "    return pn_save_changes(n, PN_F_GUEST_CS_AR_BYTES, PN_F_GUEST_SS_AR_BYTES + 1);\n")]),
    "late-entry-claims-them": (
        "behind an entry vmcs12 still counts as having L2's segments",
        [("n->dirty = 0;", "n->dirty = 1u << PN_HAS_SEGMENTS;")]),
    "late-exit-saves-no-rights": (
        "an exit leaves also the access rights of CS and SS in vmcs02, which the rules on RIP and HLT read",
        [("    return pn_save_changes(n, PN_F_GUEST_CS_AR_BYTES, PN_F_GUEST_SS_AR_BYTES + 1);\n", "    return false;\n")]),
    "late-all-but-one": (
        "all of L2's segments are fetched but the limit of IDTR",
        [("    changed = pn_save_changes(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END);\n",
          "    changed = pn_save_changes(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END - 1);\n")]),
    "late-verdict-stands": (
        "the checks' verdict stands for segments that L2 has loaded since",
        [("    return changed ? (uint32_t)pn_putb(had, PN_GROUP_EXIT, true) : had;\n", "    (void)changed;\n    return had;\n")]),
    "late-written-old": (
        "segments that only vmcs02 has are written over with those that vmcs12 had before",
        [("write_segments_if(pn_tstb(dirty, PN_GROUP_SEGMENTS), n);",
          "write_segments_if(n != 0, n);")]),
    "late-failure-claims-them": (
        "behind an entry that failed vmcs12 counts as having L2's segments",
        [("    return (uint32_t)pn_putb(all_ones(dirty), PN_HAS_SEGMENTS, pn_tstb(dirty, PN_HAS_SEGMENTS));\n",
          "    return all_ones(dirty);\n")]),
    "late-verdict-ended-by-an-exit": (
        "segments stay in vmcs02 though the checks are due on old ones and new rights",
        [("    return pn_both(dirty, asked_anew()) == 0;\n",
          "    return pn_both(dirty, pn_putb(asked_anew(), PN_GROUP_EXIT, false)) == 0;\n")]),
}
