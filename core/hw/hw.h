/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seam: what the core asks of the processor that runs the guest. vendor/ implements it; a link picks one.
 *
 * Every contract here is an assumption about hardware and about the few lines in vendor/ that reach it: each carries
 * the manual's section and a TRUST reason, is listed in the trust ledger, and is exercised on emulated hardware.
 * The dev_ ghosts are the device as the manual sees it. Only contracts in core/hw may assign them; the gate refuses
 * a ghost assignment to them anywhere else. The discipline of the architecture is written as preconditions: a core that
 * writes two events for one entry, or a payload after its event, does not prove.
 *
 * All functions act on the virtual CPU that is current on this processor, between a VM exit and the next entry.
 */
#ifndef PROVENEST_HW_H
#define PROVENEST_HW_H

#include <provenest/types.h>

#include "../../spec/acsl/entry.h"
#include "../../spec/acsl/payload.h"
#include "../../spec/acsl/priority.h"

/*@ ghost
  // Guest state that decides what can be delivered (SDM 24.4).
  bool dev_if; bool dev_tf; bool dev_btf; bool dev_pe; bool dev_rf;
  bool dev_sti; bool dev_movss; bool dev_nmi_blocked; bool dev_bs;
  bool dev_gif; bool dev_smm; bool dev_wfs;
  // Breakpoints (bits 3:0) in the pending debug exceptions.
  uint64_t dev_breakpoints;
  // What the processor is: nothing assigns these.
  bool dev_svm; bool dev_nrips;
  // RIP as the field has it; RIP of the instruction the guest is at; the next-RIP field; the mode that decides how
  // addresses wrap. TF of the hypervisor's own, to step over one instruction.
  uint64_t dev_rip; uint64_t dev_at; uint64_t dev_next_rip; int dev_mode; bool dev_step;
  uint64_t dev_dr6; uint64_t dev_dr7; uint64_t dev_cr2;
  // The entry event field, and what is armed.
  bool dev_entry; struct pn_event dev_entry_event;
  bool dev_intr_window; bool dev_nmi_window; bool dev_immediate;
  // The last exit: not yet read; an event that is owed to the guest: its delivery was interrupted, or (taken_back) its
  // entry did not run; the event of the last entry, if its delivery is known to be complete; whether the instruction that
  // raised an owed software event is still at RIP.
  bool dev_exited; bool dev_iret_unblocked; bool dev_taken_back; bool dev_soft_here;
  bool dev_owed; struct pn_event dev_owed_event;
  bool dev_done; struct pn_event dev_done_event;
  // An interrupt that is acknowledged (in service in the controller) and not yet in the entry event field.
  bool dev_acked; uint8_t dev_acked_vector;
  // Numbers of payloads written and of acknowledgements asked for. The ghosts under these counters are finite, so a
  // history that is claimed about has at most 2^32 of each; no single step can tell.
  int dev_applied; int dev_asked;
*/

/*@ axiomatic Counters {
      logic integer n_applied{L} reads dev_applied;
      logic integer n_asked{L} reads dev_asked;
    }
*/

/* What identifies an event to the processor: the fields of the entry and vectoring information. */
/*@ predicate same_event(struct pn_event a, struct pn_event b) =
      a.type == b.type && a.vector == b.vector && a.length == b.length && a.has_error == b.has_error &&
      a.error == b.error;

    predicate reported(struct pn_event a, struct pn_vectoring x) =
      a.type == x.type && a.vector == x.vector && a.length == x.length && a.has_error == x.has_error &&
      a.error == x.error;

    predicate sv054_reported(struct pn_event a, struct pn_vectoring x) =
      sv024_type(a.type, x.type) && a.vector == x.vector && x.length == 0 && a.has_error == x.has_error &&
      a.error == x.error;

    predicate sv054_alike(struct pn_event a, struct pn_event b) =
      a.type == b.type && a.vector == b.vector && a.has_error == b.has_error && a.error == b.error;
*/

/* SV-052: where a software event returns to. The address behind an instruction wraps as the guest's mode has it. With
   NRIPS the processor pushes the next-RIP field, else software has advanced RIP before. */
