/* From the command line of femd eval to a request: strain or deformation gradient, prescribed stresses, pressure,
 * chemical potentials, wants. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "femd/client.h"
#include "femd/kinematics.h"
#include "femd/species.h"
#include "layouts.h"

/* ---- words of the command line ---- */

int eval_voigt_index(const char *name, size_t n) {
    static const char *const names[6][3] = {{"11", "xx", "1"}, {"22", "yy", "2"}, {"33", "zz", "3"},
                                            {"23", "yz", "4"}, {"13", "xz", "5"}, {"12", "xy", "6"}};
    for (int c = 0; c < 6; c++)
        for (int k = 0; k < 3; k++)
            if (strlen(names[c][k]) == n && strncmp(names[c][k], name, n) == 0) return c;
    return -1;
}

/* A number in SI, or with a unit. */
femd_status eval_quantity(const char *what, const char *text, femd_dimension dim, double *out, femd_error *err) {
    char *end;
    const double v = strtod(text, &end);
    if (end != text && !*end && isfinite(v)) {
        *out = v;
        return FEMD_OK;
    }
    femd_status rc = femd_units_parse(text, dim, out, err);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "%s", what);
}

static femd_status controls_one_stress(const char *item, femd_request *q, femd_error *err) {
    const char *equal = strchr(item, '=');
    const int c = equal ? eval_voigt_index(item, (size_t)(equal - item)) : -1;
    if (c < 0)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "--stress \"%s\": give COMPONENT=VALUE with one of 11 22 33 23 13 12 (or xx yy zz yz xz xy)",
                         item);
    if (q->mask >> c & 1)
        return femd_fail(err, FEMD_BAD_INPUT, "--stress: component %.*s is given twice", (int)(equal - item), item);
    q->mask |= (uint8_t)(1u << c);
    return eval_quantity("--stress", equal + 1, FEMD_DIM_PRESSURE, &q->value[c], err);
}

static femd_status controls_wants(const char *list, const femd_capabilities *caps, uint32_t *out, femd_error *err) {
    *out = (FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_ENERGY) & caps->wants;
    if (!list) return FEMD_OK;
    *out = 0;
    for (const char *p = list; *p;) {
        char key[32], all[FEMD_WANTS_TEXT];
        const size_t n = strcspn(p, ", ");
        snprintf(key, sizeof key, "%.*s", (int)n, p);
        const uint32_t bit = n ? femd_want_from_key(key) : 0;
        femd_wants_text(FEMD_WANT_ALL, all, sizeof all);
        if (n && !bit) return femd_fail(err, FEMD_BAD_INPUT, "--want: unknown \"%s\"; accepted: %s", key, all);
        *out |= bit;
        p += n;
        p += strspn(p, ", ");
    }
    return FEMD_OK;
}

/* ---- controls ---- */

static int controls_is_identity(const double Q[9]) {
    for (int i = 0; i < 9; i++)
        if (fabs(Q[i] - (i % 4 == 0)) > 1e-14) return 0;
    return 1;
}

static femd_status controls_check_modes(const eval_request *ask, const double Q[9], const femd_capabilities *caps,
                                        femd_error *err) {
    if (ask->F.given && ask->strain.given) return femd_fail(err, FEMD_BAD_INPUT, "give --strain or --F, not both");
    if (ask->F.given && ask->stress.n)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "--stress needs --strain for the other components: --F fixes all of them");
    if (ask->pressure && ask->stress.n) return femd_fail(err, FEMD_BAD_INPUT, "give --pressure or --stress, not both");
    if (ask->stress.n && !controls_is_identity(Q))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "--stress prescribes components in the axes of the RVE; take a material without orientation");
    if (ask->stress.n && !caps->mixed)
        return femd_fail(err, FEMD_UNSUPPORTED, "the engine of this material cannot prescribe stress components");
    if (ask->pressure && !(caps->controls & 1u << FEMD_CONTROL_PRESSURE))
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "the engine of this material has no pressure control; leave out --pressure");
    return FEMD_OK;
}

