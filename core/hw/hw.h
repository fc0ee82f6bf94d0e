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
  uint64_t dev_dr6; uint64_t dev_dr7; uint64_t dev_cr2;
  // The entry event field, and what is armed.
  bool dev_entry; struct pn_event dev_entry_event;
  bool dev_intr_window; bool dev_nmi_window;
  // The last exit: not yet read; an event whose delivery it interrupted and that is owed to the guest; the event of
  // the last entry, if its delivery is known to be complete.
  bool dev_exited; bool dev_iret_unblocked;
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

/*@ // TRUST: SDM 24.4.2 table 24-3, interruptibility-state bit 0.
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_sti; */
bool pn_hw_sti_shadow(void);

/*@ // TRUST: SDM 24.4.2 table 24-3, interruptibility-state bit 1.
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

/*@ // TRUST: SDM 27.2.3 and 27.2.4, IDT-vectoring information; valid once an exit. The vendor decodes it: unused
    // fields are 0, bit 12 is left out of the event. Read it before anything is done about the exit.
    requires after_exit: dev_exited != 0;
    terminates \true; exits \false; assigns dev_exited;
    ensures consumed: dev_exited == 0;
    ensures owed: \result.valid == dev_owed;
    ensures content: \result.valid != 0 ==> reported(dev_owed_event, \result);
    ensures iret: \result.nmi_unblocked_by_iret == dev_iret_unblocked; */
struct pn_vectoring pn_hw_vectoring(void);

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

/*@ // TRUST: SDM 24.8.3 and 26.5, the next VM entry delivers the event in the entry-interruption-information field.
    requires one_event: dev_entry == 0;
    requires exit_read: dev_exited == 0;
    requires interrupted_first: dev_owed != 0 ==> same_event(e, dev_owed_event);
    requires type_rule: ve078_type(e.type, e.vector);
    requires error_code_rule: dev_owed == 0 ==> ve083_error_bit(e.type, e.vector, e.has_error, dev_pe);
    requires error_width: ve088_error_width(e.error);
    requires length_rule: ve089_length(e.type, e.length);
    requires interrupt_open: e.type == PN_TYPE_INTERRUPT ==> ve227_interrupt_open(dev_if, dev_sti, dev_movss);
    requires nmi_open: e.type == PN_TYPE_NMI ==> ve228_nmi_open(dev_nmi_blocked, dev_sti, dev_movss);
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

/*@ // TRUST: SDM 24.8.3, an entry that never ran delivers nothing: clearing the valid bit takes the event back.
    requires something: dev_entry != 0;
    terminates \true; exits \false; assigns dev_entry, dev_owed, dev_owed_event;
    ensures taken_back: dev_entry == 0;
    ensures owed: dev_owed != 0;
    ensures event: dev_owed_event == dev_entry_event; */
void pn_hw_cancel_entry(void);

/*@ // TRUST: SDM 25.2 and 26.7.5, interrupt-window exiting exits as soon as IF = 1 and no shadow blocks. While it is
    // armed the vendor turns external-interrupt exiting off, or a waiting interrupt would exit for ever.
    terminates \true; exits \false; assigns dev_intr_window;
    ensures value: dev_intr_window == on; */
void pn_hw_set_intr_window(bool on);

/*@ // TRUST: SDM 25.2 and 26.7.6, NMI-window exiting exits as soon as neither virtual-NMI blocking nor MOV SS blocks;
    // blocking by STI may or may not prevent it, so the window is no use to wait for the end of that.
    terminates \true; exits \false; assigns dev_nmi_window;
    ensures value: dev_nmi_window == on; */
void pn_hw_set_nmi_window(bool on);

/*@ // TRUST: SDM 10.8.4 and 10.8.5: acknowledging moves the highest waiting interrupt to in-service, where it blocks the
    // ones below it and where the guest's next EOI retires it. So it may be done only when delivery follows at once,
    // and only one can be held.
    requires exit_read: dev_exited == 0;
    requires deliverable: ve227_interrupt_open(dev_if, dev_sti, dev_movss);
    requires nothing_else: dev_entry == 0 && dev_owed == 0;
    requires none_held: dev_acked == 0;
    terminates \true; exits \false; assigns dev_acked, dev_acked_vector, dev_asked;
    ensures asked: n_asked == \old(n_asked) + 1;
    ensures range: -1 <= \result <= 255;
    ensures held: dev_acked != 0 <==> \result >= 0;
    ensures vector: \result >= 0 ==> dev_acked_vector == \result; */
int pn_hw_ack_interrupt(void); /* vector 0..255, or PN_NO_INTERRUPT */

/* ---- Entry and exit ------------------------------------------------------------------------------------------- */

/*@ // TRUST: SDM 26.5, 27.1 and 27.2.4: what one round through the guest does to the device. It may change all guest
    // state. If it reports an interrupted delivery, that event is well formed and owed; an interrupted interrupt or
    // NMI leaves no shadow (27.1), and RFLAGS is as it was before delivery, so IF is 1 for an interrupt. An event of
    // the entry that is not reported has been delivered, or has ended in the event that is reported.
    requires exit_read: dev_exited == 0;
    requires nothing_owed: dev_owed == 0;
    requires nothing_acknowledged: dev_acked == 0;
    requires step_rule: ve236_step_pending(dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    requires still_open: dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI ==>
                         ve228_nmi_open(dev_nmi_blocked, dev_sti, dev_movss);
    terminates \true; exits \false;
    assigns dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_dr6, dev_dr7,
            dev_cr2, dev_entry, dev_owed, dev_owed_event, dev_done, dev_done_event, dev_exited,
            dev_iret_unblocked;
    ensures exited: dev_exited != 0;
    ensures cleared: dev_entry == 0;
    ensures owed_type: dev_owed != 0 ==> ve078_type(dev_owed_event.type, dev_owed_event.vector);
    ensures owed_error: dev_owed != 0 ==> ve088_error_width(dev_owed_event.error);
    ensures owed_length: dev_owed != 0 ==> ve089_length(dev_owed_event.type, dev_owed_event.length);
    ensures owed_interrupt: (dev_owed != 0 && dev_owed_event.type == PN_TYPE_INTERRUPT) ==>
                            ve227_interrupt_open(dev_if, dev_sti, dev_movss);
    ensures owed_nmi: (dev_owed != 0 && dev_owed_event.type == PN_TYPE_NMI) ==>
                      dev_sti == 0 && dev_movss == 0;
    ensures done: dev_done != 0 <==> (\old(dev_entry) != 0 &&
                  !(dev_owed != 0 && same_event(\old(dev_entry_event), dev_owed_event)));
    ensures done_event: dev_done != 0 ==> dev_done_event == \old(dev_entry_event); */
void pn_hw_enter_guest(void);

#endif
