# SPDX-License-Identifier: BSD-2-Clause
#
# The core and the model against the manual's tables, exhaustively. ORACLE_CORE, ORACLE_OUT: another core, elsewhere.
ORACLE_CORE ?= core
ORACLE_OUT ?= build/oracle
ORACLE_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Werror
# Functions of the ledger that the model guards.
ORACLE_GUARDED := $(shell sed -n 's/^void __wrap_\(pn_ledger_[a-z_]*\)(.*)$$/\1/p' vendor/model/guard.c)
ORACLE_SRCS := $(sort $(wildcard $(ORACLE_CORE)/event/*.c vendor/model/*.c vendor/common/*.c tests/oracle/*.c))
ORACLE_DEPS := $(wildcard $(ORACLE_CORE)/*/*.h $(ORACLE_CORE)/include/provenest/*.h vendor/model/*.h vendor/common/*.h \
    spec/acsl/*.h tests/oracle/*.h) tests/oracle/oracle.mk

# Other users of the oracle (tests/unit, tests/fuzz) need this one file as well.
build/oracle/tables.h: tests/oracle/gen.py $(wildcard tests/oracle/tables/*.tsv)
	@$(PY) tests/oracle/gen.py tests/oracle/tables $@

$(ORACLE_OUT)/oracle: $(ORACLE_SRCS) $(ORACLE_DEPS) build/oracle/tables.h
	@mkdir -p $(@D)
	@gcc $(ORACLE_CFLAGS) -I$(ORACLE_CORE)/include -I$(ORACLE_CORE)/event -Ibuild/oracle \
	    $(foreach f,$(ORACLE_GUARDED),-Wl,--wrap=$(f)) $(ORACLE_SRCS) -o $@

.PHONY: test-oracle
test-oracle: $(ORACLE_OUT)/oracle ## the core and the model against the manual's tables, in every state
	@$(ORACLE_OUT)/oracle
