/* The reference of a sampled stress on tables whose harmonic vibrations know neither stress nor stiffness. */
#include "md_reference.h"

static void a_rough_table_has_a_reference(void **state) {
    (void)state;
    const md_crystal aluminium = {"Al", "eam/fs", "Al_mm.eam.fs", "fcc", 4.045, {2, 2, 2}, 300, NULL};
    const femd_response r = md_reference_is_met(&aluminium, 0.04);
    assert_true(r.D[0] > 90 * GPA && r.D[0] < 125 * GPA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rough_table_has_a_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
