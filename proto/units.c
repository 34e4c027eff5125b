/* The table of units and the reader of "3.615 angstrom". Owns every factor between a unit that a user may write and SI;
 * never knows which key of which file a quantity belongs to.
 *
 * A unit that is a power of ten of the SI unit shifts the decimal exponent before the number is read, so that
 * "3.615 angstrom" and 3.615e-10 are the same double. */
#include "femd/units.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AVOGADRO 6.02214076e23 /* 1/mol, exact */
#define PI       3.14159265358979323846

typedef struct unit {
    femd_dimension dim;
    const char *name;
    int power; /* SI value = number x 10^power x factor + offset */
    double factor;
    double offset;
    int alias; /* 1: accepted, but not listed in messages */
} unit;

static const unit units[] = {
    {FEMD_DIM_NONE, "-", 0, 1, 0, 0},
    {FEMD_DIM_NONE, "%", -2, 1, 0, 0},
    {FEMD_DIM_LENGTH, "m", 0, 1, 0, 0},
    {FEMD_DIM_LENGTH, "cm", -2, 1, 0, 0},
    {FEMD_DIM_LENGTH, "mm", -3, 1, 0, 0},
    {FEMD_DIM_LENGTH, "um", -6, 1, 0, 0},
    {FEMD_DIM_LENGTH, "nm", -9, 1, 0, 0},
    {FEMD_DIM_LENGTH, "angstrom", -10, 1, 0, 0},
    {FEMD_DIM_LENGTH, "pm", -12, 1, 0, 0},
    {FEMD_DIM_LENGTH, "\xc2\xb5m", -6, 1, 0, 1}, /* micro sign */
    {FEMD_DIM_LENGTH, "\xc3\x85", -10, 1, 0, 1}, /* A with ring */
    {FEMD_DIM_PRESSURE, "Pa", 0, 1, 0, 0},
    {FEMD_DIM_PRESSURE, "kPa", 3, 1, 0, 0},
    {FEMD_DIM_PRESSURE, "MPa", 6, 1, 0, 0},
    {FEMD_DIM_PRESSURE, "GPa", 9, 1, 0, 0},
    {FEMD_DIM_PRESSURE, "bar", 5, 1, 0, 0},
    {FEMD_DIM_PRESSURE, "atm", 0, 101325, 0, 0},
    {FEMD_DIM_PRESSURE, "eV/angstrom^3", 0, FEMD_EV_PER_A3, 0, 0},
    {FEMD_DIM_PRESSURE, "N/m^2", 0, 1, 0, 1},
    {FEMD_DIM_PRESSURE, "N/mm^2", 6, 1, 0, 1},
    {FEMD_DIM_TEMPERATURE, "K", 0, 1, 0, 0},
    {FEMD_DIM_TEMPERATURE, "mK", -3, 1, 0, 0},
    {FEMD_DIM_TEMPERATURE, "degC", 0, 1, 273.15, 0},
    {FEMD_DIM_ENERGY, "J", 0, 1, 0, 0},
    {FEMD_DIM_ENERGY, "eV", 0, FEMD_ELEMENTARY_CHARGE, 0, 0},
    {FEMD_DIM_ENERGY, "meV", -3, FEMD_ELEMENTARY_CHARGE, 0, 0},
    {FEMD_DIM_ENERGY, "kJ/mol", 3, 1 / AVOGADRO, 0, 0},
    {FEMD_DIM_ENERGY, "kcal/mol", 0, 4184 / AVOGADRO, 0, 0},
    {FEMD_DIM_MASS, "kg", 0, 1, 0, 0},
    {FEMD_DIM_MASS, "g", -3, 1, 0, 0},
    {FEMD_DIM_MASS, "u", 0, FEMD_ATOMIC_MASS, 0, 0},
    {FEMD_DIM_MASS, "g/mol", -3, 1 / AVOGADRO, 0, 0},
    {FEMD_DIM_TIME, "s", 0, 1, 0, 0},
    {FEMD_DIM_TIME, "ms", -3, 1, 0, 0},
    {FEMD_DIM_TIME, "us", -6, 1, 0, 0},
    {FEMD_DIM_TIME, "ns", -9, 1, 0, 0},
    {FEMD_DIM_TIME, "ps", -12, 1, 0, 0},
    {FEMD_DIM_TIME, "fs", -15, 1, 0, 0},
    {FEMD_DIM_FORCE_DENSITY, "N/m^3", 0, 1, 0, 0},
    {FEMD_DIM_FORCE_DENSITY, "kN/m^3", 3, 1, 0, 0},
    {FEMD_DIM_FORCE_DENSITY, "N/mm^3", 9, 1, 0, 0},
    {FEMD_DIM_FORCE_DENSITY, "eV/angstrom^4", 40, FEMD_ELEMENTARY_CHARGE, 0, 0},
    {FEMD_DIM_ANGLE, "rad", 0, 1, 0, 0},
    {FEMD_DIM_ANGLE, "deg", 0, PI / 180, 0, 0},
    {FEMD_DIM_FORCE, "N", 0, 1, 0, 0},
    {FEMD_DIM_FORCE, "nN", -9, 1, 0, 0},
    {FEMD_DIM_FORCE, "pN", -12, 1, 0, 0},
    {FEMD_DIM_FORCE, "eV/angstrom", 10, FEMD_ELEMENTARY_CHARGE, 0, 0},
    {FEMD_DIM_CONDUCTIVITY, "W/(m K)", 0, 1, 0, 0},
    {FEMD_DIM_CONDUCTIVITY, "mW/(m K)", -3, 1, 0, 0},
    {FEMD_DIM_CONDUCTIVITY, "W/m/K", 0, 1, 0, 1},
    {FEMD_DIM_DENSITY, "kg/m^3", 0, 1, 0, 0},
    {FEMD_DIM_DENSITY, "g/cm^3", 3, 1, 0, 0},
    {FEMD_DIM_EXPANSION, "1/K", 0, 1, 0, 0},
    {FEMD_DIM_HEAT_CAPACITY, "J/(m^3 K)", 0, 1, 0, 0},
    {FEMD_DIM_HEAT_CAPACITY, "MJ/(m^3 K)", 6, 1, 0, 0},
    {FEMD_DIM_RESISTIVITY, "ohm m", 0, 1, 0, 0},
    {FEMD_DIM_RESISTIVITY, "uohm cm", -8, 1, 0, 0},
    {FEMD_DIM_RESISTIVITY, "nohm m", -9, 1, 0, 0},
    {FEMD_DIM_HEAT_FLUX, "W/m^2", 0, 1, 0, 0},
    {FEMD_DIM_HEAT_FLUX, "kW/m^2", 3, 1, 0, 0},
    {FEMD_DIM_HEAT_FLUX, "MW/m^2", 6, 1, 0, 0},
    {FEMD_DIM_HEAT_TRANSFER, "W/(m^2 K)", 0, 1, 0, 0},
    {FEMD_DIM_HEAT_TRANSFER, "kW/(m^2 K)", 3, 1, 0, 0},
    {FEMD_DIM_HEAT_TRANSFER, "MW/(m^2 K)", 6, 1, 0, 0},
    {FEMD_DIM_POWER_DENSITY, "W/m^3", 0, 1, 0, 0},
    {FEMD_DIM_POWER_DENSITY, "kW/m^3", 3, 1, 0, 0},
    {FEMD_DIM_POWER_DENSITY, "MW/m^3", 6, 1, 0, 0},
};

