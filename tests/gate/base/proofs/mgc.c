#include <provenest/slot.h>

/*@ // TRUST: proof only, any number.
    terminates \true; exits \false; assigns \nothing; */
uint8_t pn_any(void);

/*@ requires slot: \valid(s);
    requires stage: s->stage == 0;
    requires empty: dev_entry == \false;
    terminates \true; exits \false; assigns *s, dev_entry, dev_vector; */
void pn_any_client(struct pn_slot *s)
{
    pn_slot_queue(s, pn_any());
    pn_slot_inject(s);
}
