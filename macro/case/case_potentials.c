/* The chemical potentials that the case prescribes to materials that exchange species: of each further species less
 * that of the first. Which materials exchange any say their engines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"
#include "femd/species.h"

static femd_status potentials_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "out of memory for chemical potentials");
}

/* Of one of them at a place and time, J. */
static femd_status potentials_at(const femd_case_potential *one, const double x[3], double time, double *joule,
                                 femd_error *err) {
    *joule = one->table.n > 0 ? case_table_at(&one->table, time) : one->joule;
    return one->function ? femd_function_at(one->function, x, time, joule, err) : FEMD_OK;
}

/* ---- reading ---- */

static femd_status potentials_read_one(femd_case *c, const cJSON *node, femd_case_potential *one, femd_error *err) {
    const cJSON *table = femd_json_get(node, "table");
    const double origin[3] = {0};
    if (table)
        FEMD_TRY(case_read_rows(c, table, FEMD_DIM_ENERGY, &one->table.n, &one->table.time, &one->table.factor, err));
    else
        FEMD_TRY(case_read_value(c, node, FEMD_DIM_ENERGY, &one->joule, &one->function, err));
    femd_error none = FEMD_ERROR_INIT;
    if (potentials_at(one, origin, 0, &one->joule, &none) != FEMD_OK) one->joule = NAN; /* the body may be elsewhere */
    return FEMD_OK;
}

static femd_status potentials_read_material(femd_case *c, const cJSON *node, femd_error *err) {
    const cJSON *material = femd_json_get(femd_json_get(c->doc.root, "materials"), node->string);
    femd_species s;
    unsigned given = 0;
    if (!material) return femd_json_fail(&c->doc, node, err, "the case has no material of this name");
    FEMD_TRY(femd_species_of_material(&c->doc, material, &s, err));
    for (const cJSON *one = node->child; one; one = one->next) {
        femd_error why = FEMD_ERROR_INIT;
        femd_case_potential *p = &c->potential[c->npotentials];
        if (femd_species_place(&s, one->string, node->string, &given, &p->place, &why) != FEMD_OK)
            return femd_json_fail(&c->doc, one, err, "%s", why.text);
        p->material = material;
        c->npotentials++; /* so that it is freed, whatever comes */
        FEMD_TRY(potentials_read_one(c, one, p, err));
    }
    femd_error why = FEMD_ERROR_INIT;
    if (femd_species_all_given(&s, node->string, given, &why) != FEMD_OK)
        return femd_json_fail(&c->doc, node, err, "%s", why.text);
    return FEMD_OK;
}

/* Materials of the same text are one model; with potentials of their own they are to be asked by themselves. */
static void potentials_part_materials(femd_case *c) {
    for (size_t k = 0; k < c->nmaterials; k++) {
        femd_case_material *m = &c->material[k];
        if (c->material[m->like].node == m->node || (!femd_case_exchanges(c, k) && !femd_case_exchanges(c, m->like)))
            continue;
        for (m->like = 0; c->material[m->like].node != m->node;) m->like++;
    }
}

femd_status case_read_potentials(femd_case *c, femd_error *err) {
    const cJSON *root = femd_json_get(c->doc.root, "chemical_potentials");
    size_t n = 0;
    if (!root) return FEMD_OK;
    if (c->physics != FEMD_PHYSICS_MECHANICAL)
        return femd_json_fail(&c->doc, root, err, "goes with physics \"mechanical\", not with \"%s\"",
                              case_physics_name(c));
    if (!root->child) return femd_json_fail(&c->doc, root, err, "names no material");
    for (const cJSON *node = root->child; node; node = node->next) n += (size_t)cJSON_GetArraySize(node);
    c->potential = calloc(n + 1, sizeof *c->potential);
    if (!c->potential) return potentials_no_memory(err);
    for (const cJSON *node = root->child; node; node = node->next) FEMD_TRY(potentials_read_material(c, node, err));
    potentials_part_materials(c);
    return FEMD_OK;
}

void case_clear_potentials(femd_case *c) {
    for (size_t i = 0; i < c->npotentials; i++) {
        femd_function_destroy(&c->potential[i].function);
        free(c->potential[i].table.time);
        free(c->potential[i].table.factor);
    }
    free(c->potential);
}

/* ---- what is prescribed ---- */

int femd_case_exchanges(const femd_case *c, size_t material) {
    for (size_t i = 0; i < c->npotentials; i++)
        if (c->potential[i].material == c->material[material].node) return 1;
    return 0;
}

int femd_case_potentials_ramp(const femd_case *c) {
    for (size_t i = 0; i < c->npotentials; i++) {
        const femd_case_potential *one = &c->potential[i];
        if (one->table.n > 1) return 1;
        if (one->function && femd_function_uses(one->function) & FEMD_FUNCTION_TIME) return 1;
    }
    return 0;
}

femd_status femd_case_potentials(const femd_case *c, size_t material, const double x[3], double time,
                                 double delta_mu[3], femd_error *err) {
    memset(delta_mu, 0, 3 * sizeof *delta_mu);
    for (size_t i = 0; i < c->npotentials; i++)
        if (c->potential[i].material == c->material[material].node)
            FEMD_TRY(potentials_at(&c->potential[i], x, time, &delta_mu[c->potential[i].place], err));
    return FEMD_OK;
}

femd_status femd_case_prescribe(const femd_case *c, size_t material, const double x[3], double time, femd_request *q,
                                femd_error *err) {
    if (!femd_case_exchanges(c, material)) return FEMD_OK;
    q->flags |= FEMD_REQUEST_EXCHANGE;
    return femd_case_potentials(c, material, x, time, q->delta_mu, err);
}

void femd_case_prescribe_first(const femd_case *c, size_t material, femd_request *q) {
    for (size_t i = 0; i < c->npotentials; i++) {
        if (c->potential[i].material != c->material[material].node) continue;
        q->flags |= FEMD_REQUEST_EXCHANGE;
        q->delta_mu[c->potential[i].place] = c->potential[i].joule;
    }
}

femd_status femd_case_find_potentials(femd_case *c, const double x[3], double time, femd_error *err) {
    for (size_t i = 0; i < c->npotentials; i++)
        if (isnan(c->potential[i].joule)) {
            double joule;
            FEMD_TRY(potentials_at(&c->potential[i], x, time, &joule, err));
            c->potential[i].joule = joule;
        }
    return FEMD_OK;
}

femd_status case_check_exchange(const femd_case *c, size_t material, const femd_capabilities *caps, femd_error *err) {
    const char *name = c->material[material].name;
    const int able = (caps->inputs & FEMD_INPUT_CHEMICAL) != 0, told = femd_case_exchanges(c, material);
    if (able == told) return FEMD_OK;
    if (told)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: chemical_potentials: materials.%s has no exchange of species: differences of chemical "
                         "potentials cannot be prescribed",
                         c->path, name);
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: materials.%s: it exchanges species, whose chemical potentials are to stand in "
                     "\"chemical_potentials\" of the case%s",
                     c->path, name, c->physics == FEMD_PHYSICS_MECHANICAL ? "" : ", with physics \"mechanical\" only");
}