/*@ axiomatic Rip {
      logic integer next_rip{L}(integer rip, integer length) reads dev_mode;
    }

    predicate sv052_soft{L}(integer type) = dev_svm != 0 && ev040_soft(type);

    predicate sv052_return{L}(struct pn_event e) =
      (sv052_soft(e.type) && dev_nrips != 0 ==> dev_rip == dev_at && dev_next_rip == next_rip(dev_at, e.length)) &&
      (sv052_soft(e.type) && dev_nrips == 0 ==> dev_rip == next_rip(dev_at, e.length)) &&
      (!sv052_soft(e.type) ==> dev_rip == dev_at);
*/

/* ---- Reading the guest ---------------------------------------------------------------------------------------- */

/*@ // TRUST: SDM 24.4.1, the guest RFLAGS field is the guest's RFLAGS between exit and entry.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_if; */
bool pn_hw_if(void); /* RFLAGS.IF */

/*@ // TRUST: SDM 24.4.1, as above.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_tf; */
bool pn_hw_tf(void); /* RFLAGS.TF */

/*@ // TRUST: SDM 17.4.1 and 24.4.1, the guest IA32_DEBUGCTL field, saved by "save debug controls".
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_btf; */
bool pn_hw_btf(void); /* IA32_DEBUGCTL.BTF: single step on branches */

/*@ // TRUST: SDM 24.4.1, the guest CR0 field.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_pe; */
bool pn_hw_pe(void); /* CR0.PE */

/*@ // TRUST: SDM 23.6 and APM 15.4, CPUID says which: a constant of the linked backend.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_svm; */
bool pn_hw_svm(void); /* AMD: VMCB; else Intel: VMCS */

/*@ // TRUST: APM 15.7.1 (NRIPS), CPUID Fn8000_000A EDX bit 3.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_nrips; */
bool pn_hw_nrips(void);

/*@ // TRUST: SDM 24.4.1 and APM appendix B, the guest RIP field.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_rip; */
uint64_t pn_hw_rip(void);

/*@ // TRUST: SDM vol. 1 3.2 and APM 1.3: RIP plus length, cut to 16 or 32 bits outside 64-bit code.
    requires range: 1 <= length <= 15;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == next_rip(dev_rip, length); */
uint64_t pn_hw_next_rip(uint8_t length);

/*@ // TRUST: APM 15.17: GIF; 1 where there is none (VMX).
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_gif; */
bool pn_hw_gif(void);

/*@ // TRUST: SDM 24.4.2 table 24-3, interruptibility-state bit 2; AMD: the hypervisor's own knowledge (APM 15.22).
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_smm; */
bool pn_hw_smm(void); /* the guest is in SMM: SMI and INIT are blocked */

/*@ // TRUST: SDM 24.4.2, activity state 3; AMD: the hypervisor's own knowledge.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_wfs; */
bool pn_hw_wait_for_sipi(void);

/*@ // TRUST: SDM 24.4.2 table 24-3, interruptibility-state bit 0.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_sti; */
bool pn_hw_sti_shadow(void);

/*@ // TRUST: SDM 24.4.2 table 24-3, interruptibility-state bit 1. AMD has one shadow (APM 15.21.5), told by bit 0 above.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_movss; */
bool pn_hw_movss_shadow(void);

/*@ // TRUST: SDM 24.4.2 table 24-3, interruptibility-state bit 3; with virtual NMIs it is virtual-NMI blocking.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_nmi_blocked; */
bool pn_hw_nmi_blocked(void);

/*@ // TRUST: SDM 27.1, DR6 is not switched by VMX transitions: the register holds the guest's while L0 leaves it alone.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_dr6; */
uint64_t pn_hw_dr6(void);

/*@ // TRUST: SDM 24.4.1, the guest DR7 field, saved and loaded by the debug controls.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_dr7; */
uint64_t pn_hw_dr7(void);

/*@ // TRUST: SDM 24.4.1, the guest RFLAGS field.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_rf; */
bool pn_hw_rf(void); /* RFLAGS.RF */

/*@ // TRUST: SDM 24.4.2 table 24-4, bits 3:0 of the pending debug exceptions; AMD has none: 0.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_breakpoints; */
uint64_t pn_hw_pending_breakpoints(void);

