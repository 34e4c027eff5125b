/* Energy, forces and virial: sizes the workspace, lets the kernels sweep over the bonds, folds images onto their
 * owners and judges the outcome. It owns the workspace; formulas of potentials are in kernels.c and potential.c. */
#include "forces/energetics_private.h"

#include <math.h>
#include <stdlib.h>

femd_status femd_energetics_create(const femd_potential *p, int natoms, const int *species, femd_energetics **out,
                                   femd_error *err) {
    femd_energetics *e;
    *out = NULL;
    if (natoms < 1) return femd_fail(err, FEMD_BAD_ARGUMENT, "energetics of %d atoms", natoms);
    for (int i = 0; i < natoms; i++)
        if (species[i] < 0 || species[i] >= p->nspecies)
            return femd_fail(err, FEMD_BAD_ARGUMENT, "atom %d is of species %d, the potential has %d", i + 1,
                             species[i], p->nspecies);
    e = calloc(1, sizeof *e);
    if (!e) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d atoms", natoms);
    e->p = p;
    e->kernels = femd_kernels_now();
    e->n = natoms;
    e->species = malloc((size_t)natoms * sizeof(int));
    e->embed = femd_aligned_doubles(3 * (size_t)natoms);
    e->bonds.first = malloc(((size_t)natoms + 1) * sizeof(int));
    if (p->form == FEMD_FORM_SW) {
        e->moments = femd_aligned_doubles(FEMD_MOMENTS * (size_t)natoms * (size_t)p->nspecies);
        e->fields = femd_aligned_doubles(FEMD_MOMENTS * (size_t)natoms * (size_t)p->nspecies);
    }
    if (!e->species || !e->embed || !e->bonds.first || (p->form == FEMD_FORM_SW && (!e->moments || !e->fields))) {
        femd_energetics_destroy(&e);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d atoms", natoms);
    }
    memcpy(e->species, species, (size_t)natoms * sizeof(int));
    *out = e;
    return FEMD_OK;
}

static void bonds_clear(femd_bonds *b) {
    free(b->row);
    free(b->inv);
    if (b->b1 == b->a1) b->b1 = NULL;
    if (b->b2 == b->a2) b->b2 = NULL;
    free(b->first);
    free(b->partner);
    free(b->dx);
    free(b->dy);
    free(b->dz);
    free(b->p1);
    free(b->p2);
    free(b->a1);
    free(b->a2);
    free(b->b1);
    free(b->b2);
    memset(b, 0, sizeof *b);
}

void femd_energetics_destroy(femd_energetics **pp) {
    femd_energetics *e = pp ? *pp : NULL;
    if (!e) return;
    bonds_clear(&e->bonds);
    bonds_clear(&e->held);
    free(e->species);
    free(e->species_ext);
    free(e->xe);
    free(e->fe);
    free(e->rho);
    free(e->fp);
    free(e->s);
    free(e->embed);
    free(e->along);
    free(e->v4);
    free(e->y4);
    free(e->dot);
    free(e->fpp);
    free(e->gradients.first);
    free(e->gradients.atom);
    free(e->gradients.g);
    free(e->gradients.cursor);
    free(e->row);
    free(e->strain_rate);
    free(e->p0);
    free(e->moments);
    free(e->fields);
    femd_clusters_clear(&e->clusters);
    free(e);
    *pp = NULL;
}

static int renew(double **p, size_t count) {
    free(*p);
    *p = femd_aligned_doubles(count);
    return *p != NULL;
}

static femd_status room_for_images(femd_energetics *e, int next, femd_error *err) {
    size_t room = (size_t)next + (size_t)next / 8;
    if (next <= e->room_next) return FEMD_OK;
    free(e->species_ext);
    e->species_ext = malloc(room * sizeof(int));
    if (!e->species_ext || !renew(&e->xe, 4 * room) || !renew(&e->fe, 4 * room) || !renew(&e->rho, room) ||
        !renew(&e->fp, room)) {
        e->room_next = 0;
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d periodic images", next);
    }
    e->room_next = (int)room;
    e->built_for = NULL;
    return FEMD_OK;
}

