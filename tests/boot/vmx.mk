# Small L1s that try VMX, an area each: the same lines on the bare machine and under Provenest. tests/README.md.
build/guests/vmcs_fields.h: spec/fields/vmcs.tbl tests/guests/vmx/fields.awk
	@mkdir -p $(@D)
	@awk -f tests/guests/vmx/fields.awk $< > $@

build/guests/vmx.elf: $(wildcard tests/guests/vmx/*.c tests/guests/vmx/*.S tests/guests/vmx/*.h) tests/guests/vmx/vmx.ld \
    build/guests/vmcs_fields.h | build/deps.stamp
	@gcc $(EVK_FLAGS) -fcf-protection=none -Wno-missing-field-initializers -Ibuild/guests -nostdlib -static -no-pie \
	  -Wl,-T,tests/guests/vmx/vmx.ld -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -o $@.64 \
	  $(filter %.c %.S,$^)
	@objcopy -O elf32-i386 $@.64 $@ && rm $@.64

# An L1 outside IA-32e mode: area bits32.
build/guests/evk.elf build/guests/vmx.elf build/guests/vmx32.elf: tests/guests/multiboot.inc
build/guests/vmx32.elf: $(wildcard tests/guests/vmx/bits32/*) build/guests/vmcs_fields.h
	@gcc -m32 -march=i686 -O2 -std=gnu11 -ffreestanding -fno-pic -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	  -fno-asynchronous-unwind-tables -Wall -Wextra -Wconversion -Werror -Ibuild/guests -nostdlib -static -no-pie \
	  -Wl,-T,tests/guests/vmx/bits32/l1.ld -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -o $@ $(filter %.c %.S,$^)

.PHONY: vmx-bare test-vmx
vmx-bare: build/guests/vmx.elf build/guests/vmx32.elf ## what the small VMX L1s observe on the bare machine (ONLY=area CPU=model)
	@$(PY) tests/boot/vmx.py bare $(ONLY) --cpu '$(CPU)'

test-vmx: build/guests/vmx.elf build/guests/vmx32.elf ## the small VMX L1s bare and under Provenest: any difference fails (ONLY=area CPU=model)
	@$(PY) tests/boot/vmx.py compare $(ONLY) --cpu '$(CPU)'

.PHONY: bench-nested
bench-nested: build/guests/vmx.elf build/guests/l2 ## ticks of L2's rounds: bare, under Debian's KVM, under Provenest; targets (ONLY=row)
	@$(PY) tests/boot/nestedbench.py $(HV) $(ONLY)