/*@ // TRUST: SDM 27.2.3 and 27.2.4, IDT-vectoring information, and APM 15.7.2, EXITINTINFO; valid once an exit. The vendor
    // decodes it: unused fields are 0, bit 12 is left out of the event. Read it before anything is done about the exit.
    requires after_exit: dev_exited != 0;
    terminates \true; exits \false; assigns dev_exited;
    ensures consumed: dev_exited == 0;
    ensures owed: \result.valid == dev_owed;
    ensures content: \result.valid != 0 && dev_svm == 0 ==> reported(dev_owed_event, \result);
    ensures content_svm: \result.valid != 0 && dev_svm != 0 ==> sv054_reported(dev_owed_event, \result);
    ensures iret: \result.nmi_unblocked_by_iret == dev_iret_unblocked; */
struct pn_vectoring pn_hw_vectoring(void);

/*@ // TRUST: APM 15.7.2 and vol. 3 (INT n, INT3, INTO): EXITINTINFO has no length, so the vendor looks whether the
    // instruction at RIP is the one that raises this software event, and how long it is. 0: it is not there (any more).
    requires owed: dev_svm != 0 && dev_owed != 0;
    terminates \true; exits \false; assigns \nothing;
    ensures range: \result <= 15;
    ensures here: \result != 0 <==> dev_soft_here != 0;
    ensures length: \result != 0 ==> dev_owed_event.length == \result; */
uint8_t pn_hw_soft_length(uint8_t type, uint8_t vector);

/* ---- Payload: before the event, never after it ----------------------------------------------------------------- */

/*@ // TRUST: SDM 26.5.1.1, an injected #PF does not write CR2, so the register keeps what is written here.
    requires payload_before_event: dev_entry == 0;
    terminates \true; exits \false; assigns dev_cr2, dev_applied;
    ensures value: dev_cr2 == address;
    ensures counted: n_applied == \old(n_applied) + 1; */
void pn_hw_write_cr2(uint64_t address);

/*@ // TRUST: SDM 26.5.1.1, an injected #DB does not write DR6.
    requires payload_before_event: dev_entry == 0;
    terminates \true; exits \false; assigns dev_dr6, dev_applied;
    ensures value: dev_dr6 == value;
    ensures counted: n_applied == \old(n_applied) + 1; */
void pn_hw_write_dr6(uint64_t value);

/*@ // TRUST: SDM 26.5.1.1, an injected #DB does not write DR7; 26.3.2.1, "load debug controls" loads the field.
    requires payload_before_event: dev_entry == 0;
    terminates \true; exits \false; assigns dev_dr7;
    ensures value: dev_dr7 == value; */
void pn_hw_write_dr7(uint64_t value);

/* ---- Guest state the core may change --------------------------------------------------------------------------- */

/*@ // TRUST: SDM 26.5.1.1, the RFLAGS image pushed is the field's; injection does not set RF by itself.
    terminates \true; exits \false; assigns dev_rf;
    ensures value: dev_rf != 0; */
void pn_hw_set_rf(void);

/*@ // TRUST: SDM 24.4.1, the guest RFLAGS field; 17.3.1.1, RF is cleared by an instruction that completes.
    terminates \true; exits \false; assigns dev_rf;
    ensures value: dev_rf == 0; */
void pn_hw_clear_rf(void);

/*@ // TRUST: SDM 24.4.2, bits 1:0 of the interruptibility state; AMD: the one bit for both (APM 15.21.5), read as STI.
    requires one: sti == 0 || movss == 0;
    terminates \true; exits \false; assigns dev_sti, dev_movss;
    ensures sti: dev_sti != 0 <==> sti != 0 || (dev_svm != 0 && movss != 0);
    ensures movss: dev_movss != 0 <==> movss != 0 && dev_svm == 0; */
void pn_hw_set_shadow(bool sti, bool movss);

/*@ // TRUST: SDM 24.4.2 table 24-4 and 26.6.3: bits 3:0 with bit 12 (enabled breakpoint) of the pending debug exceptions:
    // the processor delivers the trap when nothing holds it any more. AMD has no such field and loses them.
    terminates \true; exits \false; assigns dev_breakpoints;
    ensures value: \forall integer k; 0 <= k <= 3 ==> (bit(dev_breakpoints, k) <==> dev_svm == 0 && bit(bits, k)); */
