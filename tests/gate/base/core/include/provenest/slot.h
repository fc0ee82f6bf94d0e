#ifndef PROVENEST_SLOT_H
#define PROVENEST_SLOT_H
#include <stdbool.h>
#include <stdint.h>
#include "../../hw/hw.h"
#include "../../../spec/acsl/slot.h"
struct pn_slot { uint8_t stage; uint8_t vector; };
/*@ requires slot: \valid(s);
    requires stage: sl1_stage(s->stage);
    terminates \true; exits \false; assigns *s;
    ensures taken: \result != 0 <==> \old(s->stage) == 0;
    ensures vector: \result != 0 ==> s->vector == vector && s->stage == 1; */
bool pn_slot_queue(struct pn_slot *s, uint8_t vector);
/*@ requires slot: \valid(s);
    requires empty: dev_entry == \false;
    terminates \true; exits \false; assigns s->stage, dev_entry, dev_vector;
    ensures injected: \old(s->stage) == 1 ==> dev_entry == \true && dev_vector == s->vector && s->stage == 2;
    ensures only_then: \old(s->stage) != 1 ==> dev_entry == \false; */
void pn_slot_inject(struct pn_slot *s);
#endif
