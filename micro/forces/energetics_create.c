/* The workspace of energetics, from its making by the form of the potential to its end. It never computes anything. */
#include <stdlib.h>

#include "forces/energetics_differences.h"
#include "forces/energetics_private.h"

#define FORM_ADDRESS(form) &femd_energetics_##form,
static const femd_energetics_form *const forms[] = {FEMD_ENERGETICS_FORMS(FORM_ADDRESS)};
#undef FORM_ADDRESS

femd_status femd_energetics_create(const femd_potential *p, int natoms, const int *species, femd_energetics **out,
                                   femd_error *err) {
    *out = NULL;
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
        if (strcmp(forms[k]->name, p->style->form) == 0)
            return femd_energetics_create_as(forms[k], p, natoms, species, out, err);
    return femd_fail(err, FEMD_INTERNAL, "nothing computes potentials of the form \"%s\"", p->style->form);
}

femd_status femd_energetics_create_as(const femd_energetics_form *form, const femd_potential *p, int natoms,
                                      const int *species, femd_energetics **out, femd_error *err) {
    femd_energetics *e;
    *out = NULL;
    if (natoms < 1) return femd_fail(err, FEMD_BAD_ARGUMENT, "energetics of %d atoms", natoms);
    for (int i = 0; i < natoms; i++)
        if (species[i] < 0 || species[i] >= p->nspecies)
            return femd_fail(err, FEMD_BAD_ARGUMENT, "atom %d is of species %d, the potential has %d", i + 1,
                             species[i], p->nspecies);
    e = calloc(1, sizeof *e);
    if (!e) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d atoms", natoms);
    e->form = form;
    e->p = p;
    e->kernels = femd_kernels_now();
    e->n = natoms;
    e->own = calloc(1, form->own ? form->own : 1);
    e->species = malloc((size_t)natoms * sizeof(int));
    e->embed = femd_aligned_doubles(3 * (size_t)natoms);
    e->carried = femd_aligned_doubles((size_t)natoms);
    e->bonds.first = malloc(((size_t)natoms + 1) * sizeof(int));
    if (!e->own || !e->species || !e->embed || !e->carried || !e->bonds.first) {
        femd_energetics_destroy(&e);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d atoms", natoms);
    }
    memcpy(e->species, species, (size_t)natoms * sizeof(int));
    const femd_status rc = form->open ? form->open(e, err) : FEMD_OK;
    if (rc != FEMD_OK) femd_energetics_destroy(&e);
    *out = e;
    return rc;
}

static void energetics_bonds_clear(femd_bonds *b) {
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
    if (e->own && e->form->clear) e->form->clear(e);
    free(e->own);
    energetics_bonds_clear(&e->bonds);
    energetics_bonds_clear(&e->held);
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
    free(e->carried);
    femd_clusters_clear(&e->clusters);
    femd_differences_destroy(&e->differences);
    free(e);
    *pp = NULL;
}