static const char *const names[FEMD_DIM_COUNT] = {
    [FEMD_DIM_NONE] = "number",
    [FEMD_DIM_LENGTH] = "length",
    [FEMD_DIM_PRESSURE] = "pressure",
    [FEMD_DIM_TEMPERATURE] = "temperature",
    [FEMD_DIM_ENERGY] = "energy",
    [FEMD_DIM_MASS] = "mass",
    [FEMD_DIM_TIME] = "time",
    [FEMD_DIM_FORCE_DENSITY] = "force-density",
    [FEMD_DIM_ANGLE] = "angle",
    [FEMD_DIM_FORCE] = "force",
    [FEMD_DIM_CONDUCTIVITY] = "conductivity",
    [FEMD_DIM_DENSITY] = "density",
    [FEMD_DIM_EXPANSION] = "expansion",
    [FEMD_DIM_HEAT_CAPACITY] = "heat-capacity",
    [FEMD_DIM_RESISTIVITY] = "resistivity",
    [FEMD_DIM_HEAT_FLUX] = "heat-flux",
    [FEMD_DIM_HEAT_TRANSFER] = "heat-transfer",
    [FEMD_DIM_POWER_DENSITY] = "power-density",
};

const char *femd_dimension_name(femd_dimension dim) {
    return (unsigned)dim < FEMD_DIM_COUNT ? names[dim] : "unknown";
}

