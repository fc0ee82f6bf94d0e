# Boot tests, and the whole of 'make test'. tests/README.md says what is where.
include tests/boot/vmx.mk
.PHONY: test-boot test test-shared test-runner bench
test-boot: build/deps.stamp build/guests/evt build/guests/l2 build/guests/evk.elf build/guests/probe.elf build/guests/vmx.elf build/guests/vmx32.elf ## boot tests on Bochs (ONLY="words" picks some)
	@$(PY) tests/boot/boot.py $(ONLY)

test: build/deps.stamp build/deps-tests.stamp ## every test of the project, cold proof included (LANES=1: one suite after the other)
	@$(if $(LANES),LANES=$(LANES)) $(PY) tests/all.py

# What several suites need: 'make test' makes it before any of them, since two makes at a time must not. Tools one by one (apt has a lock).
TEST_TOOLS := build/deps.stamp build/deps-tests.stamp build/deps-static.stamp build/deps-witness.stamp
TEST_PARTS := build/check/stamp build/oracle/tables.h build/oracle/manual_fields.h build/guests/vmcs_fields.h build/guests/evt build/guests/l2 \
    build/guests/evk.elf build/guests/probe.elf build/guests/vmx.elf build/guests/vmx32.elf
test-shared:
	@$(MAKE) -s $(TEST_TOOLS)
	@$(MAKE) -s -j$(or $(LANES),2) $(TEST_PARTS)
	@$(PY) harness/run/packages.py

test-runner: ## would 'make test' notice? small suites that fail, lie or never end
	@$(PY) tests/selftest.py

bench: build/deps.stamp build/guests/evt build/guests/evk.elf ## ticks per exit, per injection, per re-injection; boot over bare
	@$(PY) tests/boot/bench.py
