# SPDX-License-Identifier: BSD-2-Clause
.PHONY: museum
museum: | build/deps-tests.stamp ## bugs of real hypervisors in our core, each rejected by its own named obligation (ROW="13 31", JOBS=n)
	@$(if $(JOBS),PN_JOBS=$(JOBS)) PYTHONDONTWRITEBYTECODE=1 python3 proofs/museum/museum.py $(ROW)
