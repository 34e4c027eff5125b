/* Energy, forces and virial: sizes the workspace, lets the form of the potential sweep over the bonds, folds images
 * onto their owners and judges the outcome. It knows no form. */
#include "forces/energetics_private.h"

#include <math.h>
#include <stdlib.h>

static femd_status energetics_room_for_images(femd_energetics *e, int next, femd_error *err) {
    size_t room = (size_t)next + (size_t)next / 8;
    if (next <= e->room_next) return FEMD_OK;
    free(e->species_ext);
    e->species_ext = malloc(room * sizeof(int));
    if (!e->species_ext || !femd_renew_doubles(&e->xe, 4 * room) || !femd_renew_doubles(&e->fe, 4 * room) ||
        !femd_renew_doubles(&e->rho, room) || !femd_renew_doubles(&e->fp, room)) {
        e->room_next = 0;
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d periodic images", next);
    }
    e->room_next = (int)room;
    e->built_for = NULL;
    return FEMD_OK;
}

/* Room in the bond arrays for every entry of the list, rows padded, and one vector to spare: those arrays that the form
 * keeps. */
static femd_status energetics_room_for_bonds(femd_energetics *e, int listed, int wanted, femd_error *err) {
    femd_bonds *b = &e->bonds;
    size_t want = (size_t)listed + (size_t)FEMD_LANES_MAX * ((size_t)e->n + 1), room = want + want / 8;
    const unsigned keeps = e->form->bonds;
    const int slopes = (keeps & FEMD_BONDS_SLOPES) != 0, pair = (keeps & FEMD_BONDS_PAIR) != 0;
    const int one = e->functions == 1, two = e->functions == 2;
    int ok;
    if (!keeps) return FEMD_OK;
    if ((int)want > e->room_bonds) {
        free(e->p0);
        e->p0 = NULL;
    } else if ((wanted != FEMD_SWEEP_SECOND || e->second) && (wanted != FEMD_SWEEP_ENERGIES || e->p0 || !pair)) {
        return FEMD_OK;
    }
    if (room > INT32_MAX / 2) return femd_fail(err, FEMD_LIMIT, "too many bonds: %zu", room);
    if (one) b->b1 = b->b2 = NULL;
    e->second = e->second || wanted == FEMD_SWEEP_SECOND;
    ok = femd_renew_ints(&b->partner, room) && femd_renew_doubles(&b->dx, room) && femd_renew_doubles(&b->dy, room) &&
         femd_renew_doubles(&b->dz, room) && femd_renew_doubles(&e->s, room);
    if (ok && pair) ok = femd_renew_doubles(&b->p1, room);
    if (ok && pair && e->second) ok = femd_renew_doubles(&b->p2, room);
    if (ok && pair && (wanted == FEMD_SWEEP_ENERGIES || e->p0)) ok = femd_renew_doubles(&e->p0, room);
    if (ok && (one || two)) ok = femd_renew_doubles(&b->a1, room);
    if (ok && (one || two) && (e->second || slopes)) ok = femd_renew_doubles(&b->a2, room);
    if (ok && two) ok = femd_renew_doubles(&b->b1, room);
    if (ok && two && (e->second || slopes)) ok = femd_renew_doubles(&b->b2, room);
    if (ok && (keeps & FEMD_BONDS_ROWS)) ok = femd_renew_ints(&b->row, room);
    if (ok && slopes) ok = femd_renew_doubles(&b->inv, room);
    if (one) b->b1 = b->a1, b->b2 = b->a2;
    e->room_bonds = ok ? (int)room : 0;
    return ok ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu bonds", room);
}

void femd_energetics_set_species(femd_energetics *e, const int *species) {
    memcpy(e->species, species, (size_t)e->n * sizeof *species);
    e->built_for = NULL; /* the images follow with the next sweep */
    e->prepared = 0;
}

static femd_status energetics_room(femd_energetics *e, const femd_neighbours *nb, int wanted, femd_error *err) {
    FEMD_TRY(energetics_room_for_images(e, nb->next, err));
    FEMD_TRY(energetics_room_for_bonds(e, nb->first[nb->n], wanted, err));
    if (e->built_for == nb && e->built == nb->builds) return FEMD_OK;
    for (int g = 0; g < nb->next; g++) e->species_ext[g] = e->species[nb->owner[g]];
    e->built_for = nb;
    e->built = nb->builds;
    return FEMD_OK;
}

/* List, images and room for a sweep; its inputs into e->last. */
static femd_status energetics_begin(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                    int wanted, femd_error *err) {
    if (nb->cutoff < e->p->cutoff)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "the neighbour list reaches %g angstrom, the potential %g", nb->cutoff,
                         e->p->cutoff);
    FEMD_TRY(femd_neighbours_update(nb, e->n, cell, x, err));
    FEMD_TRY(energetics_room(e, nb, wanted, err));
    femd_neighbours_place(nb, cell, x, e->xe);
    e->bonds.p0 = wanted == FEMD_SWEEP_ENERGIES ? e->p0 : NULL;
    e->last = (femd_sweep){
        .nb = nb, .p = e->p, .species = e->species_ext, .xe = e->xe, .s = e->s, .bonds = &e->bonds, .rho = e->rho};
    return FEMD_OK;
}

