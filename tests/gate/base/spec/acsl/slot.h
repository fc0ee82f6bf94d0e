#ifndef SPEC_SLOT_H
#define SPEC_SLOT_H
/*@ predicate sl1_stage(integer stage) = 0 <= stage <= 2;
*/
#endif
