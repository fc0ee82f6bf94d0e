# The witness images: bare metal, no line of core/ in them. README.md of this folder says what they print.
WITNESS_FLAGS := -O2 -std=gnu11 -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
  -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-delete-null-pointer-checks -Wall -Wextra \
  -Wpedantic -Wconversion -Wsign-conversion -Wno-missing-field-initializers -Werror
WITNESS_SHARED := $(addprefix harness/oracle/,start.S cases.S guest.c vmm.c report.c cases.c console.c)

# QEMU besides what the other tests need.
build/deps-witness.stamp: harness/run/deps.sh
	@PN_MORE_PACKAGES=qemu-system-x86 harness/run/deps.sh $@

build/witness/vmx.elf: $(addprefix harness/oracle/,vmx_setup.c pdptr.c pdptr_guest.S)
build/witness/svm.elf: WITNESS_DEFINES := -DORACLE_SVM
build/witness/%.elf: harness/oracle/%.c harness/oracle/%_entry.S $(WITNESS_SHARED) $(wildcard harness/oracle/*.h) \
    tests/guests/multiboot.inc harness/oracle/oracle.ld harness/oracle/oracle.mk vendor/vmx/cpu.h vendor/vmx/vmcs.h | build/deps-witness.stamp
	@mkdir -p $(@D)
	@gcc $(WITNESS_FLAGS) $(WITNESS_DEFINES) -nostdlib -static -no-pie -Wl,-T,harness/oracle/oracle.ld -Wl,--build-id=none \
	  -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -o $@.64 $(filter %.c %.S,$^)
	@objcopy -O elf32-i386 $@.64 $@ && rm $@.64

.PHONY: witness
witness: build/witness/vmx.elf build/witness/svm.elf ## ask the emulated processors what re-injection and dropping do
	@$(PY) harness/oracle/witness.py

# The same image as an L1 on Provenest, right and broken, and on Debian's KVM.
.PHONY: witness-nested
witness-nested: build/witness/vmx.elf build/witness/svm.elf build/guests/l2 ## the witness image as an L1 on Provenest, right and broken, and on KVM
	@$(PY) harness/oracle/nested.py

# Claims answered by proof (spec/claims): theorems, model and witnesses together.
build/witness/model: harness/oracle/model/machine.c harness/oracle/model/main.c harness/oracle/model/machine.h
	@mkdir -p $(@D)
	@gcc -std=gnu11 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wno-missing-field-initializers -Werror \
	  -o $@ $(filter %.c,$^)

.PHONY: claims
claims: build/witness/model build/witness/vmx.elf build/witness/svm.elf build/guests/l2 ## are the claims of spec/claims proved, modelled and witnessed?
	@$(PY) harness/oracle/claims.py

.PHONY: test-claims
test-claims: ## would 'make claims' notice? results, lines and pages that lie
	@$(PY) harness/oracle/selftest.py
