/* The table of units: values, and the words for what does not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "femd/units.h"

static void values_in_si(void **state) {
    (void)state;
    static const struct {
        const char *text;
        femd_dimension dim;
        double si;
    } cases[] = {
        {"3.615 angstrom", FEMD_DIM_LENGTH, 3.615e-10},
        {"3.615angstrom", FEMD_DIM_LENGTH, 3.615e-10},
        {" -2.5e1 nm ", FEMD_DIM_LENGTH, -2.5e-8},
        {"1 um", FEMD_DIM_LENGTH, 1e-6},
        {"7 mm", FEMD_DIM_LENGTH, 7e-3},
        {"0.3 pm", FEMD_DIM_LENGTH, 0.3e-12},
        {"1.5 m", FEMD_DIM_LENGTH, 1.5},
        {"1 \xc3\x85", FEMD_DIM_LENGTH, 1e-10},
        {"170.3 GPa", FEMD_DIM_PRESSURE, 170.3e9},
        {"2 bar", FEMD_DIM_PRESSURE, 2e5},
        {"1 atm", FEMD_DIM_PRESSURE, 101325},
        {"1 eV/angstrom^3", FEMD_DIM_PRESSURE, 1.602176634e11},
        {"300 K", FEMD_DIM_TEMPERATURE, 300},
        {"20 degC", FEMD_DIM_TEMPERATURE, 293.15},
        {"1 eV", FEMD_DIM_ENERGY, 1.602176634e-19},
        {"10.3207 meV", FEMD_DIM_ENERGY, 0.0103207 * 1.602176634e-19},
        {"1 kcal/mol", FEMD_DIM_ENERGY, 4184 / 6.02214076e23},
        {"1 u", FEMD_DIM_MASS, 1.66053906660e-27},
        {"2 fs", FEMD_DIM_TIME, 2e-15},
        {"90 deg", FEMD_DIM_ANGLE, 1.57079632679489661923},
        {"1 eV/angstrom", FEMD_DIM_FORCE, 1.602176634e-9},
        {"1.5 W/(m K)", FEMD_DIM_CONDUCTIVITY, 1.5},
        {"8.96 g/cm^3", FEMD_DIM_DENSITY, 8960},
        {"1.6e-5 1/K", FEMD_DIM_EXPANSION, 1.6e-5},
        {"3.4 MJ/(m^3 K)", FEMD_DIM_HEAT_CAPACITY, 3.4e6},
        {"9.81 kN/m^3", FEMD_DIM_FORCE_DENSITY, 9810},
        {"12 %", FEMD_DIM_NONE, 0.12},
        {"12", FEMD_DIM_NONE, 12},
        {"6 kPa", FEMD_DIM_PRESSURE, 6e3},
        {"6 MPa", FEMD_DIM_PRESSURE, 6e6},
        {"6 N/m^2", FEMD_DIM_PRESSURE, 6},
        {"6 N/mm^2", FEMD_DIM_PRESSURE, 6e6},
        {"250 mK", FEMD_DIM_TEMPERATURE, 0.25},
        {"2 J", FEMD_DIM_ENERGY, 2},
        {"1 kJ/mol", FEMD_DIM_ENERGY, 1000 / 6.02214076e23},
        {"3 kg", FEMD_DIM_MASS, 3},
        {"3 g", FEMD_DIM_MASS, 3e-3},
        {"2 g/mol", FEMD_DIM_MASS, 2e-3 / 6.02214076e23},
        {"4 s", FEMD_DIM_TIME, 4},
        {"4 ms", FEMD_DIM_TIME, 4e-3},
        {"4 us", FEMD_DIM_TIME, 4e-6},
        {"4 ns", FEMD_DIM_TIME, 4e-9},
        {"4 ps", FEMD_DIM_TIME, 4e-12},
        {"9 N/m^3", FEMD_DIM_FORCE_DENSITY, 9},
        {"9 N/mm^3", FEMD_DIM_FORCE_DENSITY, 9e9},
        {"1 eV/angstrom^4", FEMD_DIM_FORCE_DENSITY, 1.602176634e21},
        {"1.25 rad", FEMD_DIM_ANGLE, 1.25},
        {"8 N", FEMD_DIM_FORCE, 8},
        {"8 nN", FEMD_DIM_FORCE, 8e-9},
        {"8 pN", FEMD_DIM_FORCE, 8e-12},
        {"70 mW/(m K)", FEMD_DIM_CONDUCTIVITY, 0.07},
        {"70 W/m/K", FEMD_DIM_CONDUCTIVITY, 70},
        {"70 kg/m^3", FEMD_DIM_DENSITY, 70},
        {"70 J/(m^3 K)", FEMD_DIM_HEAT_CAPACITY, 70},
        {"1.7e-8 ohm m", FEMD_DIM_RESISTIVITY, 1.7e-8},
        {"1.7 uohm cm", FEMD_DIM_RESISTIVITY, 1.7e-8},
        {"17 nohm m", FEMD_DIM_RESISTIVITY, 1.7e-8},
        {"3 kW/m^2", FEMD_DIM_HEAT_FLUX, 3e3},
        {"3 W/m^2", FEMD_DIM_HEAT_FLUX, 3},
        {"750 W/(m^2 K)", FEMD_DIM_HEAT_TRANSFER, 750},
        {"2 MW/(m^2 K)", FEMD_DIM_HEAT_TRANSFER, 2e6},
        {"5 MW/m^3", FEMD_DIM_POWER_DENSITY, 5e6},
        {"5 W/m^3", FEMD_DIM_POWER_DENSITY, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v = -1, want = cases[i].si;
        femd_error err = FEMD_ERROR_INIT;
        if (femd_units_parse(cases[i].text, cases[i].dim, &v, &err) != FEMD_OK)
            fail_msg("%s: %s", cases[i].text, err.text);
        double off = v - want;
        if (off < 0) off = -off;
        if (off > 2e-16 * (want < 0 ? -want : want)) fail_msg("%s: %.17g, not %.17g", cases[i].text, v, want);
    }
}

/* A decimal unit gives the very double that the SI number would. */
static void decimal_units_round_once(void **state) {
    (void)state;
    double v;
    assert_int_equal(femd_units_parse("3.615 angstrom", FEMD_DIM_LENGTH, &v, NULL), FEMD_OK);
    assert_true(v == 3.615e-10);
    assert_int_equal(femd_units_parse("0.7 nm", FEMD_DIM_LENGTH, &v, NULL), FEMD_OK);
    assert_true(v == 0.7e-9);
    assert_int_equal(femd_units_parse("123.456 GPa", FEMD_DIM_PRESSURE, &v, NULL), FEMD_OK);
    assert_true(v == 123.456e9);
}

