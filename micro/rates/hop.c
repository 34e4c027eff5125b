/* See hop.h. */
#include "rates/hop.h"

#include <math.h>
#include <string.h>

#include "femd/tensor3.h"

static const double OCCUPIED = 0.3;  /* of the distance of neighbours: an atom that near is at the place */
static const double EMPTY = 0.85;    /* nearer than this to an atom, a place is none of the lattice's sites */
static const double AROUND = 1.25;   /* the neighbours by which a site is centred; in bcc two shells */
static const double SHELL = 1.1;     /* those that may jump */
static const double ALIKE = 1.03;    /* times the nearest: neighbours that are one shell */
static const double APART = 1.13;    /* and beyond this the next shell (bcc 1.155) */
static const double ONE = 0.1;       /* of the distance of neighbours: bonds and places that are one */
static const double PULLED = 0.45;   /* and how far the mean of the atoms around may be from a site */
static const double MET = 1e-4;      /* angstrom: positions that are one */
static const double ALIGNED = 0.966; /* cosine of 15 degrees */

static void hop_fractions(const double cell[9], const double x[3], double f[3]) {
    double adjugate[9];
    const double det = femd_det3(cell);
    femd_adjugate3(cell, adjugate);
    for (int k = 0; k < 3; k++) f[k] = (x[0] * adjugate[k] + x[1] * adjugate[3 + k] + x[2] * adjugate[6 + k]) / det;
}

static void hop_cartesian(const double cell[9], const double f[3], double x[3]) {
    for (int c = 0; c < 3; c++) x[c] = f[0] * cell[c] + f[1] * cell[3 + c] + f[2] * cell[6 + c];
}

/* Vectors of the same lattice that are as short as sums and differences of two or three make them: of a cell that is
 * however skewed the images around rounded fractions then have the nearest one among them. */
static void hop_reduce(const double cell[9], double reduced[9]) {
    enum { ROUNDS = 200 };
    memcpy(reduced, cell, 9 * sizeof *reduced);
    for (int turn = 0, changed = 1; changed && turn < ROUNDS; turn++) {
        changed = 0;
        for (int i = 0; i < 3; i++) {
            double *a = reduced + 3 * i, *b = reduced + 3 * ((i + 1) % 3), *c = reduced + 3 * ((i + 2) % 3);
            for (int sign = 0; sign < 9; sign++) {
                double other[3];
                for (int k = 0; k < 3; k++) other[k] = (sign % 3 - 1) * b[k] + (sign / 3 - 1) * c[k];
                const double square = femd_dot3(other, other), n = square > 0 ? round(femd_dot3(a, other) / square) : 0;
                double less[3];
                for (int k = 0; k < 3; k++) less[k] = a[k] - n * other[k];
                if (!(femd_dot3(less, less) < (1 - 1e-9) * femd_dot3(a, a))) continue;
                memcpy(a, less, sizeof less);
                changed = 1;
            }
        }
    }
}

/* The ways from `from` to the images of `to` around the nearest one, HOP_IMAGES of them; returns the nearest's number.
 * All that are nearer than a height of the reduced cell are among them. */
enum { HOP_IMAGES = 27 };
static int hop_ways(const double reduced[9], const double from[3], const double to[3], double way[HOP_IMAGES][3]) {
    double d[3], base[3], best = HUGE_VAL;
    int nearest = 0;
    for (int c = 0; c < 3; c++) d[c] = to[c] - from[c];
    hop_fractions(reduced, d, base);
    for (int k = 0; k < 3; k++) base[k] -= floor(base[k] + 0.5);
    for (int image = 0; image < HOP_IMAGES; image++) {
        const double g[3] = {base[0] + image % 3 - 1, base[1] + image / 3 % 3 - 1, base[2] + image / 9 - 1};
        hop_cartesian(reduced, g, way[image]);
        const double square = femd_dot3(way[image], way[image]);
        if (square < best) best = square, nearest = image;
    }
    return nearest;
}

static double hop_length(const double way[3]) {
    return sqrt(femd_dot3(way, way));
}

/* The shortest distance between two atoms, images of one among them. */
static double hop_distance(const double a[3], const double b[3]) {
    const double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return hop_length(d);
}

