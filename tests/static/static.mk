# SPDX-License-Identifier: BSD-2-Clause
#
# Checks that only read, builds under the sanitizers, coverage. COVERAGE_FLOOR: lines and branches, in percent, of each
# file of core/event, then of core/vmx.
STATIC_PACKAGES := clang libclang-rt-14-dev clang-tidy clang-format
COVERAGE_FLOOR ?= 95 88 95 88

build/deps-static.stamp: tests/static/static.mk harness/run/deps.sh
	@PN_MORE_PACKAGES="$(STATIC_PACKAGES)" harness/run/deps.sh $@ tests

.PHONY: static unit-sanitized coverage
static: build/oracle/tables.h | build/deps-static.stamp ## layout, format, clang-tidy, Eva (ONLY="tidy eva")
	@$(MAKE) --no-print-directory -s install PREFIX=$(CURDIR)/build/lib/prefix UNPROVEN=1 >/dev/null
	@$(PY) tests/static/run.py $(ONLY)

# Stricter than the sanitizers of 'make unit': clang's, with implicit conversions, nullability and local bounds. Then a
# core with a shift by 64 and one that reads past a table must be found by the same build.
SANITIZED := -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wno-gnu -fno-sanitize-recover=all \
    -fsanitize=address,undefined,implicit-conversion,nullability,local-bounds
unit-sanitized: | build/deps-static.stamp ## unit tests under clang's ASan and UBSan, and two cores that they must refuse
	@$(MAKE) --no-print-directory build/unit-sanitized/unit UNIT_OUT=build/unit-sanitized UNIT_CC=clang \
	    UNIT_CFLAGS="$(SANITIZED)"
	@$(PY) tests/static/sanitized.py build/unit-sanitized "$(SANITIZED)"

# gcov's account of core/ under the unit tests, the oracle's comparison and the fuzzer's corpus.
COVERAGE := UNIT_OUT=build/coverage UNIT_CFLAGS="-std=gnu11 -O0 -g --coverage -Ibuild/oracle"
COVERED := $(sort $(wildcard core/event/*.c core/vmx/*.c vendor/model/*.c vendor/common/*.c))
build/coverage/oracle: $(patsubst %.c,build/coverage/%.o,$(COVERED) $(sort $(wildcard tests/oracle/*.c)))
	@gcc --coverage $(foreach f,$(ORACLE_GUARDED),-Wl,--wrap=$(f)) $^ -o $@
build/coverage/replay: $(patsubst %.c,build/coverage/%.o,$(COVERED) tests/oracle/oracle.c tests/oracle/bridge.c \
    tests/fuzz/fuzz.c tests/fuzz/replay.c)
	@gcc --coverage $(foreach f,$(ORACLE_GUARDED),-Wl,--wrap=$(f)) $^ -o $@
coverage: build/oracle/tables.h | build/deps-tests.stamp ## lines and branches of core/ that the host tests reach
	@rm -rf build/coverage
	@$(MAKE) --no-print-directory $(COVERAGE) build/coverage/unit build/coverage/oracle build/coverage/replay
	@$(PY) tests/static/coverage.py build/coverage $(COVERAGE_FLOOR)
