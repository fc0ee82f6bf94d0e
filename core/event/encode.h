/* SPDX-License-Identifier: BSD-2-Clause
 * Records to and from the words of the hardware. VMX: SDM vol. 3C 24.8.3 (table 24-13), 24.9.3 (table 24-16). SVM: APM
 * vol. 2 15.20 (EVENTINJ), 15.7.2 (EXITINTINFO), which have one format:
 *   bits 7:0 vector, 10:8 type, 11 error code valid, 31 valid; SVM: 63:32 error code.
 * proofs/roundtrip.c proves that what is written is what is read back. */
#ifndef PROVENEST_ENCODE_H
#define PROVENEST_ENCODE_H

#include <provenest/event.h>

/* The fields of an information word, as the manuals cut it. */
/*@ logic integer info_vector(integer info) = info % 0x100;
    logic integer info_type(integer info) = (info / 0x100) % 8;
    logic integer info_has_error(integer info) = (info / 0x800) % 2;
    logic integer info_valid(integer info) = (info / 0x80000000) % 2;
*/

/* EVENTINJ and EXITINTINFO: that word below, the error code above. */
/*@ logic integer svm_word(integer info) = info % 0x100000000;
    logic integer svm_error(integer info) = info / 0x100000000;
*/

/* The VM-entry interruption-information field for `e`. */
/*@ requires type: e.type <= 7;
    terminates \true; exits \false; assigns \nothing;
    ensures vector: info_vector(\result) == e.vector;
    ensures type: info_type(\result) == e.type;
    ensures error: info_has_error(\result) == (e.has_error != 0 ? 1 : 0);
    ensures valid: info_valid(\result) == 1;
    ensures reserved: (\result / 0x1000) % 0x80000 == 0; */
uint32_t pn_vmx_entry_info(struct pn_event e);

/* The IDT-vectoring information field with its error code and the exit instruction length. Bit 12 is undefined there and
 * is not looked at. Unused parts are 0: the length but for types 4 to 6, the error code without bit 11. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures valid: \result.valid != 0 <==> info_valid(info) == 1;
    ensures vector: \result.valid != 0 ==> \result.vector == info_vector(info);
    ensures type: \result.valid != 0 ==> \result.type == info_type(info);
    ensures error: \result.valid != 0 ==> (\result.has_error != 0 <==> info_has_error(info) == 1) &&
            \result.error == (info_has_error(info) == 1 ? error : 0);
    ensures length: \result.valid != 0 ==>
            (ev040_soft(info_type(info)) ==> \result.length == length % 0x100) &&
            (!ev040_soft(info_type(info)) ==> \result.length == 0);
    ensures nothing: \result.valid == 0 ==> \result.type == 0 && \result.vector == 0 && \result.length == 0 &&
            \result.has_error == 0 && \result.error == 0;
    ensures iret: \result.nmi_unblocked_by_iret == 0; */
struct pn_vectoring pn_vmx_vectoring(uint32_t info, uint32_t error, uint32_t length);

/* The EVENTINJ field for `e`; #BP and #OF have type 3 there. */
/*@ requires type: e.type <= 7;
    terminates \true; exits \false; assigns \nothing;
    ensures vector: info_vector(svm_word(\result)) == e.vector;
    ensures type: sv024_type(e.type, info_type(svm_word(\result)));
    ensures error: info_has_error(svm_word(\result)) == (e.has_error != 0 ? 1 : 0);
    ensures error_code: svm_error(\result) == (e.has_error != 0 ? e.error : 0);
    ensures valid: info_valid(svm_word(\result)) == 1;
    ensures reserved: (svm_word(\result) / 0x1000) % 0x80000 == 0; */
uint64_t pn_svm_eventinj(struct pn_event e);

/* The EXITINTINFO field. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures valid: \result.valid != 0 <==> info_valid(svm_word(info)) == 1;
    ensures vector: \result.valid != 0 ==> \result.vector == info_vector(svm_word(info));
    ensures type: \result.valid != 0 ==> \result.type == info_type(svm_word(info));
    ensures error: \result.valid != 0 ==> (\result.has_error != 0 <==> info_has_error(svm_word(info)) == 1) &&
            \result.error == (info_has_error(svm_word(info)) == 1 ? svm_error(info) : 0);
    ensures nothing: \result.valid == 0 ==> \result.type == 0 && \result.vector == 0 && \result.has_error == 0 &&
            \result.error == 0;
    ensures no_length: \result.length == 0 && \result.nmi_unblocked_by_iret == 0; */
struct pn_vectoring pn_svm_exitintinfo(uint64_t info);

#endif