static double hop_nearest(const femd_structure *atoms, const double reduced[9]) {
    double best = HUGE_VAL, way[HOP_IMAGES][3];
    for (int k = 0; k < 3; k++) best = fmin(best, hop_length(reduced + 3 * k));
    for (int i = 0; i < atoms->natoms; i++)
        for (int j = 0; j < i; j++)
            best =
                fmin(best, hop_length(way[hop_ways(reduced, atoms->x + 3 * (size_t)i, atoms->x + 3 * (size_t)j, way)]));
    return best;
}

/* Move x to the mean of the atoms around it; returns the distance of the nearest one, before. */
static double hop_centre(const femd_structure *atoms, const double reduced[9], double reach, double x[3]) {
    double sum[3] = {0, 0, 0}, best = HUGE_VAL, way[HOP_IMAGES][3];
    int count = 0;
    for (int i = 0; i < atoms->natoms; i++) {
        (void)hop_ways(reduced, x, atoms->x + 3 * (size_t)i, way);
        for (int image = 0; image < HOP_IMAGES; image++) {
            const double r = hop_length(way[image]);
            best = fmin(best, r);
            if (r > reach) continue;
            for (int c = 0; c < 3; c++) sum[c] += way[image][c];
            count++;
        }
    }
    for (int c = 0; count && c < 3; c++) x[c] += sum[c] / count;
    return best;
}

/* The distinct ways between neighbours of the structure, at most HOP_BONDS of them, as in a lattice; returns how many,
 * 0 where there are more. */
enum { HOP_BONDS = 64 };
static int hop_bonds(const femd_structure *atoms, const double reduced[9], double nearest, double bond[HOP_BONDS][3]) {
    double way[HOP_IMAGES][3];
    int count = 0;
    for (int i = 0; i < atoms->natoms; i++)
        for (int j = 0; j < atoms->natoms; j++) {
            (void)hop_ways(reduced, atoms->x + 3 * (size_t)i, atoms->x + 3 * (size_t)j, way);
            for (int image = 0; image < HOP_IMAGES; image++) {
                const double r = hop_length(way[image]);
                int known = !(r > 0.5 * nearest && r < AROUND * nearest);
                for (int k = 0; !known && k < count; k++) known = hop_distance(bond[k], way[image]) < ONE * nearest;
                if (known) continue;
                if (count == HOP_BONDS) return 0;
                memcpy(bond[count++], way[image], sizeof bond[0]);
            }
        }
    return count;
}

/* From the mean of the atoms around, which other empty sites next to it pull away, x goes to the place that the most of
 * those atoms have, by the bonds of the lattice, a neighbour at. Without such bonds it stays. */
static void hop_settle(const femd_structure *atoms, const double reduced[9], double nearest, double x[3]) {
    enum { PLACES = 512 };
    double bond[HOP_BONDS][3], place[PLACES][3], way[HOP_IMAGES][3], mean[3] = {0, 0, 0};
    int places = 0, most = 0;
    const int bonds = hop_bonds(atoms, reduced, nearest, bond);
    for (int i = 0; bonds && i < atoms->natoms; i++) {
        (void)hop_ways(reduced, x, atoms->x + 3 * (size_t)i, way);
        for (int image = 0; image < HOP_IMAGES; image++)
            for (int k = 0; hop_length(way[image]) < 2 * AROUND * nearest && k < bonds; k++) {
                double d[3];
                for (int c = 0; c < 3; c++) d[c] = way[image][c] + bond[k][c];
                if (hop_length(d) < PULLED * nearest && places < PLACES) memcpy(place[places++], d, sizeof d);
            }
    }
    for (int a = 0; a < places; a++) {
        double sum[3] = {0, 0, 0};
        int count = 0;
        for (int b = 0; b < places; b++) {
            if (!(hop_distance(place[a], place[b]) < ONE * nearest)) continue;
            for (int c = 0; c < 3; c++) sum[c] += place[b][c];
            count++;
        }
        if (count <= most) continue;
        most = count;
        for (int c = 0; c < 3; c++) mean[c] = sum[c] / count;
    }
    for (int c = 0; c < 3; c++) x[c] += mean[c];
}

