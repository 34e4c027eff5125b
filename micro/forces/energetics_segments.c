/* Forces as segments, see energetics_segments.h: their storage, and those of pairs and densities. Three bodies are
 * their form's. */
#include "forces/energetics_segments.h"

#include "forces/energetics_private.h"

void femd_segments_clear(femd_segments *segments) {
    free(segments->one);
    *segments = (femd_segments){0};
}

femd_segment *femd_segments_add(femd_segments *segments) {
    if (segments->count == segments->room) {
        const size_t room = segments->room + segments->room / 2 + 1024;
        femd_segment *one = realloc(segments->one, room * sizeof *one);
        if (!one) return NULL;
        segments->one = one;
        segments->room = room;
    }
    femd_segment *s = &segments->one[segments->count++];
    memset(s, 0, sizeof *s);
    return s;
}

void femd_segments_shift(const femd_neighbours *nb, int here, int there, int shift[3]) {
    for (int k = 0; k < 3; k++)
        shift[k] = nb->shift[3 * (size_t)there + (size_t)k] - nb->shift[3 * (size_t)here + (size_t)k];
}

/* p1 is the whole pair energy's, of which each end carries half; a1 is the row's atom's density, b1 the partner's. */
femd_status femd_pairs_segments(femd_energetics *e, femd_segments *out, femd_error *err) {
    const femd_bonds *b = &e->bonds;
    const femd_neighbours *nb = e->last.nb;
    const int embedded = e->functions > 0;
    for (int i = 0; i < e->n; i++)
        for (int k = b->first[i]; k < b->first[i + 1]; k++) {
            const int g = b->partner[k];
            const double of_a = b->p1[k] + (embedded ? 2.0 * e->fp[i] * b->a1[k] : 0.0);
            const double of_b = b->p1[k] + (embedded ? 2.0 * e->fp[g] * b->b1[k] : 0.0);
            if (of_a == 0.0 && of_b == 0.0) continue; /* rows are padded with bonds of no effect */
            femd_segment *s = femd_segments_add(out);
            if (!s) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the bonds of %d atoms", e->n);
            s->a = nb->owner[i];
            s->b = nb->owner[g];
            femd_segments_shift(nb, i, g, s->shift);
            s->d[0] = b->dx[k];
            s->d[1] = b->dy[k];
            s->d[2] = b->dz[k];
            s->pull = of_a + of_b;
            for (int c = 0; c < 3; c++) {
                s->of_a[c] = of_a * s->d[c];
                s->of_b[c] = of_b * s->d[c];
            }
        }
    return FEMD_OK;
}

femd_status femd_energetics_segments_told(const femd_energetics *e, const char **words, femd_error *err) {
    *words = e->form->segmented;
    return femd_energetics_require(e, FEMD_GIVES_SEGMENTS, err);
}

femd_status femd_energetics_segments(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                     femd_segments *out, femd_error *err) {
    double W;
    out->count = 0;
    FEMD_TRY(femd_energetics_require(e, FEMD_GIVES_SEGMENTS, err));
    FEMD_TRY(femd_energetics_sweep(e, nb, cell, x, FEMD_SWEEP_FIRST, &W, err));
    return e->form->segments(e, out, err);
}
