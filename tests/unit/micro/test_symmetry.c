/* Projection of a tangent onto classes of symmetry: nearest, idempotent, nested, with the constants of the class;
 * errors; a material that declares one. */
#include "engine_material.h"
#include "numerics/symmetry.h"

/* A full symmetric tangent with 21 different entries, like a stiffness. */
static void sample(double D[36]) {
    int k = 0;
    for (int i = 0; i < 6; i++)
        for (int j = i; j < 6; j++, k++) D[6 * i + j] = D[6 * j + i] = (i == j ? 10 : 2) + sin(1.7 * k + 0.3);
}

static double inner(const double A[36], const double B[36]) { /* of the fourth-order tensors */
    double sum = 0;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) sum += (i < 3 ? 1 : 2) * (j < 3 ? 1 : 2) * A[6 * i + j] * B[6 * i + j];
    return sum;
}

static void projection_is_orthogonal(void **state) {
    (void)state;
    for (int s = FEMD_ORTHORHOMBIC; s < FEMD_SYMMETRIES; s++) {
        double D[36], P[36], again[36], rest[36];
        sample(D);
        memcpy(P, D, sizeof P);
        femd_symmetry_project((femd_symmetry)s, P);
        memcpy(again, P, sizeof again);
        femd_symmetry_project((femd_symmetry)s, again);
        for (int k = 0; k < 36; k++) rest[k] = D[k] - P[k];
        assert_true(largest_difference(36, P, again) < 1e-14 * largest(36, P));
        assert_true(fabs(inner(P, rest)) < 1e-12 * inner(D, D)); /* the nearest of a linear space */
        const double distance = femd_symmetry_distance((femd_symmetry)s, D);
        assert_true(fabs(distance - sqrt(inner(rest, rest) / inner(D, D))) < 1e-14 && distance > 0.05);
        assert_true(femd_symmetry_distance((femd_symmetry)s, P) < 1e-15);
    }
}

static void classes_are_nested(void **state) {
    (void)state;
    static const femd_symmetry chain[][2] = {{FEMD_ORTHORHOMBIC, FEMD_HEXAGONAL},
                                             {FEMD_ORTHORHOMBIC, FEMD_CUBIC},
                                             {FEMD_HEXAGONAL, FEMD_ISOTROPIC},
                                             {FEMD_CUBIC, FEMD_ISOTROPIC}};
    for (size_t k = 0; k < sizeof chain / sizeof *chain; k++) {
        double direct[36], twice[36];
        sample(direct);
        sample(twice);
        femd_symmetry_project(chain[k][1], direct);
        femd_symmetry_project(chain[k][0], twice);
        femd_symmetry_project(chain[k][1], twice);
        assert_true(largest_difference(36, direct, twice) < 1e-14 * largest(36, direct));
        assert_true(femd_symmetry_distance(chain[k][0], direct) < 1e-15);
    }
}

static void errors_shrink_by_the_number_of_entries_averaged(void **state) {
    (void)state;
    double error[36];
    for (int k = 0; k < 36; k++) error[k] = 0.3;
    femd_symmetry_project_errors(FEMD_CUBIC, error);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            const int counts = i == j || (i < 3 && j < 3);
            assert_true(fabs(error[6 * i + j] - (counts ? 0.3 / sqrt(3) : 0)) < 1e-15);
        }
}

static void a_material_declares_its_class(void **state) {
    (void)state;
    femd_material *plain = open_material(COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}", "")),
                  *cubic = open_material(
                      COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}", ",\"symmetry\":\"cubic\""));
    const double E[6] = {0.002, 0, 0, 0.001, 0, 0};
    femd_response a, b;
    evaluate(plain, E, BASIC, NULL, &a, NULL);
    evaluate(cubic, E, BASIC, NULL, &b, NULL);
    assert_memory_equal(a.S, b.S, sizeof a.S);
    assert_true(femd_symmetry_distance(FEMD_CUBIC, a.D) > 1e-4);
    femd_symmetry_project(FEMD_CUBIC, a.D);
    assert_memory_equal(a.D, b.D, sizeof a.D);
    femd_material_close(&plain);
    femd_material_close(&cubic);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(projection_is_orthogonal),
        cmocka_unit_test(classes_are_nested),
        cmocka_unit_test(errors_shrink_by_the_number_of_entries_averaged),
        cmocka_unit_test(a_material_declares_its_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
