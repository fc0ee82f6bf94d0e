/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs all unit tests. Rules cite them as tests/unit/<file>.c:<test name>. UNIT_ONLY=<test case> runs one group.
 */
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

int main(void)
{
    Suite *suite = suite_create("provenest");
    SRunner *runner;
    int run, failed;

    suite_add_tcase(suite, classes_tests());
    suite_add_tcase(suite, exceptions_tests());
    suite_add_tcase(suite, debug_status_tests());
    suite_add_tcase(suite, double_fault_tests());
    suite_add_tcase(suite, nmi_tests());
    suite_add_tcase(suite, interrupt_tests());
    suite_add_tcase(suite, shadow_tests());
    suite_add_tcase(suite, vectoring_tests());
    suite_add_tcase(suite, words_tests());
    suite_add_tcase(suite, soft_tests());
    suite_add_tcase(suite, svm_nmi_tests());
    suite_add_tcase(suite, async_tests());
    suite_add_tcase(suite, retire_tests());
    suite_add_tcase(suite, intercept_tests());
    suite_add_tcase(suite, snapshot_tests());
    suite_add_tcase(suite, elide_tests());
    suite_add_tcase(suite, priority_tests());
    suite_add_tcase(suite, history_tests());
    suite_add_tcase(suite, ledger_tests());
    suite_add_tcase(suite, seam_tests());
    suite_add_tcase(suite, model_tests());
    suite_add_tcase(suite, hv_options_tests());
    suite_add_tcase(suite, hv_memmap_tests());
    suite_add_tcase(suite, hv_image_tests());
    suite_add_tcase(suite, hv_bootinfo_tests());
    suite_add_tcase(suite, hv_tables_tests());
    suite_add_tcase(suite, vmx_caps_tests());
    suite_add_tcase(suite, vmx_decode_tests());
    suite_add_tcase(suite, vmx_check_tests());
    suite_add_tcase(suite, vmx_check_guest_tests());
    suite_add_tcase(suite, vmx_insn_tests());
    suite_add_tcase(suite, vmx_shadow_tests());
    suite_add_tcase(suite, vmx_exit_tests());
    suite_add_tcase(suite, vmx_entry_tests());
    suite_add_tcase(suite, vmx_host_tests());
    suite_add_tcase(suite, vmx_more_tests());
    suite_add_tcase(suite, vmx_words_tests());
    suite_add_tcase(suite, vmx_verdict_tests());
    suite_add_tcase(suite, vmx_late_tests());
    runner = srunner_create(suite);
    srunner_run(runner, NULL, getenv("UNIT_ONLY"), getenv("UNIT_VERBOSE") ? CK_VERBOSE : CK_NORMAL);
    run = srunner_ntests_run(runner);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    printf("%d passed, %d failed\n", run - failed, failed);
    return failed || run == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
