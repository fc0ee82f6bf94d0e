# Boot tests, and the whole of 'make test'. tests/README.md says what is where.
include tests/boot/vmx.mk
.PHONY: test-boot test bench
test-boot: build/deps.stamp build/guests/evt build/guests/l2 build/guests/evk.elf build/guests/probe.elf build/guests/vmx.elf build/guests/vmx32.elf ## boot tests on Bochs (ONLY="words" picks some)
	@$(PY) tests/boot/boot.py $(ONLY)

test: build/deps.stamp build/deps-tests.stamp ## every test of the project, cold proof included
	@$(PY) tests/all.py

bench: build/deps.stamp build/guests/evt build/guests/evk.elf ## ticks per exit, per injection, per re-injection; boot over bare
	@$(PY) tests/boot/bench.py
