# SPDX-License-Identifier: BSD-2-Clause
#
# build/hv/hv.elf: the Multiboot image. Variables:
#   HV_CORE        directory of the core to build with (a broken one for the twins of boot tests)
#   HV_OUT         where to build; the target is $(HV_OUT)/hv.elf
#   HV_CHECKED=1   calls into the core go through executed checks: no LTO, HV_CHECK_SRCS are added, HV_WRAP_FLAGS
#                  (-Wl,--wrap=...) go to the linker
#   HV_COUNT=1     the hypervisor counts its VMREADs, VMWRITEs, VMPTRLDs and invalidations and the ticks it takes, and says so
#                  at the end; the one that ships does not
#   HV_EXTRA_OBJS  more objects to link
#   PN_PROOF_DIGEST  what the banner says of the proof results

HV_CORE ?= core
HV_OUT ?= build/hv
HV_EXTRA_OBJS ?=
HV_WRAP_FLAGS ?=
HV_CHECK_SRCS ?=
PN_PROOF_DIGEST ?= none

HV_CC ?= gcc
HV_WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Werror
HV_COMMON := -std=gnu11 -ffreestanding -O2 -fno-pic -fno-stack-protector -fcf-protection=none \
    -fno-asynchronous-unwind-tables -fno-delete-null-pointer-checks -mgeneral-regs-only \
    -ffile-prefix-map=$(CURDIR)=. $(HV_WARN)
# -O3, and loops over the fields of a group as straight lines, so that each field's encoding is a constant and what the VMCS is known to
# hold is looked up in one place: fewer instructions a nested round (make bench-nested).
HV_UNROLL := $(addprefix --param ,max-completely-peel-times=64 max-completely-peeled-insns=800 max-peel-branches=128)
# Nothing here returns to anybody who has registers to be kept, and the pieces are long: what a function saves, and what is kept for a
# later branch, is mostly for nobody. The assembly keeps all it is asked to keep by itself.
# And what only one branch needs is computed in it, however likely gcc thinks that it is taken.
HV_REGISTERS := $(addprefix -fcall-used-,rbx r12 r13 r14 r15) -fno-tree-pre --param sink-frequency-threshold=100
HV_64 := $(HV_COMMON) -O3 $(HV_UNROLL) $(HV_REGISTERS) -m64 -mno-red-zone -mcmodel=small -I$(HV_CORE)/include \
    $(if $(HV_CHECKED),-DHV_CHECKED) $(if $(HV_COUNT),-DHV_COUNT)
HV_32 := $(HV_COMMON) -m32 -march=i686
HV_LTO := $(if $(HV_CHECKED),-fno-lto,-flto -flto-partition=one)