void pn_hw_set_pending_breakpoints(uint64_t bits);

/*@ // TRUST: APM appendix B, the RIP field, for a processor without NRIPS: APM 15.20, a software event that is injected
    // pushes RIP as it is.
    terminates \true; exits \false; assigns dev_rip;
    ensures value: dev_rip == rip; */
void pn_hw_set_rip(uint64_t rip);

/*@ // TRUST: APM 15.20 (NRIPS): the return address that an injected software event pushes.
    terminates \true; exits \false; assigns dev_next_rip;
    ensures value: dev_next_rip == rip; */
void pn_hw_set_next_rip(uint64_t rip);

/*@ // TRUST: SDM 24.4.2, clearing bits 1:0 of the interruptibility state ends blocking by STI and MOV SS.
    terminates \true; exits \false; assigns dev_sti, dev_movss;
    ensures sti: dev_sti == 0;
    ensures movss: dev_movss == 0; */
void pn_hw_clear_shadow(void);

/*@ // TRUST: SDM 24.4.2, bit 3 of the interruptibility state.
    terminates \true; exits \false; assigns dev_nmi_blocked;
    ensures value: dev_nmi_blocked == blocked; */
void pn_hw_set_nmi_blocked(bool blocked);

/*@ // TRUST: SDM 24.4.2 table 24-4, bit 14 (BS) of the pending debug exceptions.
    terminates \true; exits \false; assigns dev_bs;
    ensures value: dev_bs == pending; */
void pn_hw_set_step_pending(bool pending);

/* ---- The entry event and the windows --------------------------------------------------------------------------- */

/*@ // TRUST: SDM 24.8.3 and 26.5, the next VM entry delivers the event in the entry-interruption-information field; APM
    // 15.20, the next VMRUN the one in EVENTINJ. The hypervisor's own TF would be pushed with the guest's flags.
    requires one_event: dev_entry == 0;
    requires exit_read: dev_exited == 0;
    requires interrupted_first: dev_owed != 0 ==> same_event(e, dev_owed_event);
    requires type_rule: ve078_type(dev_svm, e.type, e.vector);
    requires error_code_rule: dev_owed == 0 ==> ve083_error_bit(dev_svm, e.type, e.vector, e.has_error, dev_pe);
    requires error_width: ve088_error_width(dev_svm, e.error);
    requires length_rule: ve089_length(e.type, e.length);
    requires return_address: sv052_return(e);
    requires own_step: dev_step == 0;
    requires active: dev_wfs == 0;
    requires interrupt_open: e.type == PN_TYPE_INTERRUPT ==> ve227_interrupt_open(dev_if, dev_sti, dev_movss, dev_gif);
    requires nmi_open: e.type == PN_TYPE_NMI ==> ve228_nmi_open(dev_nmi_blocked, dev_sti, dev_movss, dev_gif);
    requires acknowledged: (e.type == PN_TYPE_INTERRUPT && dev_owed == 0) ==>
                           (dev_acked != 0 && e.vector == dev_acked_vector);
    requires no_other_acknowledged: (e.type != PN_TYPE_INTERRUPT || dev_owed != 0) ==> dev_acked == 0;
    requires payload_applied: e.has_payload == 0;
    terminates \true; exits \false; assigns dev_entry, dev_entry_event, dev_owed, dev_acked;
    ensures written: dev_entry != 0;
    ensures event: dev_entry_event == e;
    ensures served: dev_owed == 0;
    ensures handed_over: dev_acked == 0; */
void pn_hw_write_entry(struct pn_event e);

/*@ // TRUST: SDM 24.8.3, an entry that never ran delivers nothing: clearing the valid bit takes the event back. A pending
    // MTF exit (type 7) is not a delivery: nothing is owed.
    requires something: dev_entry != 0;
    terminates \true; exits \false; assigns dev_entry, dev_owed, dev_owed_event, dev_taken_back;
    ensures taken_back: dev_entry == 0 && dev_taken_back != 0;
    ensures owed: dev_owed != 0 <==> dev_entry_event.type != PN_TYPE_OTHER;
    ensures event: dev_owed_event == dev_entry_event; */