/* Room in the bond arrays for every entry of the list, rows padded, and one vector to spare. */
static femd_status room_for_bonds(femd_energetics *e, int listed, int wanted, femd_error *err) {
    femd_bonds *b = &e->bonds;
    size_t want = (size_t)listed + (size_t)FEMD_LANES_MAX * ((size_t)e->n + 1), room = want + want / 8;
    int sw = e->p->form == FEMD_FORM_SW, two = e->p->densities == 2 || (sw && e->p->nspecies > 1),
        one = !two && (sw || e->p->densities == 1), ok;
    if ((int)want > e->room_bonds) {
        free(e->p0);
        e->p0 = NULL;
    } else if ((wanted != FEMD_SWEEP_SECOND || e->second) && (wanted != FEMD_SWEEP_ENERGIES || e->p0)) {
        return FEMD_OK;
    }
    if (room > INT32_MAX / 2) return femd_fail(err, FEMD_LIMIT, "too many bonds: %zu", room);
    if (one) b->b1 = b->b2 = NULL;
    free(b->partner);
    b->partner = malloc(room * sizeof(int));
    ok = b->partner && renew(&b->dx, room) && renew(&b->dy, room) && renew(&b->dz, room) && renew(&b->p1, room) &&
         renew(&e->s, room);
    if (ok && (one || two)) ok = renew(&b->a1, room);
    if (ok && two) ok = renew(&b->b1, room);
    e->second = e->second || wanted == FEMD_SWEEP_SECOND;
    if (ok && e->second) ok = renew(&b->p2, room);
    if (ok && (e->second || sw) && (one || two)) ok = renew(&b->a2, room);
    if (ok && (e->second || sw) && two) ok = renew(&b->b2, room);
    if (ok && (wanted == FEMD_SWEEP_ENERGIES || e->p0)) ok = renew(&e->p0, room);
    if (ok && sw) {
        free(b->row);
        b->row = malloc(room * sizeof(int));
        ok = b->row && renew(&b->inv, room);
    }
    if (one) b->b1 = b->a1, b->b2 = b->a2;
    e->room_bonds = ok ? (int)room : 0;
    return ok ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu bonds", room);
}

static femd_status make_room(femd_energetics *e, const femd_neighbours *nb, int wanted, femd_error *err) {
    FEMD_TRY(room_for_images(e, nb->next, err));
    FEMD_TRY(room_for_bonds(e, nb->first[nb->n], wanted, err));
    if (e->built_for == nb && e->built == nb->builds) return FEMD_OK;
    for (int g = 0; g < nb->next; g++) e->species_ext[g] = e->species[nb->owner[g]];
    e->built_for = nb;
    e->built = nb->builds;
    return FEMD_OK;
}

/* Embedding energies from the folded densities; F' goes out to the images. Returns the energy; *beyond = an atom past
 * its table, or -1. */
static double embed_atoms(femd_energetics *e, const femd_neighbours *nb, int *beyond) {
    double sum = 0.0;
    for (int g = nb->n; g < nb->next; g++) e->rho[nb->owner[g]] += e->rho[g];
    for (int i = 0; i < nb->n; i++) {
        double *f = e->embed + 3 * (size_t)i;
        if (femd_potential_embed(e->p, e->species[i], e->rho[i], f)) *beyond = i;
        sum += f[0];
    }
    for (int g = 0; g < nb->next; g++) e->fp[g] = e->embed[3 * (size_t)nb->owner[g] + 1];
    return sum;
}