static void what_does_not_fit_is_refused_with_words(void **state) {
    (void)state;
    static const struct {
        const char *text;
        femd_dimension dim;
        const char *words;
    } cases[] = {
        {"3 GPa", FEMD_DIM_LENGTH, "unit \"GPa\" does not fit a length; accepted: m, cm, mm, um, nm, angstrom, pm"},
        {"3", FEMD_DIM_LENGTH,
         "\"3\" has no unit; accepted for a length: m, cm, mm, um, nm, angstrom, pm (or a bare number in SI)"},
        {"nan m", FEMD_DIM_LENGTH, "\"nan m\" does not start with a number; write a length such as \"1.5 m\""},
        {"inf K", FEMD_DIM_TEMPERATURE,
         "\"inf K\" does not start with a number; write a temperature such as \"1.5 K\""},
        {"0x10 m", FEMD_DIM_LENGTH, "unit \"x10 m\" does not fit a length; accepted: m, cm, mm, um, nm, angstrom, pm"},
        {"1e400 m", FEMD_DIM_LENGTH, "\"1e400 m\" is too large"},
        {"1e99999999999999999999 m", FEMD_DIM_LENGTH, "\"1e99999999999999999999 m\" is too large"},
        {"3 Angstrom", FEMD_DIM_LENGTH,
         "unit \"Angstrom\" does not fit a length; accepted: m, cm, mm, um, nm, angstrom, pm"},
        {"", FEMD_DIM_MASS, "\"\" does not start with a number; write a mass such as \"1.5 kg\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v = 7;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(femd_units_parse(cases[i].text, cases[i].dim, &v, &err), FEMD_BAD_INPUT);
        assert_string_equal(err.text, cases[i].words);
        assert_true(v == 7);
    }
}

static void names_of_dimensions_go_both_ways(void **state) {
    (void)state;
    char list[256];
    for (int d = 0; d < FEMD_DIM_COUNT; d++) {
        assert_int_equal(femd_dimension_from_name(femd_dimension_name((femd_dimension)d)), d);
        femd_units_list((femd_dimension)d, list, sizeof list);
        assert_true(list[0] != 0);
    }
    assert_int_equal(femd_dimension_from_name("colour"), FEMD_DIM_COUNT);
    assert_int_equal(femd_dimension_from_name(NULL), FEMD_DIM_COUNT);
    femd_units_list(FEMD_DIM_LENGTH, list, 4);
    assert_true(strlen(list) < 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_in_si),
        cmocka_unit_test(decimal_units_round_once),
        cmocka_unit_test(what_does_not_fit_is_refused_with_words),
        cmocka_unit_test(names_of_dimensions_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
