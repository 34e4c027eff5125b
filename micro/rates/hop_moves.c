/* A hop that is given by the atoms which move; see hop.h. */
#include <math.h>
#include <string.h>

#include "femd/tensor3.h"
#include "rates/hop.h"
#include "rates/nearest_image.h"

static const double STAYS = 0.02; /* of the distance of neighbours: a move that is shorter is none */

/* One move: the atom, and its way to the nearest image of the place. Returns its length in *length. */
static femd_status moves_read_one(const femd_json *doc, const cJSON *node, const femd_structure *atoms, femd_move *move,
                                  double *length, femd_error *err) {
    const cJSON *atom = femd_json_get(node, "atom"), *to = femd_json_get(node, "to");
    double inverse[9], d[3] = {0, 0, 0};
    if (!cJSON_IsNumber(atom) || !(atom->valuedouble >= 0) || atom->valuedouble != floor(atom->valuedouble) ||
        !(atom->valuedouble < atoms->natoms))
        return femd_json_fail(doc, atom ? atom : node, err,
                              "\"atom\": a number from 0 to %d, in the order of the structure", atoms->natoms - 1);
    if (!cJSON_IsArray(to) || cJSON_GetArraySize(to) != 3)
        return femd_json_fail(doc, to ? to : node, err, "\"to\": three fractions of the cell");
    move->atom = (int)atom->valuedouble;
    for (int k = 0; k < 3; k++) {
        const cJSON *f = cJSON_GetArrayItem(to, k);
        if (!cJSON_IsNumber(f)) return femd_json_fail(doc, to, err, "\"to\": three fractions of the cell");
        for (int c = 0; c < 3; c++) d[c] += f->valuedouble * atoms->cell[3 * k + c];
    }
    for (int c = 0; c < 3; c++) d[c] -= atoms->x[3 * move->atom + c];
    const double half = 0.5 * femd_cell_height(atoms->cell, inverse);
    *length = femd_nearest_image(atoms->cell, inverse, d);
    if (!(*length < half))
        return femd_json_fail(
            doc, to, err,
            "atom %d would go %.3g angstrom, and by which way is not clear: less than %.3g, half of the "
            "least height of the cell, is accepted",
            move->atom, *length, half);
    for (int k = 0; k < 3; k++) /* rows of the cell are vectors: f = d cell^-1 */
        move->way[k] = d[0] * inverse[k] + d[1] * inverse[3 + k] + d[2] * inverse[6 + k];
    return FEMD_OK;
}

static femd_status moves_check(const femd_json *doc, const cJSON *hop, const cJSON *list, femd_error *err) {
    const int n = cJSON_GetArraySize(list);
    const char *const other = femd_json_get(hop, "vacancy")     ? "vacancy"
                              : femd_json_get(hop, "direction") ? "direction"
                                                                : NULL;
    if (other)
        return femd_json_fail(doc, femd_json_get(hop, other), err, "hop.moves says all of a hop: no \"%s\" beside it",
                              other);
    if (n >= 1 && n <= FEMD_MOVES_MAX) return FEMD_OK;
    return femd_json_fail(doc, list, err, "a hop has 1 to %d moves", FEMD_MOVES_MAX);
}

femd_status femd_hop_read_moves(const femd_json *doc, const femd_structure *atoms, femd_vacancy *vacancy,
                                femd_error *err) {
    const cJSON *hop = femd_json_get(doc->root, "hop"), *list = femd_json_get(hop, "moves"), *node;
    femd_move move[FEMD_MOVES_MAX] = {{0}};
    double length[FEMD_MOVES_MAX] = {0};
    int n = 0, farthest = 0;
    FEMD_TRY(moves_check(doc, hop, list, err));
    memset(vacancy, 0, sizeof *vacancy);
    vacancy->count = 1;
    vacancy->nearest = femd_hop_nearest(atoms);
    cJSON_ArrayForEach(node, list) {
        FEMD_TRY(moves_read_one(doc, node, atoms, &move[n], &length[n], err));
        for (int k = 0; k < n; k++)
            if (move[k].atom == move[n].atom)
                return femd_json_fail(doc, node, err, "atom %d moves already", move[n].atom);
        if (length[n] > length[farthest]) farthest = n;
        n++;
    }
    if (!(length[farthest] > STAYS * vacancy->nearest))
        return femd_json_fail(doc, list, err, "no atom moves: the two states are one");
    femd_hop *one = &vacancy->hop[0];
    one->given = 1;
    one->jumper = move[farthest].atom;
    memcpy(one->way, move[farthest].way, sizeof one->way);
    for (int k = 0; k < n; k++)
        if (k != farthest) one->also[one->more++] = move[k];
    node = femd_json_get(cJSON_GetArrayItem(list, farthest), "to");
    for (int k = 0; k < 3; k++) vacancy->site[k] = cJSON_GetArrayItem(node, k)->valuedouble;
    return FEMD_OK;
}
