/* SPDX-License-Identifier: BSD-2-Clause
 * One bit of an unsigned word. Everything said about masks is said bit by bit, with a symbolic bit number: that form
 * the solvers decide without axioms (see ../../shared/wp-recipe.md, section 5). */
#ifndef SPEC_BITS_H
#define SPEC_BITS_H

/*@ predicate bit(integer word, integer k) = (word & (1 << k)) != 0;
*/

/*@ check lemma canary_bits: \false; */

#endif
