/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fields of a VMCS as logic: encodings (SDM vol. 3D appendix B) and widths (3C 24.11.2) by enum pn_field. Made from
 * spec/fields/vmcs.tbl by proofs/fields.py. */
#ifndef SPEC_VMX_FIELDS_H
#define SPEC_VMX_FIELDS_H

/*@ logic integer sdm24_encoding(integer i) =
      i == 0 ? 0x4000 : i == 1 ? 0x4002 : i == 2 ? 0x401e : i == 3 ? 0x400c : i == 4 ? 0x4012 : i == 5 ? 0x4004 :
      i == 6 ? 0x4006 : i == 7 ? 0x4008 : i == 8 ? 0x400a : i == 9 ? 0x401c : i == 10 ? 0x0000 : i == 11 ? 0x201a :
      i == 12 ? 0x2000 : i == 13 ? 0x2002 : i == 14 ? 0x2004 : i == 15 ? 0x2012 : i == 16 ? 0x2014 : i == 17 ? 0x2010 :
      i == 18 ? 0x202c : i == 19 ? 0x400e : i == 20 ? 0x2006 : i == 21 ? 0x4010 : i == 22 ? 0x2008 : i == 23 ? 0x4014 :
      i == 24 ? 0x200a : i == 25 ? 0x4016 : i == 26 ? 0x4018 : i == 27 ? 0x401a : i == 28 ? 0x681e : i == 29 ? 0x681c :
      i == 30 ? 0x6820 : i == 31 ? 0x4824 : i == 32 ? 0x6800 : i == 33 ? 0x6802 : i == 34 ? 0x6804 : i == 35 ? 0x6000 :
      i == 36 ? 0x6004 : i == 37 ? 0x6002 : i == 38 ? 0x6006 : i == 39 ? 0x681a : i == 40 ? 0x2802 : i == 41 ? 0x2804 :
      i == 42 ? 0x2806 : i == 43 ? 0x0800 : i == 44 ? 0x0802 : i == 45 ? 0x0804 : i == 46 ? 0x0806 : i == 47 ? 0x0808 :
      i == 48 ? 0x080a : i == 49 ? 0x080c : i == 50 ? 0x080e : i == 51 ? 0x6806 : i == 52 ? 0x6808 : i == 53 ? 0x680a :
      i == 54 ? 0x680c : i == 55 ? 0x680e : i == 56 ? 0x6810 : i == 57 ? 0x6812 : i == 58 ? 0x6814 : i == 59 ? 0x4800 :
      i == 60 ? 0x4802 : i == 61 ? 0x4804 : i == 62 ? 0x4806 : i == 63 ? 0x4808 : i == 64 ? 0x480a : i == 65 ? 0x480c :
      i == 66 ? 0x480e : i == 67 ? 0x4814 : i == 68 ? 0x4816 : i == 69 ? 0x4818 : i == 70 ? 0x481a : i == 71 ? 0x481c :
      i == 72 ? 0x481e : i == 73 ? 0x4820 : i == 74 ? 0x4822 : i == 75 ? 0x6816 : i == 76 ? 0x4810 : i == 77 ? 0x6818 :
      i == 78 ? 0x4812 : i == 79 ? 0x482a : i == 80 ? 0x6824 : i == 81 ? 0x6826 : i == 82 ? 0x6822 : i == 83 ? 0x280a :
      i == 84 ? 0x280c : i == 85 ? 0x280e : i == 86 ? 0x2810 : i == 87 ? 0x4826 : i == 88 ? 0x2800 : i == 89 ? 0x482e :
      i == 90 ? 0x6c16 : i == 91 ? 0x6c14 : i == 92 ? 0x6c00 : i == 93 ? 0x6c02 : i == 94 ? 0x6c04 : i == 95 ? 0x2c02 :
      i == 96 ? 0x2c00 : i == 97 ? 0x0c00 : i == 98 ? 0x0c02 : i == 99 ? 0x0c04 : i == 100 ? 0x0c06 : i == 101 ? 0x0c08 :
      i == 102 ? 0x0c0a : i == 103 ? 0x0c0c : i == 104 ? 0x6c06 : i == 105 ? 0x6c08 : i == 106 ? 0x6c0a : i == 107 ? 0x6c0c :
      i == 108 ? 0x6c0e : i == 109 ? 0x4c00 : i == 110 ? 0x6c10 : i == 111 ? 0x6c12 : i == 112 ? 0x4402 : i == 113 ? 0x6400 :
      i == 114 ? 0x4404 : i == 115 ? 0x4406 : i == 116 ? 0x4408 : i == 117 ? 0x440a : i == 118 ? 0x440c : i == 119 ? 0x440e :
      i == 120 ? 0x640a : i == 121 ? 0x2400 : i == 122 ? 0x4400 :
      -1;
*/

/*@ predicate sdm24_width16(integer i) =
      i == 10 || 43 <= i <= 50 || 97 <= i <= 103;
*/

/*@ predicate sdm24_width32(integer i) =
      0 <= i <= 9 || i == 19 || i == 21 || i == 23 || 25 <= i <= 27 || i == 31 ||
      59 <= i <= 74 || i == 76 || 78 <= i <= 79 || i == 87 || i == 89 || i == 109 ||
      i == 112 || 114 <= i <= 119 || i == 122;
*/

/*@ predicate sdm24_width64(integer i) =
      11 <= i <= 18 || i == 20 || i == 22 || i == 24 || 40 <= i <= 42 || 83 <= i <= 86 ||
      i == 88 || 95 <= i <= 96 || i == 121;
*/

/* Nothing above the field's width; 64-bit and natural-width fields have all 64 bits. */
/*@ predicate sdm24_fits(integer i, integer v) =
      (sdm24_width16(i) ==> v <= 0xffff) && (sdm24_width32(i) ==> v <= 0xffffffff);
*/

/*@ check lemma canary_vmx_fields: \false; */

#endif
