#include <provenest/slot.h>

bool pn_slot_queue(struct pn_slot *s, uint8_t vector)
{
    if (s->stage != 0)
        return false;
    s->stage = 1;
    s->vector = vector;
    return true;
}

/*@ requires slot: \valid(s);
    requires empty: dev_entry == \false;
    terminates \true; exits \false; assigns s->stage, dev_entry, dev_vector;
    ensures written: dev_entry == \true && dev_vector == s->vector && s->stage == 2; */
static void write(struct pn_slot *s)
{
    pn_hw_write_entry(s->vector);
    s->stage = 2;
}

void pn_slot_inject(struct pn_slot *s)
{
    if (s->stage == 1)
        write(s);
}