/* Whether the last sweep stayed inside the domain. */
static femd_status energetics_judge(const femd_energetics *e, double W, femd_error *err) {
    if (!(e->last.nearest_sq >= e->p->nearest_sq))
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "two atoms are %.4g angstrom apart, nearer than %.4g, where %s ends",
                         sqrt(e->last.nearest_sq), sqrt(e->p->nearest_sq), e->p->label);
    if (e->form->judge) FEMD_TRY(e->form->judge(e, err));
    if (!isfinite(W)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the energy is not finite");
    return FEMD_OK;
}

femd_status femd_energetics_sweep(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                  int wanted, double *W, femd_error *err) {
    FEMD_TRY(energetics_begin(e, nb, cell, x, wanted, err));
    FEMD_TRY(e->form->sweep(e, wanted == FEMD_SWEEP_SECOND ? 2 : 1, W, err));
    return energetics_judge(e, *W, err);
}

void femd_energetics_spread(femd_energetics *e, const femd_neighbours *nb, double tau[6]) {
    memset(e->fe, 0, 4 * (size_t)nb->next * sizeof(double));
    e->form->spread(e, tau);
}

static femd_status energetics_at_once(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                      double *W, double tau[6], femd_error *err) {
    FEMD_TRY(energetics_begin(e, nb, cell, x, FEMD_SWEEP_FIRST, err));
    memset(e->fe, 0, 4 * (size_t)nb->next * sizeof(double));
    FEMD_TRY(e->form->at_once(e, cell, x, W, tau, err));
    return energetics_judge(e, *W, err);
}

femd_status femd_energetics_forces(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                   double *W, double *force, double tau[6], femd_error *err) {
    double energy = 0.0, virial[6];
    const int at_once = e->form->at_once != NULL;
    femd_status rc = at_once ? energetics_at_once(e, nb, cell, x, &energy, virial, err)
                             : femd_energetics_sweep(e, nb, cell, x, FEMD_SWEEP_FIRST, &energy, err);
    if (rc != FEMD_OK && rc != FEMD_OUT_OF_DOMAIN) return rc;
    if (rc == FEMD_OUT_OF_DOMAIN && nb->n != e->n) return rc; /* there is no list */
    e->count++;
    if (W) *W = energy;
    if (!force && !tau) return rc;
    if (!at_once) femd_energetics_spread(e, nb, virial);
    if (tau) memcpy(tau, virial, sizeof virial);
    if (!force) return rc;
    for (int g = nb->n; g < nb->next; g++)
        for (int c = 0; c < 3; c++) e->fe[4 * (size_t)nb->owner[g] + (size_t)c] += e->fe[4 * (size_t)g + (size_t)c];
    for (int i = 0; i < nb->n; i++)
        for (int c = 0; c < 3; c++) force[3 * (size_t)i + (size_t)c] = e->fe[4 * (size_t)i + (size_t)c];
    return rc;
}

/* A bond from image n of one atom to image m of another pulls at both; summed over the extended atoms, the partial
 * forces times the shifts leave each bond's (m - n) times its tension, tau itself being left alone. */
femd_status femd_energetics_face_forces(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                        double T[9], femd_error *err) {
    double energy, virial[6];
    FEMD_TRY(femd_energetics_require(e, FEMD_GIVES_FACES, err));
    if (e->form->sweep) {
        FEMD_TRY(femd_energetics_sweep(e, nb, cell, x, FEMD_SWEEP_FIRST, &energy, err));
        femd_energetics_spread(e, nb, virial);
    } else {
        FEMD_TRY(energetics_at_once(e, nb, cell, x, &energy, virial, err));
    }
    memset(T, 0, 9 * sizeof(double));
    for (int g = 0; g < nb->next; g++)
        for (int k = 0; k < 3; k++)
            for (int c = 0; c < 3; c++)
                T[3 * k + c] -= nb->shift[3 * (size_t)g + (size_t)k] * e->fe[4 * (size_t)g + (size_t)c];
    return FEMD_OK;
}

femd_status femd_energetics_require(const femd_energetics *e, unsigned what, femd_error *err) {
    static const struct {
        unsigned bit;
        const char *words;
    } gifts[] = {{FEMD_GIVES_FACES, "the forces through the faces of the cell"},
                 {FEMD_GIVES_ATOM_ENERGIES, "the energies of single atoms"},
                 {FEMD_GIVES_FLUX, "the heat flux"},
                 {FEMD_GIVES_SEGMENTS, "its forces taken apart into those between two atoms"}};
    for (size_t k = 0; k < sizeof gifts / sizeof *gifts; k++)
        if ((what & gifts[k].bit) && !(e->form->gives & gifts[k].bit))
            return femd_fail(err, FEMD_UNSUPPORTED, "the potential %s (%s) does not give %s", e->p->label,
                             e->form->name, gifts[k].words);
    return FEMD_OK;
}

uint64_t femd_energetics_count(const femd_energetics *e) {
    return e->count;
}

void femd_energetics_count_more(femd_energetics *e, uint64_t sweeps) {
    e->count += sweeps;
}