/* "Ni=-0.76" */
static femd_status controls_one_potential(const char *item, const femd_species *s, unsigned *given, femd_request *q,
                                          femd_error *err) {
    static const char what[] = "--chemical-potential";
    const char *equal = strchr(item, '=');
    char name[16], *end;
    int place;
    if (!equal || equal == item || equal - item >= (int)sizeof name)
        return femd_fail(err, FEMD_BAD_INPUT, "%s \"%.60s\": give SPECIES=VALUE, in eV or with a unit", what, item);
    snprintf(name, sizeof name, "%.*s", (int)(equal - item), item);
    FEMD_TRY(femd_species_place(s, name, what, given, &place, err));
    const double eV = strtod(equal + 1, &end);
    if (end != equal + 1 && !*end && isfinite(eV))
        q->delta_mu[place] = eV * FEMD_ELEMENTARY_CHARGE;
    else if (femd_units_parse(equal + 1, FEMD_DIM_ENERGY, &q->delta_mu[place], err) != FEMD_OK)
        return femd_error_prefix(err, "%s %s", what, name);
    return FEMD_OK;
}

/* Of a material that exchanges species all differences are to be told: none is 0 because nobody thought of it. Whether
 * another one takes any says the material itself. */
static femd_status controls_exchange(const eval_request *ask, const eval_source *source, const femd_capabilities *caps,
                                     femd_request *q, femd_error *err) {
    femd_species s;
    unsigned given = 0;
    if (!ask->chemical.n && !(caps->inputs & FEMD_INPUT_CHEMICAL)) return FEMD_OK;
    FEMD_TRY(femd_species_of_material(source->in, source->node, &s, err));
    for (size_t i = 0; i < ask->chemical.n; i++)
        FEMD_TRY(controls_one_potential(ask->chemical.item[i], &s, &given, q, err));
    FEMD_TRY(femd_species_all_given(&s, "--chemical-potential SPECIES=VALUE", given, err));
    q->flags |= FEMD_REQUEST_EXCHANGE;
    return FEMD_OK;
}

femd_status eval_controls(const eval_request *ask, const eval_source *s, const femd_capabilities *caps, femd_request *q,
                          femd_error *err) {
    const double *Q = s->Q;
    double E[6] = {0};
    memset(q, 0, sizeof *q);
    FEMD_TRY(controls_check_modes(ask, Q, caps, err));
    FEMD_TRY(controls_wants(ask->want, caps, &q->wants, err));
    q->seed = femd_seed((uint64_t)ask->seed, 0, 0);
    q->accuracy = ask->accuracy;
    if (q->accuracy < 0)
        return femd_fail(err, FEMD_BAD_INPUT, "--accuracy: a relative standard error above zero, such as 0.01");
    q->temperature = s->temperature;
    if (ask->temperature)
        FEMD_TRY(eval_quantity("--temperature", ask->temperature, FEMD_DIM_TEMPERATURE, &q->temperature, err));
    if (q->temperature < 0) return femd_fail(err, FEMD_BAD_INPUT, "--temperature: below 0 K");
    if (ask->strain.given) memcpy(E, ask->strain.v, sizeof E);
    if (ask->F.given) FEMD_TRY(femd_strain_from_F(ask->F.v, E, err));
    if (ask->pressure) {
        q->control = FEMD_CONTROL_PRESSURE;
        FEMD_TRY(eval_quantity("--pressure", ask->pressure, FEMD_DIM_PRESSURE, &q->pressure, err));
        FEMD_TRY(layout_isochoric(E, err));
    }
    if (controls_is_identity(Q))
        memcpy(q->value, E, sizeof E); /* the bits as they were given */
    else
        femd_strain_rotate(Q, E, q->value);
    for (size_t i = 0; i < ask->stress.n; i++) FEMD_TRY(controls_one_stress(ask->stress.item[i], q, err));
    return controls_exchange(ask, s, caps, q, err);
}

/* ---- lattice parameter ---- */

double eval_lattice_parameter(const cJSON *material, const femd_capabilities *caps) {
    static const struct {
        const char *lattice;
        int atoms; /* in the conventional cubic cell */
    } cubic[] = {{"fcc", 4}, {"bcc", 2}, {"diamond", 8}, {"b1", 8}, {"b2", 2}};
    static const char *const removed[] = {"vacancies", "voids"};
    const cJSON *s = femd_json_get(material, "structure");
    const char *lattice = femd_json_string(s, "lattice", "");
    for (size_t i = 0; i < sizeof removed / sizeof *removed; i++)
        if (femd_json_get(s, removed[i])) return 0;
    for (size_t i = 0; i < sizeof cubic / sizeof *cubic; i++)
        if (strcmp(cubic[i].lattice, lattice) == 0 && caps->atoms)
            return cbrt(caps->volume * cubic[i].atoms / caps->atoms);
    return 0;
}
