/* References of sampled stresses over a class of tables, rough ones among them. */
#include "md_reference.h"

static void tables_have_references(void **state) {
    (void)state;
    const md_crystal crystals[] = {
        {"Fe", "eam/fs", "Fe_mm.eam.fs", "bcc", 2.855, {4, 4, 4}, 300, NULL},
        {"Mg", "eam/fs", "Mg_mm.eam.fs", "hcp", 3.184, {4, 3, 3}, 300, ",\"c_over_a\":1.6237"},
        {"Al", "eam/fs", "Al_mm.eam.fs", "fcc", 4.045, {3, 3, 3}, 300, NULL},
        {"Al", "eam/fs", "Al_mm.eam.fs", "fcc", 4.045, {3, 3, 3}, 700, NULL},
        {"V", "eam/fs", "VFe_mm.eam.fs", "bcc", 3.03, {4, 4, 4}, 300, NULL},
        {"Ta", "eam/alloy", "CuTa.eam.alloy", "bcc", 3.303, {4, 4, 4}, 300, NULL},
        {"Ni", "eam/alloy", "NiAlH_jea.eam.alloy", "fcc", 3.52, {3, 3, 3}, 300, NULL},
        {"Al", "eam/alloy", "Al_zhou.eam.alloy", "fcc", 4.08, {3, 3, 3}, 300, NULL},
        {"Cu", "eam/alloy", "Cu_zhou.eam.alloy", "fcc", 3.615, {3, 3, 3}, 300, NULL},
        {"Cu", "eam/alloy", "Cu_mishin1.eam.alloy", "fcc", 3.615, {3, 3, 3}, 1000, NULL},
        {"W", "eam/alloy", "W_zhou.eam.alloy", "bcc", 3.165, {4, 4, 4}, 300, NULL},
    };
    for (size_t i = 0; i < sizeof crystals / sizeof *crystals; i++) (void)md_reference_is_met(&crystals[i], 0.02);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