void pn_hw_cancel_entry(void);

/*@ // TRUST: design, "Conservation": the guest state that was restored is that of an exit which interrupted the delivery of
    // `e` (or of an entry taken back), so it is owed here as it was there.
    requires nothing: dev_owed == 0 && dev_entry == 0;
    requires type_rule: ve078_type(dev_svm, e.type, e.vector);
    requires interrupt_open: e.type == PN_TYPE_INTERRUPT ==> ve227_interrupt_open(dev_if, dev_sti, dev_movss, dev_gif);
    requires nmi_open: e.type == PN_TYPE_NMI ==> dev_sti == 0 && dev_movss == 0 && dev_gif != 0;
    terminates \true; exits \false; assigns dev_owed, dev_owed_event, dev_taken_back;
    ensures owed: dev_owed != 0 && dev_owed_event == e;
    ensures taken_back: dev_taken_back == taken_back; */
void pn_hw_restore_owed(struct pn_event e, bool taken_back);

/*@ // TRUST: SDM 25.2 and 26.7.5, interrupt-window exiting exits as soon as IF = 1 and no shadow blocks; APM 15.21.4, so does
    // the VINTR intercept with V_IRQ. While it is armed the vendor turns external-interrupt exiting off, or a waiting
    // interrupt would exit for ever; with a guest's GIF = 0 it arms STGI's intercept in place of V_IRQ.
    terminates \true; exits \false; assigns dev_intr_window;
    ensures value: dev_intr_window == on; */
void pn_hw_set_intr_window(bool on);

/*@ // TRUST: SDM 25.2 and 26.7.6, NMI-window exiting exits as soon as neither virtual-NMI blocking nor MOV SS blocks;
    // blocking by STI may or may not prevent it, so the window is no use to wait for the end of that. AMD has none: the
    // IRET intercept exits before the IRET that ends the blocking (APM 15.9).
    terminates \true; exits \false; assigns dev_nmi_window;
    ensures value: dev_nmi_window == on; */
void pn_hw_set_nmi_window(bool on);

/*@ // TRUST: SDM 25.5.1 and 26.7.4: a preemption timer of 0 exits after the injection and before the first instruction; AMD:
    // a self-IPI that the INTR intercept turns into an exit (APM 15.13.1).
    terminates \true; exits \false; assigns dev_immediate;
    ensures value: dev_immediate == on; */
void pn_hw_set_immediate_exit(bool on);

/*@ // TRUST: APM 15.20 and 13.1.4: RFLAGS.TF, set and hidden by the vendor, exits (#DB intercept) after one instruction;
    // all exceptions and INTn are intercepted meanwhile, or a delivery of the guest's own would push that TF.
    terminates \true; exits \false; assigns dev_step;
    ensures value: dev_step == on; */
void pn_hw_set_step(bool on);

/*@ // TRUST: SDM 10.8.4 and 10.8.5: acknowledging moves the highest waiting interrupt to in-service, where it blocks the
    // ones below it and where the guest's next EOI retires it. So it may be done only when delivery follows at once,
    // and only one can be held.
    requires exit_read: dev_exited == 0;
    requires deliverable: ve227_interrupt_open(dev_if, dev_sti, dev_movss, dev_gif);
    requires nothing_else: dev_entry == 0 && dev_owed == 0;
    requires none_held: dev_acked == 0;
    terminates \true; exits \false; assigns dev_acked, dev_acked_vector, dev_asked;
    ensures asked: n_asked == \old(n_asked) + 1;
    ensures range: -1 <= \result <= 255;
    ensures held: dev_acked != 0 <==> \result >= 0;
    ensures vector: \result >= 0 ==> dev_acked_vector == \result; */
int pn_hw_ack_interrupt(void); /* vector 0..255, or PN_NO_INTERRUPT */

/*@ // TRUST: proof only (design, "Conservation"): between an exit and an entry the hypervisor may change the guest: it carries
    // out SMI, INIT, SIPI, RSM, STGI or any instruction. Nothing is being delivered then.
    requires quiet: dev_owed == 0 && dev_entry == 0;
    terminates \true; exits \false;
    assigns dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs,
            dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures at_instruction: dev_rip == dev_at; */
