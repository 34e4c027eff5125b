/* Several configurations of the same atoms; see band_images.h. Owns their bonds and lists, and the threads that compute
 * them. */
#include "rates/band_images.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct femd_images {
    int n, count;
    double cell[9];
    femd_energetics **en; /* count each */
    femd_neighbours **nb;
    femd_status *status;
    femd_error *words;
};

femd_status femd_images_create(const femd_band_atoms *atoms, int count, femd_images **out, femd_error *err) {
    if (count < 1 || atoms->n < 1)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "a band of %d images of %d atoms", count, atoms->n);
    femd_images *images = calloc(1, sizeof *images);
    if (!images) return femd_fail(err, FEMD_NO_MEMORY, "%d images of %d atoms: out of memory", count, atoms->n);
    images->n = atoms->n;
    images->count = count;
    memcpy(images->cell, atoms->cell, sizeof images->cell);
    images->en = calloc((size_t)count, sizeof *images->en);
    images->nb = calloc((size_t)count, sizeof *images->nb);
    images->status = calloc((size_t)count, sizeof *images->status);
    images->words = calloc((size_t)count, sizeof *images->words);
    femd_status rc = FEMD_OK;
    if (!images->en || !images->nb || !images->status || !images->words)
        rc = femd_fail(err, FEMD_NO_MEMORY, "%d images of %d atoms: out of memory", count, atoms->n);
    for (int k = 0; rc == FEMD_OK && k < count; k++) {
        rc = femd_energetics_create(atoms->potential, atoms->n, atoms->species, &images->en[k], err);
        if (rc == FEMD_OK)
            rc = femd_neighbours_create(femd_potential_cutoff(atoms->potential), atoms->skin, &images->nb[k], err);
    }
    if (rc != FEMD_OK) femd_images_destroy(&images);
    *out = images;
    return rc;
}

void femd_images_destroy(femd_images **images) {
    if (!images || !*images) return;
    for (int k = 0; k < (*images)->count; k++) {
        if ((*images)->en) femd_energetics_destroy(&(*images)->en[k]);
        if ((*images)->nb) femd_neighbours_destroy(&(*images)->nb[k]);
    }
    free((*images)->en);
    free((*images)->nb);
    free((*images)->status);
    free((*images)->words);
    free(*images);
    *images = NULL;
}

femd_rve femd_images_rve(const femd_images *images, int image) {
    femd_rve rve = {.en = images->en[image], .nb = images->nb[image]};
    femd_rve_set_atoms(&rve, images->n);
    return rve;
}

femd_status femd_images_renew(femd_images *images, const double *x, femd_error *err) {
    const size_t n3 = 3 * (size_t)images->n;
    for (int k = 0; k < images->count; k++) {
        const femd_status rc = femd_neighbours_rebuild(images->nb[k], images->n, images->cell, x + (size_t)k * n3, err);
        if (rc == FEMD_OK) continue;
        femd_error_prefix(err, "image %d of the path", k + 1);
        return rc;
    }
    return FEMD_OK;
}

/* What one thread does: every step-th image from `first` on. */
typedef struct images_share {
    femd_images *images;
    int first, end, step;
    const double *x;
    double *W, *f;
    pthread_t thread;
    int begun;
} images_share;

static void *images_compute(void *user) {
    images_share *share = user;
    femd_images *images = share->images;
    const size_t n3 = 3 * (size_t)images->n;
    for (int k = share->first; k < share->end; k += share->step) {
        images->words[k].text[0] = '\0';
        images->status[k] =
            femd_energetics_forces(images->en[k], images->nb[k], images->cell, share->x + (size_t)k * n3, &share->W[k],
                                   share->f + (size_t)k * n3, NULL, &images->words[k]);
    }
    return NULL;
}

/* Signals are the calling thread's. */
static void images_begin(images_share *share, int threads) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int t = 1; t < threads; t++)
        share[t].begun = pthread_create(&share[t].thread, NULL, images_compute, &share[t]) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

femd_status femd_images_forces(femd_images *images, int first, int end, int threads, const double *x, double *W,
                               double *f, femd_error *err) {
    images_share share[FEMD_BAND_THREADS_MAX];
    if (threads > end - first) threads = end - first;
    if (threads > FEMD_BAND_THREADS_MAX) threads = FEMD_BAND_THREADS_MAX;
    if (threads < 1) threads = 1;
    for (int t = 0; t < threads; t++)
        share[t] =
            (images_share){.images = images, .first = first + t, .end = end, .step = threads, .x = x, .W = W, .f = f};
    if (threads > 1) images_begin(share, threads);
    images_compute(&share[0]);
    for (int t = 1; t < threads; t++)
        if (!share[t].begun) images_compute(&share[t]);
    for (int t = 1; t < threads; t++)
        if (share[t].begun) pthread_join(share[t].thread, NULL);
    for (int k = first; k < end; k++) {
        if (images->status[k] == FEMD_OK) continue;
        if (!err) return images->status[k];
        *err = images->words[k];
        return femd_error_prefix(err, "image %d of the path", k + 1);
    }
    return FEMD_OK;
}

uint64_t femd_images_calls(const femd_images *images) {
    uint64_t calls = 0;
    for (int k = 0; k < images->count; k++) calls += femd_energetics_count(images->en[k]);
    return calls;
}
