#ifndef PN_HW_H
#define PN_HW_H
#include <stdbool.h>
#include <stdint.h>
/*@ ghost bool dev_entry; uint8_t dev_vector;
*/
/*@ // TRUST: SDM 24.8.3, the next entry delivers the event in the field.
    requires one_event: dev_entry == \false;
    terminates \true; exits \false; assigns dev_entry, dev_vector;
    ensures written: dev_entry == \true;
    ensures vector: dev_vector == vector; */
void pn_hw_write_entry(uint8_t vector);
#endif
