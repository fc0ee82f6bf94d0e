# make run and its preparation; README.md of this folder says how it works.
L1 ?=
ARGS ?=
MODULES ?=
CPU ?= ivy_bridge
MEM ?= 256
HVARGS ?= events=core evict=5000 msr=ignore
LOADER ?= iso
EVT ?= 2000
DIR ?= build/run/last

.PHONY: deps deps-tests run guests
deps: build/deps.stamp ## install what building and running need, from Debian's packages
build/deps.stamp: harness/run/deps.sh
	@harness/run/deps.sh $@

deps-tests: build/deps-tests.stamp ## install what proving and testing need as well
build/deps-tests.stamp: harness/run/deps.sh
	@harness/run/deps.sh $@ tests

guests: build/guests/evt build/guests/evk.elf ## build the test guests

build/guests/evt: $(wildcard tests/guests/linux/*.c tests/guests/linux/*.h) | build/deps.stamp
	@mkdir -p $(@D)
	@gcc -O2 -static -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Werror -mno-red-zone \
	  -o $@ $(filter %.c,$^)

run: build/deps.stamp ## boot Linux (or L1=path ARGS= MODULES= CPU= MEM= HVARGS=) under Provenest on Bochs
	@$(if $(UNPROVEN),echo "the proof results are NOT checked (UNPROVEN=1)",echo "checking the committed proof results \
	against the sources" && $(MAKE) --no-print-directory check-proofs)
	@$(if $(BARE),,echo "building the hypervisor image")
	@$(if $(BARE),,$(MAKE) --no-print-directory -s build/hv/hv.elf \
	  PN_PROOF_DIGEST=$$($(PY) harness/run/proofs.py))
	@$(MAKE) --no-print-directory -s build/guests/evt
	@$(PY) harness/run/run.py --l1 '$(L1)' --args '$(ARGS)' --modules '$(MODULES)' --cpu '$(CPU)' --mem '$(MEM)' \
	  --hvargs '$(HVARGS)' --loader '$(LOADER)' --evt '$(EVT)' --dir '$(DIR)' $(if $(BARE),--bare) $(if $(UNPROVEN),--unproven)

# KVM as L1, with guests of our own as L2: KVMARGS are kvm-intel's parameters (ept=0, unrestricted_guest=0, enable_shadow_vmcs=0).
KVMARGS ?=
build/guests/l2: $(wildcard tests/guests/kvm/*.c tests/guests/kvm/*.h) tests/guests/kvm/guest.S | build/deps.stamp
	@mkdir -p $(@D)
	@gcc -O2 -static -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Werror -mno-red-zone -o $@ $(filter %.c %.S,$^)

.PHONY: run-linux-kvm
run-linux-kvm: build/deps.stamp build/guests/l2 ## boot Linux with KVM and let it run guests (BARE=1: without Provenest; KVMARGS="ept=0")
	@$(if $(BARE),,$(MAKE) --no-print-directory -s build/hv/hv.elf PN_PROOF_DIGEST=$$($(PY) harness/run/proofs.py))
	@$(PY) harness/run/run.py --kvm --kvmargs '$(KVMARGS)' --args '$(ARGS)' --cpu '$(CPU)' --mem '$(MEM)' --loader '$(LOADER)' \
	  --hvargs '$(HVARGS)' --dir '$(DIR)' $(if $(BARE),--bare) $(if $(UNPROVEN),--unproven)

# The event kernel: 64-bit code in the ELF32 container that multiboot1 loaders take.
EVK_FLAGS := -O2 -std=gnu11 -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
  -fno-asynchronous-unwind-tables -fno-strict-aliasing -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Werror
build/guests/evk.elf: $(wildcard tests/guests/evk/*.c tests/guests/evk/*.S tests/guests/evk/*.h) tests/guests/evk/evk.ld | build/deps.stamp
	@mkdir -p $(@D)
	@gcc $(EVK_FLAGS) -nostdlib -static -no-pie -Wl,-T,tests/guests/evk/evk.ld -Wl,--build-id=none -Wl,-z,noexecstack \
	  -Wl,--no-warn-rwx-segments -o $@.64 $(filter %.c %.S,$^)
	@objcopy -O elf32-i386 $@.64 $@ && rm $@.64