/* List, images and room for a sweep; its inputs into e->last. */
static femd_status begin(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x, int wanted,
                         femd_error *err) {
    if (nb->cutoff < e->p->cutoff)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "the neighbour list reaches %g angstrom, the potential %g", nb->cutoff,
                         e->p->cutoff);
    FEMD_TRY(femd_neighbours_update(nb, e->n, cell, x, err));
    FEMD_TRY(make_room(e, nb, wanted, err));
    femd_neighbours_place(nb, cell, x, e->xe);
    e->bonds.p0 = wanted == FEMD_SWEEP_ENERGIES ? e->p0 : NULL;
    e->last = (femd_sweep){.nb = nb,
                           .p = e->p,
                           .species = e->species_ext,
                           .xe = e->xe,
                           .s = e->s,
                           .bonds = &e->bonds,
                           .rho = e->rho,
                           .moments = e->moments,
                           .fields = e->fields};
    return FEMD_OK;
}

/* Whether the last sweep stayed inside the domain; beyond = an atom past its table of densities, or -1. */
static femd_status judge(const femd_energetics *e, double W, int beyond, femd_error *err) {
    if (!(e->last.nearest_sq >= e->p->nearest_sq))
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "two atoms are %.4g angstrom apart, nearer than %.4g, where %s ends",
                         sqrt(e->last.nearest_sq), sqrt(e->p->nearest_sq), e->p->label);
    if (beyond >= 0)
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "atom %d has density %.6g, beyond %.6g where the table of %s ends",
                         beyond + 1, e->rho[beyond], e->p->rho_max, e->p->label);
    if (!isfinite(W)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the energy is not finite");
    return FEMD_OK;
}

femd_status femd_energetics_sweep(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                  int wanted, double *W, femd_error *err) {
    int beyond = -1;
    FEMD_TRY(begin(e, nb, cell, x, wanted, err));
    if (e->p->densities) memset(e->rho, 0, (size_t)nb->next * sizeof(double));
    (e->p->form == FEMD_FORM_SW ? e->kernels->sw_pairs : e->kernels->pairs)(&e->last,
                                                                            wanted == FEMD_SWEEP_SECOND ? 2 : 1);
    *W = e->last.energy;
    if (e->p->densities) *W += embed_atoms(e, nb, &beyond);
    return judge(e, *W, beyond, err);
}

void femd_energetics_spread(femd_energetics *e, const femd_neighbours *nb, double tau[6]) {
    memset(e->fe, 0, 4 * (size_t)nb->next * sizeof(double));
    if (e->p->form == FEMD_FORM_SW)
        e->kernels->sw_forces(&e->last, e->fe, tau);
    else
        e->kernels->forces(&e->bonds, e->p->densities ? e->fp : NULL, e->fe, tau);
}

/* Lennard-Jones in one pass. */
static femd_status direct(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x, double *W,
                          double tau[6], femd_error *err) {
    FEMD_TRY(begin(e, nb, cell, x, FEMD_SWEEP_FIRST, err));
    memset(e->fe, 0, 4 * (size_t)nb->next * sizeof(double));
    e->kernels->lj_forces(&e->last, e->fe, tau);
    *W = e->last.energy;
    return judge(e, *W, -1, err);
}

femd_status femd_energetics_forces(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                   double *W, double *force, double tau[6], femd_error *err) {
    double energy = 0.0, virial[6];
    int at_once = e->p->form == FEMD_FORM_LJ;
    femd_status rc = at_once ? direct(e, nb, cell, x, &energy, virial, err)
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
    FEMD_TRY(femd_energetics_sweep(e, nb, cell, x, FEMD_SWEEP_FIRST, &energy, err));
    femd_energetics_spread(e, nb, virial);
    memset(T, 0, 9 * sizeof(double));
    for (int g = 0; g < nb->next; g++)
        for (int k = 0; k < 3; k++)
            for (int c = 0; c < 3; c++)
                T[3 * k + c] -= nb->shift[3 * (size_t)g + (size_t)k] * e->fe[4 * (size_t)g + (size_t)c];
    return FEMD_OK;
}

uint64_t femd_energetics_count(const femd_energetics *e) {
    return e->count;
}

void femd_energetics_count_more(femd_energetics *e, uint64_t sweeps) {
    e->count += sweeps;
}
