# Provenest: the two commands are 'make run' and 'make test'; 'make help' lists the rest.
# Each part of the tree brings its own targets; everything built goes to build/.
SHELL := /bin/bash
PY := PYTHONDONTWRITEBYTECODE=1 python3
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

-include harness/hv/hv.mk
-include harness/run/run.mk
-include proofs/proofs.mk
-include tests/unit/unit.mk
-include tests/oracle/oracle.mk
-include tests/fuzz/fuzz.mk
-include tests/static/static.mk
-include tests/boot/boot.mk
-include harness/oracle/oracle.mk
-include harness/lib/lib.mk
-include proofs/mutants/mutants.mk
-include proofs/museum/museum.mk

# Whatever needs tools installs them first.
prove update-proofs wrong-cores test-gate unit test-unit-checked: | build/deps-tests.stamp
check-proofs hv-unit hv-checked: | build/deps.stamp

.PHONY: help clean distclean
help: ## list all targets
	@grep -hE '^[a-zA-Z0-9_./-]+:.*##' $(wildcard $(MAKEFILE_LIST)) | sort -u | \
	  awk -F':.*## ' '{ printf "  make %-16s %s\n", $$1, $$2 }'

clean: ## remove what was built, keep downloaded packages
	@find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} + 2>/dev/null || true

distclean: ## remove build/ whole
	@rm -rf build
