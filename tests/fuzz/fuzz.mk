# SPDX-License-Identifier: BSD-2-Clause
#
# Call sequences of the public API, guided by coverage. Variables:
#   TIME        seconds (default: a fixed number of runs with a fixed seed, which always does the same)
#   FUZZ_CORE   another core to fuzz, FUZZ_OUT where to build
#   FUZZ_CONTRACTS=  leaves out the executed contracts
FUZZ_CORE ?= core
FUZZ_OUT ?= build/fuzz
FUZZ_CC ?= clang
FUZZ_CONTRACTS ?= build/fuzz/contracts.o build/fuzz/host.o
, := ,
FUZZ_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -fno-sanitize-recover=all
FUZZ_SAN := -fsanitize=fuzzer-no-link,undefined,local-bounds
FUZZ_GUARDED := $(shell sed -n 's/^void __wrap_\(pn_ledger_[a-z_]*\)(.*)$$/\1/p' vendor/model/guard.c)
FUZZ_CORE_SRCS := $(sort $(wildcard $(FUZZ_CORE)/event/*.c))
FUZZ_PARTS := $(sort $(wildcard vendor/model/*.c vendor/common/*.c)) tests/oracle/oracle.c tests/oracle/bridge.c \
    tests/fuzz/fuzz.c
FUZZ_OBJS := $(patsubst $(FUZZ_CORE)/%.c,$(FUZZ_OUT)/core/%.o,$(FUZZ_CORE_SRCS)) \
    $(patsubst %.c,build/fuzz/%.o,$(if $(FUZZ_CONTRACTS),$(filter-out %/guard.c,$(FUZZ_PARTS)),$(FUZZ_PARTS))) \
    $(if $(FUZZ_CONTRACTS),build/fuzz/guard.o $(FUZZ_CONTRACTS))
FUZZ_DEPS := $(wildcard core/*/*.h core/include/provenest/*.h vendor/model/*.h vendor/common/*.h spec/acsl/*.h \
    tests/oracle/*.h) tests/fuzz/fuzz.mk

build/fuzz/%.o: %.c $(FUZZ_DEPS) build/oracle/tables.h | build/deps-static.stamp
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_SAN) -Icore/include -Ibuild/oracle -c $< -o $@

$(FUZZ_OUT)/core/%.o: $(FUZZ_CORE)/%.c $(FUZZ_DEPS) | build/deps-static.stamp
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -w $(FUZZ_SAN) -I$(FUZZ_CORE)/include -I$(FUZZ_CORE)/event -c $< -o $@

# The model's guard of the ledger and the executed contracts both wrap it: chain the two (as test-unit-checked does).
build/fuzz/guard.o: build/fuzz/vendor/model/guard.o
	@objcopy $(foreach f,$(FUZZ_GUARDED),--redefine-sym __wrap_$(f)=guard_$(f)) $< $@
build/fuzz/contracts.o: build/check/stamp | build/deps-static.stamp
	@mkdir -p $(@D)
	@$(FUZZ_CC) -std=gnu11 -O1 -g -w -Icore/include -c build/check/contracts.c -o $@.unchained
	@objcopy $(foreach f,$(FUZZ_GUARDED),--redefine-sym __real_$(f)=guard_$(f)) $@.unchained $@
build/fuzz/host.o: proofs/checked/host.c $(FUZZ_DEPS) | build/deps-static.stamp
	@mkdir -p $(@D)
	@$(FUZZ_CC) -std=gnu11 -O1 -g -Icore/include -c $< -o $@

$(FUZZ_OUT)/fuzz: $(FUZZ_OBJS)
	@$(FUZZ_CC) -fsanitize=fuzzer,undefined,local-bounds $(foreach f,$(FUZZ_GUARDED),-Wl,--wrap=$(f)) \
	    $(if $(FUZZ_CONTRACTS),@build/check/wrap.flags -Wl$(,)--wrap=model_init) $^ -o $@

.PHONY: fuzz test-fuzz
fuzz: $(FUZZ_OUT)/fuzz ## fuzz call sequences of the public API (TIME=seconds; else a fixed number of runs)
	@$(PY) tests/fuzz/run.py $(FUZZ_OUT)/fuzz $(if $(TIME),--time $(TIME))

test-fuzz: build/fuzz/fuzz ## the fixed fuzz run, and wrong cores that it must find
	@$(PY) tests/fuzz/run.py build/fuzz/fuzz --wrong