static double hop_beside(const femd_structure *atoms, const double reduced[9], const double x[3]) {
    double best = HUGE_VAL, way[HOP_IMAGES][3];
    for (int i = 0; i < atoms->natoms; i++)
        best = fmin(best, hop_length(way[hop_ways(reduced, x, atoms->x + 3 * (size_t)i, way)]));
    return best;
}

/* All that may jump into x: each image of an atom is a hop of its own. */
static femd_status hop_collect(const femd_structure *atoms, const double reduced[9], const double x[3],
                               femd_vacancy *vacancy, femd_error *err) {
    double way[HOP_IMAGES][3], first = HUGE_VAL;
    for (int i = 0; i < atoms->natoms; i++) {
        (void)hop_ways(reduced, atoms->x + 3 * (size_t)i, x, way);
        for (int image = 0; image < HOP_IMAGES; image++) {
            femd_hop hop = {.jumper = i};
            if (hop_length(way[image]) > SHELL * vacancy->nearest) continue;
            if (vacancy->count == FEMD_HOPS_MAX)
                return femd_fail(err, FEMD_LIMIT, "a vacancy with more than %d neighbours", FEMD_HOPS_MAX);
            hop_fractions(atoms->cell, way[image], hop.way);
            vacancy->hop[vacancy->count++] = hop;
            first = fmin(first, hop_length(way[image]));
        }
    }
    for (int i = 0; i < atoms->natoms; i++) {
        (void)hop_ways(reduced, atoms->x + 3 * (size_t)i, x, way);
        for (int image = 0; image < HOP_IMAGES; image++) {
            const double r = hop_length(way[image]) / first;
            vacancy->ragged |= r > ALIKE && r < APART;
        }
    }
    return FEMD_OK;
}

femd_status femd_vacancy_find(const femd_structure *atoms, const double near[3], femd_vacancy *vacancy,
                              femd_error *err) {
    enum { CENTRINGS = 4 };
    double x[3], distance, reduced[9];
    memset(vacancy, 0, sizeof *vacancy);
    if (atoms->natoms < 2) return femd_fail(err, FEMD_BAD_INPUT, "an atom alone has no vacancy beside it");
    hop_reduce(atoms->cell, reduced);
    vacancy->nearest = hop_nearest(atoms, reduced);
    hop_cartesian(atoms->cell, near, x);
    for (int k = 0; k < CENTRINGS; k++) {
        distance = hop_centre(atoms, reduced, AROUND * vacancy->nearest, x);
        if (k == 0 && distance < OCCUPIED * vacancy->nearest)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "at (%.4g, %.4g, %.4g) of the cell there is an atom and no vacancy: take it out "
                             "(structure.vacancies.positions) or name the place of one",
                             near[0], near[1], near[2]);
    }
    hop_settle(atoms, reduced, vacancy->nearest, x);
    distance = hop_beside(atoms, reduced, x);
    if (!(distance >= EMPTY * vacancy->nearest) || !(distance <= SHELL * vacancy->nearest))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "at (%.4g, %.4g, %.4g) of the cell there is no vacancy: the nearest atom is %.3g angstrom "
                         "away, neighbours in this structure %.3g",
                         near[0], near[1], near[2], distance, vacancy->nearest);
    hop_fractions(atoms->cell, x, vacancy->site);
    return hop_collect(atoms, reduced, x, vacancy, err);
}

femd_status femd_vacancy_read(const femd_json *doc, const femd_structure *atoms, femd_vacancy *vacancy,
                              femd_error *err) {
    const cJSON *hop = femd_json_get(doc->root, "hop"), *named = femd_json_get(hop, "vacancy"),
                *structure = femd_json_get(doc->root, "structure"),
                *positions = femd_json_get(femd_json_get(structure, "vacancies"), "positions"), *place = named;
    const cJSON *at = named ? named : hop ? hop : structure;
    double near[3];
    if (!cJSON_IsArray(named)) {
        const double index = cJSON_IsNumber(named) ? named->valuedouble : 0;
        if (!(index >= 0) || index != floor(index) || !(index < cJSON_GetArraySize(positions)))
            return femd_json_fail(doc, at, err,
                                  "no vacancy of that number in structure.vacancies.positions, which has %d; or give "
                                  "its place, hop.vacancy: [x, y, z] in fractions of the cell; of other defects the "
                                  "atoms that move, hop.moves",
                                  cJSON_GetArraySize(positions));
        place = cJSON_GetArrayItem(positions, (int)index);
    }
    for (int c = 0; c < 3; c++) {
        const cJSON *number = cJSON_GetArrayItem(place, c);
        if (!cJSON_IsNumber(number) || !isfinite(number->valuedouble))
            return femd_json_fail(doc, at, err, "the place of a vacancy is three fractions of the cell");
        near[c] = number->valuedouble;
    }
    femd_error words = FEMD_ERROR_INIT;
    const femd_status rc = femd_vacancy_find(atoms, near, vacancy, &words);
    return rc == FEMD_OK || rc == FEMD_LIMIT ? rc : femd_json_fail(doc, at, err, "%.600s", words.text);
}