HV_SRCS := $(sort $(wildcard $(HV_CORE)/event/*.c $(HV_CORE)/vmx/*.c)) $(sort $(wildcard vendor/common/*.c vendor/vmx/*.c)) \
    $(sort $(filter-out %/stub.c %/memory.c,$(wildcard harness/hv/*.c))) $(if $(HV_CHECKED),$(HV_CHECK_SRCS))
HV_OBJS := $(patsubst %.c,$(HV_OUT)/obj/%.o,$(HV_SRCS)) $(HV_OUT)/obj/harness/hv/memory.o \
    $(HV_OUT)/obj/harness/hv/boot.o $(HV_OUT)/obj/vendor/vmx/entry.o
HV_STUB_OBJS := $(addprefix $(HV_OUT)/stub/,stub_S.o stub.o bootinfo.o memmap.o console.o)
HV_DEPS := $(wildcard $(HV_CORE)/event/*.h $(HV_CORE)/vmx/*.h $(HV_CORE)/hw/*.h $(HV_CORE)/include/provenest/*.h vendor/common/*.h \
    vendor/vmx/*.h harness/hv/*.h spec/acsl/*.h) harness/hv/hv.mk

# The banner's digest is a dependency by content: the stamp changes only when the text does.
HV_DIGEST := $(HV_OUT)/digest.stamp
.PHONY: hv-digest-check
$(HV_DIGEST): hv-digest-check
	@mkdir -p $(@D)
	@echo '$(PN_PROOF_DIGEST)' | cmp -s - $@ || echo '$(PN_PROOF_DIGEST)' >$@

$(HV_OUT)/obj/harness/hv/console.o $(HV_OUT)/stub/console.o: HV_DEFINES := -DPN_PROOF_DIGEST='"$(PN_PROOF_DIGEST)"'
$(HV_OUT)/obj/harness/hv/console.o $(HV_OUT)/stub/console.o: $(HV_DIGEST)
$(HV_OUT)/obj/harness/hv/memory.o: HV_LTO := -fno-lto -fno-tree-loop-distribute-patterns

$(HV_OUT)/obj/%.o: %.c $(HV_DEPS)
	@mkdir -p $(@D)
	@$(HV_CC) $(HV_64) $(HV_LTO) $(HV_DEFINES) -c $< -o $@

$(HV_OUT)/obj/%.o: %.S $(HV_DEPS)
	@mkdir -p $(@D)
	@$(HV_CC) -m64 -c $< -o $@

$(HV_OUT)/stub/%.o: harness/hv/%.c $(HV_DEPS)
	@mkdir -p $(@D)
	@$(HV_CC) $(HV_32) $(HV_DEFINES) -c $< -o $@

$(HV_OUT)/stub/stub_S.o: harness/hv/stub.S $(HV_OUT)/hv64.bin
	@mkdir -p $(@D)
	@$(HV_CC) -m32 -DHV_PAYLOAD='"$(HV_OUT)/hv64.bin"' -c $< -o $@

$(HV_OUT)/hv64.elf: $(HV_OBJS) $(HV_EXTRA_OBJS) harness/hv/hv.ld
	@echo '  link    $@'
	@$(HV_CC) $(HV_64) $(HV_LTO) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
	    -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments $(HV_WRAP_FLAGS) -Wl,-T,harness/hv/hv.ld $(HV_OBJS) \
	    $(HV_EXTRA_OBJS) -o $@

$(HV_OUT)/hv64.bin: $(HV_OUT)/hv64.elf
	@objcopy -O binary $< $@

$(HV_OUT)/hv.elf: $(HV_STUB_OBJS) harness/hv/stub.ld
	@$(HV_CC) -m32 -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
	    -Wl,-T,harness/hv/stub.ld $(HV_STUB_OBJS) -o $@
	@grub-file --is-x86-multiboot $@
	@grub-file --is-x86-multiboot2 $@

# Host tests of the pure parts, under the address and undefined-behaviour sanitizers.
HV_UNIT_SRCS := $(sort $(wildcard harness/hv/test/*.c vendor/common/*.c)) vendor/vmx/caps.c vendor/vmx/decode.c \
    $(addprefix harness/hv/,acpi.c bootinfo.c ept.c ept02.c image.c l1info.c linux.c memmap.c mtrr.c operand.c options.c \
        walk.c) $(wildcard core/vmx/compose*.c)
.PHONY: hv-unit
hv-unit: build/hv-unit ## host tests of the hypervisor's pure parts, with sanitizers
	@./$<
build/hv-unit: $(HV_UNIT_SRCS) $(HV_DEPS) harness/hv/test/check.h
	@mkdir -p $(@D)
	@$(HV_CC) -std=gnu11 -O1 -g $(HV_WARN) -fsanitize=address,undefined -fno-sanitize-recover=all -Icore/include \
	    $(HV_UNIT_SRCS) -o $@

# A 32-bit L1 that looks for VMX and for mistakes in what the hypervisor carries out for it; ends on port 0xf4 with the
# number of failures.
build/guests/probe.elf: $(sort $(wildcard harness/hv/test/probe/*.c)) harness/hv/test/probe/start.S \
    harness/hv/test/probe/probe.h harness/hv/test/probe/probe.ld harness/hv/ports.h harness/hv/hv.mk
	@mkdir -p $(@D)
	@$(HV_CC) $(HV_32) -march=ivybridge -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
	    -Wl,--no-warn-rwx-segments -Wl,-T,harness/hv/test/probe/probe.ld $(filter %.c %.S,$^) -o $@