femd_dimension femd_dimension_from_name(const char *name) {
    for (unsigned i = 0; name && i < FEMD_DIM_COUNT; i++)
        if (strcmp(names[i], name) == 0) return (femd_dimension)i;
    return FEMD_DIM_COUNT;
}

void femd_units_list(femd_dimension dim, char *text, size_t size) {
    size_t used = 0;
    if (size == 0) return;
    text[0] = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].dim != dim || units[i].alias) continue;
        int n = snprintf(text + used, size - used, "%s%s", used ? ", " : "", units[i].name);
        if (n < 0 || (size_t)n >= size - used) return;
        used += (size_t)n;
    }
}

static int units_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Length of the decimal number at the start of s; *mantissa its length without the exponent, *power its exponent.
 * 0 if there is none (so "nan", "inf" and "0x1" are no numbers; the exponent is clipped far outside a double's). */
static size_t units_scan_number(const char *s, size_t *mantissa, int *power) {
    size_t i = 0, digits = 0;
    if (s[i] == '+' || s[i] == '-') i++;
    for (; units_is_digit(s[i]); i++) digits++;
    if (s[i] == '.')
        for (i++; units_is_digit(s[i]); i++) digits++;
    if (digits == 0) return 0;
    *mantissa = i;
    *power = 0;
    if (s[i] != 'e' && s[i] != 'E') return i;
    size_t k = i + 1;
    int sign = 1;
    if (s[k] == '+' || s[k] == '-') sign = s[k++] == '-' ? -1 : 1;
    if (!units_is_digit(s[k])) return i;
    for (; units_is_digit(s[k]); k++)
        if (*power < 100000) *power = *power * 10 + (s[k] - '0');
    *power *= sign;
    return k;
}

/* number = text[0..mantissa) x 10^power, correctly rounded whatever the locale's decimal point. */
static double units_read_number(const char *text, size_t mantissa, int power) {
    char buffer[160];
    snprintf(buffer, sizeof buffer, "%.*se%d", (int)mantissa, text, power);
    char *dot = strchr(buffer, '.');
    if (dot) *dot = localeconv()->decimal_point[0];
    return strtod(buffer, NULL);
}

static const unit *units_find(femd_dimension dim, const char *name, size_t n) {
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].dim == dim && strlen(units[i].name) == n && memcmp(units[i].name, name, n) == 0) return &units[i];
    return NULL;
}

/* The SI unit of a dimension; empty for a pure number. */
static const char *units_first(femd_dimension dim) {
    for (size_t i = 0; dim != FEMD_DIM_NONE && i < sizeof units / sizeof *units; i++)
        if (units[i].dim == dim) return units[i].name;
    return "";
}

femd_status femd_units_parse(const char *text, femd_dimension dim, double *si, femd_error *err) {
    char list[256];
    size_t mantissa = 0;
    int power = 0;
    if (!text || !si || (unsigned)dim >= FEMD_DIM_COUNT)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_units_parse: bad argument");
    femd_units_list(dim, list, sizeof list);
    while (*text == ' ') text++;
    size_t n = units_scan_number(text, &mantissa, &power);
    if (n == 0 || mantissa > 120)
        return femd_fail(err, FEMD_BAD_INPUT, "\"%.60s\" does not start with a number; write a %s such as \"1.5 %s\"",
                         text, femd_dimension_name(dim), units_first(dim));
    const char *name = text + n;
    while (*name == ' ') name++;
    size_t len = strlen(name);
    while (len && name[len - 1] == ' ') len--;
    if (len == 0 && dim != FEMD_DIM_NONE)
        return femd_fail(err, FEMD_BAD_INPUT, "\"%.60s\" has no unit; accepted for a %s: %s (or a bare number in SI)",
                         text, femd_dimension_name(dim), list);
    const unit *u = len ? units_find(dim, name, len) : &units[0];
    if (!u)
        return femd_fail(err, FEMD_BAD_INPUT, "unit \"%.*s\" does not fit a %s; accepted: %s", len > 40 ? 40 : (int)len,
                         name, femd_dimension_name(dim), list);
    double v = units_read_number(text, mantissa, power + u->power);
    if (u->factor != 1) v *= u->factor;
    v += u->offset;
    if (!isfinite(v)) return femd_fail(err, FEMD_BAD_INPUT, "\"%.60s\" is too large", text);
    *si = v;
    return FEMD_OK;
}
