# SPDX-License-Identifier: BSD-2-Clause
#
# The core as a library for other hypervisors. Variables: PREFIX, DESTDIR; LIB_CC and LIB_CFLAGS (what the caller's own
# code needs: -mcmodel=kernel, -fno-pic ...); UNPROVEN=1 installs a core whose text is not the proven one.
PREFIX ?= /usr/local
DESTDIR ?=
LIB_CC ?= gcc
LIB_AR ?= ar
LIB_CFLAGS ?= -O2 -fPIC -fno-stack-protector -mno-red-zone -mgeneral-regs-only
LIB_VERSION := 0.1
LIB_OUT ?= build/lib
LIB_WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Werror
LIB_SRCS := $(sort $(wildcard core/event/*.c core/vmx/*.c)) vendor/common/ledger.c vendor/common/tally.c
LIB_OBJS := $(patsubst %.c,$(LIB_OUT)/%.o,$(LIB_SRCS))
LIB_HEADERS := $(sort $(wildcard core/include/provenest/*.h core/hw/*.h spec/acsl/*.h)) core/event/encode.h vendor/common/counters.h
LIB_INCLUDE = $(DESTDIR)$(PREFIX)/include/provenest
LIB_LIB = $(DESTDIR)$(PREFIX)/lib

$(LIB_OUT)/%.o: %.c $(LIB_HEADERS) $(wildcard core/event/*.h core/vmx/*.h) harness/lib/lib.mk
	@mkdir -p $(@D)
	@$(LIB_CC) -std=gnu11 -ffreestanding $(LIB_CFLAGS) $(LIB_WARN) -ffile-prefix-map=$(CURDIR)=. -Icore/include \
	    -c $< -o $@

$(LIB_OUT)/libprovenest.a: $(LIB_OBJS)
	@rm -f $@
	@$(LIB_AR) rcsD $@ $^

.PHONY: lib install test-install
lib: $(LIB_OUT)/libprovenest.a ## libprovenest.a: the proven core, and the ledger as counters

# The headers keep their places to one another in tree/, since the contracts include the predicates of spec/; in front of
# it stand the names a user includes.
install: lib ## install library, headers and pkg-config file (PREFIX=, DESTDIR=)
	@$(if $(UNPROVEN),echo "the proof results are NOT checked (UNPROVEN=1)",$(MAKE) --no-print-directory check-proofs)
	@for h in $(LIB_HEADERS); do install -D -m 644 $$h $(LIB_INCLUDE)/tree/$$h || exit 1; done
	@forward() { printf '#include "tree/%s"\n' "$$1" >"$(LIB_INCLUDE)/$$2"; }; \
	 for h in $(notdir $(wildcard core/include/provenest/*.h)); do forward core/include/provenest/$$h $$h; done; \
	 for h in $(notdir $(wildcard core/hw/*.h)); do forward core/hw/$$h $$h; done; forward vendor/common/counters.h counters.h
	@install -D -m 644 $(LIB_OUT)/libprovenest.a $(LIB_LIB)/libprovenest.a
	@mkdir -p $(LIB_LIB)/pkgconfig
	@sed -e 's|@PREFIX@|$(abspath $(PREFIX))|' -e 's|@VERSION@|$(LIB_VERSION)|' \
	    -e "s|@DIGEST@|$(if $(UNPROVEN),unproven,$$($(PY) proofs/check.py --digest))|" \
	    harness/lib/provenest.pc.in >$(LIB_LIB)/pkgconfig/provenest.pc
	@echo "installed: $(LIB_LIB)/libprovenest.a, $(LIB_INCLUDE), $(LIB_LIB)/pkgconfig/provenest.pc"

test-install: lib | build/deps-tests.stamp ## install into a prefix of its own, link the example hypervisor against it, run it
	@$(PY) harness/lib/test.py