/* The vacancy moves against the way of the atom. */
static double hop_cosine(const femd_hop *hop, const femd_structure *atoms, const double direction[3]) {
    double way[3];
    hop_cartesian(atoms->cell, hop->way, way);
    return -femd_dot3(way, direction) / sqrt(femd_dot3(way, way) * femd_dot3(direction, direction));
}

femd_status femd_hop_toward(const femd_vacancy *vacancy, const femd_structure *atoms, const double direction[3],
                            int *index, femd_error *err) {
    double best = -2;
    *index = -1;
    if (!(femd_dot3(direction, direction) > 0)) return femd_fail(err, FEMD_BAD_INPUT, "a direction of no length");
    for (int k = 0; k < vacancy->count; k++) {
        const double cosine = hop_cosine(&vacancy->hop[k], atoms, direction);
        if (cosine > best) best = cosine, *index = k;
    }
    if (best >= ALIGNED) return FEMD_OK;
    double way[3] = {0, 0, 0};
    if (*index >= 0) hop_cartesian(atoms->cell, vacancy->hop[*index].way, way);
    return femd_fail(err, FEMD_BAD_INPUT,
                     "no neighbour of the vacancy is in the direction (%.4g, %.4g, %.4g); the nearest to it of %d "
                     "is at (%.4g, %.4g, %.4g) angstrom",
                     direction[0], direction[1], direction[2], vacancy->count, -way[0], -way[1], -way[2]);
}

int femd_hop_opposite(const femd_vacancy *vacancy, int index) {
    for (int k = 0; k < vacancy->count; k++) {
        double most = 0;
        for (int c = 0; c < 3; c++) most = fmax(most, fabs(vacancy->hop[k].way[c] + vacancy->hop[index].way[c]));
        if (k != index && most < 1e-6) return k;
    }
    return -1;
}

int femd_vacancy_is_centre(const femd_vacancy *vacancy, const femd_structure *atoms, const double cell[9],
                           const double *x) {
    double site[3], reduced[9], way[HOP_IMAGES][3];
    hop_cartesian(cell, vacancy->site, site);
    hop_reduce(cell, reduced);
    for (int i = 0; i < atoms->natoms; i++) {
        double mirrored[3];
        int met = 0;
        for (int c = 0; c < 3; c++) mirrored[c] = 2 * site[c] - x[3 * i + c];
        for (int j = 0; !met && j < atoms->natoms; j++)
            met = atoms->species[j] == atoms->species[i] &&
                  hop_length(way[hop_ways(reduced, mirrored, x + 3 * (size_t)j, way)]) < MET;
        if (!met) return 0;
    }
    return 1;
}

void femd_hop_move(const femd_hop *hop, const double cell[9], int natoms, const double *x, double *y) {
    double way[3];
    hop_cartesian(cell, hop->way, way);
    memcpy(y, x, 3 * (size_t)natoms * sizeof *y);
    for (int c = 0; c < 3; c++) y[3 * hop->jumper + c] += way[c];
    for (int k = 0; k < hop->more; k++) {
        hop_cartesian(cell, hop->also[k].way, way);
        for (int c = 0; c < 3; c++) y[3 * hop->also[k].atom + c] += way[c];
    }
}

double femd_hop_nearest(const femd_structure *atoms) {
    double reduced[9];
    hop_reduce(atoms->cell, reduced);
    return hop_nearest(atoms, reduced);
}
