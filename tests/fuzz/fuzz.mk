# SPDX-License-Identifier: BSD-2-Clause
#
# Call sequences of the public API, guided by coverage. Variables:
#   TIME        seconds (default: a fixed number of runs with a fixed seed, which always does the same)
#   FUZZ_CORE   another core to fuzz, FUZZ_OUT where to build
#   FUZZ_CONTRACTS=  leaves out the executed contracts
#   TARGET=pure      one page through two EPTs, and the clean fields of an enlightened VMCS
#   TARGET=nested    L1 as an attacker of the nested core, instead of the event core's API (coverage: make fuzz-coverage)
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

# ---- The nested core. A wrong core is one object of it in the place of another (WRONG_NESTED, WRONG_FILE: nested.py). ----
NESTED_CORE := $(sort $(wildcard core/event/*.c core/vmx/*.c))
NESTED_PARTS := $(filter-out tests/fuzz/fuzz.c,$(FUZZ_PARTS)) $(sort $(wildcard tests/fuzz/nested*.c tests/fuzz/manual_*.c))
NESTED_DEPS := $(FUZZ_DEPS) $(wildcard core/vmx/*.h tests/fuzz/*.h)
NESTED_INC := -Icore/include -Icore/event -Icore/vmx -Ibuild/oracle
NESTED_CORE_OBJS := $(NESTED_CORE:%.c=build/fuzz/nested/%.o)
NESTED_PART_OBJS := $(if $(FUZZ_CONTRACTS),build/fuzz/guard.o $(FUZZ_CONTRACTS)) \
    $(patsubst %.c,build/fuzz/nested/%.o,$(if $(FUZZ_CONTRACTS),$(filter-out %/guard.c,$(NESTED_PARTS)),$(NESTED_PARTS)))
NESTED_LINK = @$(FUZZ_CC) -fsanitize=fuzzer,undefined,local-bounds $(foreach f,$(FUZZ_GUARDED),-Wl,--wrap=$(f)) \
    $(if $(FUZZ_CONTRACTS),@build/check/wrap.flags -Wl$(,)--wrap=model_init) $^ -o $@

build/oracle/manual_fields.h: spec/fields/vmcs.tbl tests/fuzz/fields.awk
	@mkdir -p $(@D)
	@awk -f tests/fuzz/fields.awk $< > $@
build/fuzz/nested/%.o: %.c $(NESTED_DEPS) build/oracle/tables.h build/oracle/manual_fields.h | build/deps-static.stamp
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_SAN) $(NESTED_INC) -c $< -o $@
build/fuzz/nested-target: $(NESTED_CORE_OBJS) $(NESTED_PART_OBJS)
	$(NESTED_LINK)
ifdef WRONG_NESTED
$(WRONG_NESTED)/wrong.o: $(WRONG_NESTED)/core/$(WRONG_FILE)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -w $(FUZZ_SAN) $(NESTED_INC) -c $< -o $@
$(WRONG_NESTED)/nested: $(filter-out build/fuzz/nested/core/$(WRONG_FILE:.c=.o),$(NESTED_CORE_OBJS)) $(NESTED_PART_OBJS) $(WRONG_NESTED)/wrong.o
	$(NESTED_LINK)
endif

# ---- What is pure: no model, no corpus. ----
PURE_CORE := core/event/bits.c core/vmx/compose.c core/vmx/evmcs.c
PURE_CORE_OBJS := $(PURE_CORE:%.c=build/fuzz/nested/%.o)
PURE_PART_OBJS := $(patsubst %.c,build/fuzz/nested/%.o,$(sort $(wildcard tests/fuzz/pure*.c)))
PURE_LINK = @$(FUZZ_CC) -fsanitize=fuzzer,undefined,local-bounds $^ -o $@

build/fuzz/pure-target: $(PURE_CORE_OBJS) $(PURE_PART_OBJS)
	$(PURE_LINK)
ifdef WRONG_NESTED
$(WRONG_NESTED)/pure: $(filter-out build/fuzz/nested/core/$(WRONG_FILE:.c=.o),$(PURE_CORE_OBJS)) $(PURE_PART_OBJS) $(WRONG_NESTED)/wrong.o
	$(PURE_LINK)
endif

# The corpus through core/vmx, counted (clang's own count).
build/fuzz/nested-coverage/core/vmx/%.o: core/vmx/%.c $(NESTED_DEPS)
	@mkdir -p $(@D)
	@$(FUZZ_CC) -std=gnu11 -O1 -g -fprofile-instr-generate -fcoverage-mapping $(NESTED_INC) -c $(CURDIR)/$< -o $@
build/fuzz/nested-coverage/%.o: %.c $(NESTED_DEPS) build/oracle/tables.h build/oracle/manual_fields.h
	@mkdir -p $(@D)
	@$(FUZZ_CC) -std=gnu11 -O1 -g $(NESTED_INC) -c $< -o $@
build/fuzz/nested-coverage/replay: $(NESTED_CORE:%.c=build/fuzz/nested-coverage/%.o) \
    $(NESTED_PARTS:%.c=build/fuzz/nested-coverage/%.o) build/fuzz/nested-coverage/tests/fuzz/replay.o
	@$(FUZZ_CC) -fprofile-instr-generate $(foreach f,$(FUZZ_GUARDED),-Wl,--wrap=$(f)) $^ -o $@

.PHONY: fuzz fuzz-coverage test-fuzz
ifeq ($(TARGET),nested)
fuzz: build/fuzz/nested-target
	@$(PY) tests/fuzz/nested.py $< $(if $(TIME),--time $(TIME))
else ifeq ($(TARGET),pure)
fuzz: build/fuzz/pure-target
	@$(PY) tests/fuzz/pure.py $< $(if $(TIME),--time $(TIME))
else
fuzz: $(FUZZ_OUT)/fuzz ## fuzz call sequences of the public API (TARGET=nested: L1 against the nested core; TARGET=pure: EPTs, clean fields; TIME=seconds)
	@$(PY) tests/fuzz/run.py $(FUZZ_OUT)/fuzz $(if $(TIME),--time $(TIME))
endif

fuzz-coverage: build/fuzz/nested-target build/fuzz/nested-coverage/replay ## what of core/vmx the nested fuzzer's corpora reach
	@$(PY) tests/fuzz/nested.py $< --coverage

test-fuzz: build/fuzz/fuzz build/fuzz/nested-target build/fuzz/pure-target ## the fixed fuzz runs, and wrong cores that they must find
	@$(PY) tests/fuzz/all.py $^

static: build/oracle/manual_fields.h

# The L1 fuzzer on Bochs (tests/guests/vmx/fuzz*.c) knows the manual too.
build/guests/vmx.elf: $(addprefix tests/fuzz/manual_,controls.c host.c guest.c segments.c) build/oracle/manual_fields.h tests/fuzz/manual_vmx.h
build/guests/vmx.elf: EVK_FLAGS += -Icore/include -Ibuild/oracle
