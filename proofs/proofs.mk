# SPDX-License-Identifier: BSD-2-Clause
# The proof gate. Variables: FN=name (one function), COLD=1 (no cache, no earlier results), LEAN=1 (of unchanged
# functions, smoke tests of a sample), UPDATE=1 (commit the results).
PN_PY ?= python3

.PHONY: prove update-proofs check-proofs proof-digest wrong-cores test-gate audit lint-core tcb update-tcb proof-page

prove:          ## prove core/ (FN=name: one function; COLD=1: without any cache; UPDATE=1: write proofs/results.json)
	@$(PN_PY) proofs/prove.py $(if $(FN),--fn $(FN)) $(if $(COLD),--cold) $(if $(LEAN),--lean) \
	    $(if $(UPDATE),--update)

update-proofs:  ## prove, and commit results and manifest to proofs/
	@$(PN_PY) proofs/prove.py $(if $(COLD),--cold) $(if $(LEAN),--lean) --update

check-proofs:   ## do the committed results belong to this text? seconds, no solver
	@$(PN_PY) proofs/check.py

proof-digest:   ## the digest the hypervisor is built with
	@$(PN_PY) proofs/check.py --digest

lint-core:      ## the checks of the gate that need no solver
	@$(PN_PY) proofs/prove.py --lint

tcb:            ## what the proofs trust: does it match proofs/TRUST.json? seconds, no solver
	@$(PN_PY) proofs/tcb.py

proof-page:     ## the last full proof as a page of Markdown (CI puts it on its summary)
	@$(PN_PY) proofs/page.py

update-tcb:     ## accept what is trusted now: write proofs/TRUST.json (read the difference first: make tcb)
	@$(PN_PY) proofs/tcb.py --update

tcb update-tcb: | build/deps-tests.stamp

wrong-cores:    ## ten wrong cores, each rejected by a different named obligation (ONLY=name)
	@$(PN_PY) proofs/wrong.py test $(ONLY)

test-gate:      ## the fixtures in which a green run would lie (ONLY=name)
	@$(PN_PY) tests/gate/run.py $(ONLY)

audit:          ## rule -> predicate -> function -> proof -> test
	@$(PN_PY) harness/audit/audit.py

# The contracts as executed checks. Hypervisor: make build/hv-checked/hv.elf HV_OUT=build/hv-checked HV_CHECKED=1
# $(PN_CHECKED_HV); host tests: make test-unit-checked.
PN_CHECKED_HV := HV_CHECK_SRCS="build/check/contracts.c proofs/checked/vmx.c" \
    HV_WRAP_FLAGS="@build/check/wrap.flags -Wl,--wrap=vmx_enter"
PN_CHECK_DEPS := $(wildcard core/include/provenest/*.h core/hw/*.h spec/acsl/*.h) proofs/checkgen.py proofs/cwriter.py proofs/expr.py

.PHONY: checks hv-checked test-unit-checked
build/check/stamp: $(PN_CHECK_DEPS)
	@$(PN_PY) proofs/checkgen.py emit build/check
	@touch $@
build/check/contracts.c build/check/wrap.flags: build/check/stamp ;

checks: build/check/stamp ## generate the executed contracts (build/check)

hv-checked: build/check/stamp ## the hypervisor with executed contracts: build/hv-checked/hv.elf
	@$(MAKE) --no-print-directory build/hv-checked/hv.elf HV_OUT=build/hv-checked HV_CHECKED=1 $(PN_CHECKED_HV)

build/check/contracts.o: build/check/stamp
	@$(CC) -std=gnu11 -O1 -g -Icore/include -c build/check/contracts.c -o $@
build/check/host.o: proofs/checked/host.c
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Icore/include -c $< -o $@

# The model guards the ledger's preconditions by --wrap as well (vendor/model/guard.c): chain the two.
PN_GUARDED = $(foreach f,$(UNIT_GUARDED),pn_ledger_$(f))
test-unit-checked: build/check/contracts.o build/check/host.o ## host tests of the core with executed contracts
	@$(MAKE) --no-print-directory build/unit-checked/vendor/model/guard.o UNIT_OUT=build/unit-checked
	@objcopy $(foreach f,$(PN_GUARDED),--redefine-sym __wrap_$(f)=guard_$(f)) \
	    build/unit-checked/vendor/model/guard.o build/check/guard.o
	@objcopy $(foreach f,$(PN_GUARDED),--redefine-sym __real_$(f)=guard_$(f)) \
	    build/check/contracts.o build/check/chained.o
	@rm -f build/unit-checked/unit # its contracts are no prerequisite of it
	@$(MAKE) --no-print-directory build/unit-checked/unit UNIT_OUT=build/unit-checked UNIT_WRAP="@build/check/wrap.flags \
	    -Wl,--wrap=model_init -Wl,--allow-multiple-definition build/check/guard.o build/check/chained.o \
	    build/check/host.o"
	@$(PN_PY) proofs/checked/run.py build/unit-checked/unit

# The flags the hypervisor compiles core/ with: the gate reads the core with them too, and compares.
.PHONY: hv-cflags-core
hv-cflags-core:
	@echo '$(HV_64)'
