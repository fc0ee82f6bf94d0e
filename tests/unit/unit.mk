# SPDX-License-Identifier: BSD-2-Clause
#
# Unit tests on the host: the core, the model and the pure parts of the hypervisor, with Check, under ASan and UBSan.
#   UNIT_CORE   directory of the core to test (a broken one for a mutation)
#   UNIT_OUT    where to build
#   UNIT_EXTRA  more sources, UNIT_WRAP more linker flags (executed `requires` of the core)

UNIT_CORE ?= core
UNIT_OUT ?= build/unit
UNIT_EXTRA ?=
UNIT_WRAP ?=
UNIT_CC ?= gcc
UNIT_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Werror \
    -fno-sanitize-recover=all -fsanitize=address,undefined
UNIT_INC := -I$(UNIT_CORE)/include -I$(UNIT_CORE)/event -I$(UNIT_CORE)/vmx
UNIT_GUARDED := accepted delivered nmi_collapsed escalated superseded replaced merged handed_over trap_held reported \
    no_effect retried reset elided passed_on given_back
UNIT_LINK := $(foreach f,$(UNIT_GUARDED),-Wl,--wrap=pn_ledger_$(f)) $(UNIT_WRAP)

UNIT_HV := $(addprefix harness/hv/,options.c memmap.c image.c linux.c bootinfo.c acpi.c mtrr.c l1info.c) \
    vendor/vmx/caps.c vendor/vmx/decode.c
UNIT_PARTS := $(sort $(wildcard vendor/model/*.c vendor/common/*.c tests/unit/*.c)) $(UNIT_HV) $(UNIT_EXTRA)
UNIT_CORE_SRCS := $(sort $(wildcard $(UNIT_CORE)/event/*.c $(UNIT_CORE)/vmx/*.c))
UNIT_OBJS := $(patsubst %.c,$(UNIT_OUT)/%.o,$(UNIT_PARTS)) $(patsubst $(UNIT_CORE)/%.c,$(UNIT_OUT)/core/%.o,$(UNIT_CORE_SRCS))
UNIT_DEPS := $(wildcard $(UNIT_CORE)/*/*.h $(UNIT_CORE)/include/provenest/*.h vendor/model/*.h vendor/common/*.h \
    vendor/vmx/*.h harness/hv/*.h tests/unit/*.h spec/acsl/*.h) tests/unit/unit.mk

# A test needs warnings off in one place only: Check's macros promise printf formats that -Wpedantic dislikes.
$(UNIT_OUT)/tests/unit/%.o: tests/unit/%.c $(UNIT_DEPS)
	@mkdir -p $(@D)
	@$(UNIT_CC) $(UNIT_CFLAGS) $(UNIT_INC) $$(pkg-config --cflags check) -c $< -o $@

$(UNIT_OUT)/core/%.o: $(UNIT_CORE)/%.c $(UNIT_DEPS)
	@mkdir -p $(@D)
	@$(UNIT_CC) $(UNIT_CFLAGS) $(UNIT_INC) -c $< -o $@

$(UNIT_OUT)/%.o: %.c $(UNIT_DEPS)
	@mkdir -p $(@D)
	@$(UNIT_CC) $(UNIT_CFLAGS) $(UNIT_INC) -c $< -o $@

$(UNIT_OUT)/unit: $(UNIT_OBJS)
	@$(UNIT_CC) $(UNIT_CFLAGS) $(UNIT_LINK) $^ $$(pkg-config --libs check) -o $@

.PHONY: unit test-unit
unit: $(UNIT_OUT)/unit ## unit tests on the host: core against the model, pure parts of the hypervisor
	@$(UNIT_OUT)/unit

test-unit: unit