void pn_hw_any_change(void);

/* ---- Entry and exit ------------------------------------------------------------------------------------------- */

/*@ // TRUST: SDM 26.5, 27.1 and 27.2.4, APM 15.6, 15.7.2 and 15.20: what one round through the guest does to the device. It
    // may change all guest state. If it reports an interrupted delivery, that event is well formed and owed; an
    // interrupted interrupt or NMI leaves no shadow (27.1; AMD may show one that is not the guest's), and RFLAGS is as it was
    // before delivery, so IF is 1 for an interrupt. An event of the entry that is not reported has been delivered, or has
    // ended in the event that is reported. AMD: a software event that is reported with RIP as the entry had it is the
    // entry's own, else RIP is at its instruction (without NRIPS this wants INTn, #BP and #OF intercepted: two equal
    // instructions in a row could not be told apart). Virtual NMIs are not used, so the blocking flag is the core's.
    requires exit_read: dev_exited == 0;
    requires nothing_owed: dev_owed == 0;
    requires nothing_acknowledged: dev_acked == 0;
    requires step_rule: ve236_step_pending(dev_svm, dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    requires still_open: dev_svm == 0 && dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI ==>
                         ve228_nmi_open(dev_nmi_blocked, dev_sti, dev_movss, dev_gif);
    requires nmi_noted: dev_svm != 0 && dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI ==> dev_nmi_blocked != 0;
    requires return_address: dev_entry != 0 ==> sv052_return(dev_entry_event);
    requires at_instruction: dev_entry == 0 ==> dev_rip == dev_at;
    requires active: dev_entry != 0 ==> dev_wfs == 0;
    terminates \true; exits \false;
    assigns dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_dr6, dev_dr7,
            dev_cr2, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_soft_here,
            dev_entry, dev_owed, dev_owed_event, dev_taken_back, dev_done, dev_done_event, dev_exited,
            dev_iret_unblocked;
    ensures exited: dev_exited != 0;
    ensures cleared: dev_entry == 0;
    ensures owed_type: dev_owed != 0 ==> ve078_type(dev_svm, dev_owed_event.type, dev_owed_event.vector) &&
                       dev_owed_event.type != PN_TYPE_OTHER && dev_taken_back == 0;
    ensures owed_error: dev_owed != 0 ==> ve088_error_width(dev_svm, dev_owed_event.error);
    ensures owed_length: dev_owed != 0 ==> ve089_length(dev_owed_event.type, dev_owed_event.length);
    ensures owed_interrupt: (dev_owed != 0 && dev_owed_event.type == PN_TYPE_INTERRUPT) ==>
                            dev_if != 0 && dev_gif != 0 && (dev_svm == 0 ==> dev_sti == 0 && dev_movss == 0);
    ensures owed_nmi: (dev_owed != 0 && dev_owed_event.type == PN_TYPE_NMI) ==>
                      dev_gif != 0 && (dev_svm == 0 ==> dev_sti == 0 && dev_movss == 0);
    ensures active: dev_owed != 0 ==> dev_wfs == 0;
    ensures own_soft: dev_svm != 0 && \old(dev_entry) != 0 && dev_owed != 0 && ev040_soft(dev_owed_event.type) &&
                      sv054_alike(\old(dev_entry_event), dev_owed_event) && dev_rip == \old(dev_rip) ==>
                      dev_owed_event.length == \old(dev_entry_event).length && dev_at == \old(dev_at);
    ensures other_at: !(dev_svm != 0 && \old(dev_entry) != 0 && dev_owed != 0 && ev040_soft(dev_owed_event.type) &&
                      sv054_alike(\old(dev_entry_event), dev_owed_event) && dev_rip == \old(dev_rip)) ==>
                      dev_rip == dev_at;
    ensures done: dev_done != 0 <==> (\old(dev_entry) != 0 &&
                  !(dev_owed != 0 && same_event(\old(dev_entry_event), dev_owed_event) &&
                    (sv052_soft(dev_owed_event.type) ==> dev_rip == \old(dev_rip))));
    ensures done_event: dev_done != 0 ==> dev_done_event == \old(dev_entry_event); */
void pn_hw_enter_guest(void);

#endif
