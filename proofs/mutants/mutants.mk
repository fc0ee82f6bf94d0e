# SPDX-License-Identifier: BSD-2-Clause
# Mutants of core/: is a wrong core noticed? FULL=1 writes the table, WITNESS=1 asks the tests again, SAMPLE=n, JOBS=n;
# with FULL=1: ONLY="file..." (vmx/merge), FOR=seconds after which no other is begun.
PN_MUTANTS_PY := $(if $(JOBS),PN_JOBS=$(JOBS)) PN_MUTANTS_ONLY="$(ONLY)" $(if $(FOR),PN_MUTANTS_FOR=$(FOR)) PYTHONDONTWRITEBYTECODE=1 python3 proofs/mutants/mutants.py

.PHONY: mutants update-mutants test-mutants
mutants: | build/deps-tests.stamp ## is the committed table of mutants complete, and does a sample agree? (FULL=1: all of them)
	@$(PN_MUTANTS_PY) $(if $(FULL),full,$(if $(WITNESS),witness,sample $(SAMPLE)))

update-mutants: | build/deps-tests.stamp ## run every mutant that has no row for this text, write proofs/mutants/table.tsv
	@$(PN_MUTANTS_PY) full

test-mutants: | build/deps-tests.stamp ## the mutation machinery itself, on the small core of tests/gate/base
	@PYTHONDONTWRITEBYTECODE=1 python3 proofs/mutants/test/run.py
