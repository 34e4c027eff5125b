/* Bodies that their temperature strains, on coarse meshes: beside closed forms, and at the figures that the scheme has
 * on these meshes, which ./femd bench solids follows to fine ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>

#include "near.h"
#include "solids.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static void a_heated_cylinder_has_its_closed_form(void **state) {
    (void)state;
    static const double bore[3] = {1, 0, 0}, outside[3] = {2, 0, 0};
    double off[2][5];
    for (int fine = 0; fine < 2; ++fine) {
        double in[9], out[9], u_in[3], u_out[3];
        OK(solids_heated_cylinder(fine ? 4 : 2, bore, in, u_in, err));
        OK(solids_heated_cylinder(fine ? 4 : 2, outside, out, u_out, err));
        off[fine][0] = in[4] / -2.2031489e8 - 1;
        off[fine][1] = in[8] / -3.1809447e8 - 1;
        off[fine][2] = out[4] / 1.3968511e8 - 1;
        off[fine][3] = u_in[0] / 6.05302132e-4 - 1;
        off[fine][4] = u_out[0] / 1.21060426e-3 - 1;
        print_message("off by %.2g %.2g %.2g (stresses), %.2g %.2g (displacements)\n", off[fine][0], off[fine][1],
                      off[fine][2], off[fine][3], off[fine][4]);
    }
    for (int i = 0; i < 3; ++i) assert_true(fabs(off[1][i]) < 0.04 && fabs(off[1][i]) < 0.4 * fabs(off[0][i]));
    for (int i = 3; i < 5; ++i) assert_true(fabs(off[1][i]) < 6e-3 && fabs(off[1][i]) < 0.3 * fabs(off[0][i]));
}

static void le11_has_the_figure_of_its_mesh(void **state) {
    (void)state;
    double stress;
    OK(solids_le11(2, &stress, err));
    print_message("%.3f MPa\n", stress / 1e6);
    assert_near(stress / 1e6, -106.35, 0.01);
    assert_near(stress / 1e6, -105, 0.015 * 105); /* NAFEMS */
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heated_cylinder_has_its_closed_form),
        cmocka_unit_test(le11_has_the_figure_of_its_mesh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
