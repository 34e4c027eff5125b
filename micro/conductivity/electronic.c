/* The law of Wiedemann and Franz for a declared resistivity. Owns the keys of "electronic"; knows no atoms. */
#include "conductivity/electronic.h"

#include "femd/units.h"

/* Sommerfeld's value of the Lorenz number, (pi^2/3) (k_B/e)^2. */
static const double LORENZ = 3.14159265358979323846 * 3.14159265358979323846 / 3 *
                             (FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE) * (FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE);
static const double ROOM = 293.15; /* K, to which tables of resistivities refer */

femd_status femd_electronic_read(const femd_json *doc, femd_electronic *e, femd_error *err) {
    const cJSON *node = femd_json_get(doc->root, "electronic");
    *e = (femd_electronic){.declared = node != NULL};
    if (!node) return FEMD_OK;
    FEMD_TRY(femd_json_quantity(doc, node, "resistivity", FEMD_DIM_RESISTIVITY, 0, &e->resistivity, err));
    FEMD_TRY(femd_json_quantity(doc, node, "temperature", FEMD_DIM_TEMPERATURE, ROOM, &e->temperature, err));
    FEMD_TRY(femd_json_quantity(doc, node, "coefficient", FEMD_DIM_EXPANSION, 0, &e->coefficient, err));
    e->lorenz = femd_json_number(node, "lorenz", LORENZ);
    return FEMD_OK;
}

femd_status femd_electronic_conductivity(const femd_electronic *e, double T, double k[6], femd_error *err) {
    for (int c = 0; c < 6; c++) k[c] = 0;
    if (!e->declared) return FEMD_OK;
    const double resistivity = e->resistivity * (1 + e->coefficient * (T - e->temperature));
    if (!(resistivity > 0))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "electronic: the declared resistivity is %g ohm m at %g K; it must be above zero", resistivity,
                         T);
    for (int c = 0; c < 3; c++) k[c] = e->lorenz * T / resistivity;
    return FEMD_OK;
}
