/* One measurement that quick and long tests share: in a small solid box the flux between the slabs, by the formula of
 * docs/micro.md, "Heat flux", and by forms that are wrong, against what the thermostats of the slabs give and take. */
#ifndef FEMD_TEST_NEMD_FLUX_H
#define FEMD_TEST_NEMD_FLUX_H

#include "nemd_fixture.h"
#include "nemd_sw.h"

typedef struct body {
    const char *name, *json;
    double T;
    int sw; /* silicon of Stillinger and Weber: other forms are written out too */
} body;

static const body ARGON = {
    "argon", NEMD("\"lengths\":[12],\"slab\":\"5 angstrom\",\"across\":2", FCC_ARGON("5.35", "[1,1,1]"), SMOOTH_ARGON),
    40, 0};
static const body COPPER = {"copper",
                            NEMD("\"lengths\":[12],\"slab\":\"3.6 angstrom\",\"across\":2",
                                 "\"lattice\":\"fcc\",\"a\":\"3.63 angstrom\",\"species\":[\"Cu\"]",
                                 "\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\""),
                            300, 0};
/* Copper's embedding function is flat at the density of the crystal, this one's is not: its embedding carries a good
 * part. */
static const body ALUMINIUM = {"aluminium",
                               NEMD("\"lengths\":[12],\"slab\":\"4 angstrom\",\"across\":2",
                                    "\"lattice\":\"fcc\",\"a\":\"4.06 angstrom\",\"species\":[\"Al\"]",
                                    "\"style\":\"eam/fs\",\"file\":\"Al_mm.eam.fs\""),
                               250, 0};
static const body SILICON = {
    "silicon",
    NEMD("\"lengths\":[10],\"slab\":\"5.4 angstrom\",\"across\":2",
         "\"lattice\":\"diamond\",\"a\":\"5.431 angstrom\",\"species\":[\"Si\"],\"masses\":[\"28.0855 u\"]",
         "\"style\":\"sw\",\"file\":\"Si.sw\""),
    1000, 1};

/* Blocks of the flux by several forms, less what the slabs give: value and error over blocks. */
enum { RIGHT, PLAIN, KINETIC_ALONE, FORMS };
enum { EVEN, THIRDS, WRONG }; /* wrong ones for triplets */

typedef struct measured {
    double q, q_err;                       /* what the slabs give, eV/(square angstrom ps) */
    double apart[FORMS], err[FORMS];       /* flux by each form less q, over q */
    double wrong[WRONG], wrong_err[WRONG]; /* flux by wrong forms less that by the right one, over q */
    double written_out; /* largest difference between the kernels' flux and the one written out, over q */
} measured;

static inline void mean_and_error(int n, const double *a, double *mean, double *error) {
    double sum = 0, square = 0;
    for (int i = 0; i < n; i++) sum += a[i];
    *mean = sum / n;
    for (int i = 0; i < n; i++) square += (a[i] - *mean) * (a[i] - *mean);
    *error = sqrt(square / ((double)n * (n - 1)));
}

static inline void measure(const body *b, int blocks, int block, measured *m) {
    enum { BLOCKS_MAX = 64, STRIDE = 2, WRITTEN_STRIDE = 16 };
    static double q[BLOCKS_MAX], form[FORMS][BLOCKS_MAX], wrong[WRONG][BLOCKS_MAX];
    const double difference = 0.5, still[2] = {b->T * (1 + difference), b->T * (1 - difference)};
    double given[2], work[14];
    flow f;
    femd_nemd_box box;
    femd_dynamics d;
    sw_atoms sw = {0};
    flow_open(&f, b->json);
    MUST(femd_nemd_box_open(f.n, f.n->rve.h0, f.n->path.x, 0, f.g->options.length[0], &f.g->options, &box, &err));
    MUST(femd_dynamics_create(&box.rve, box.mass, &d, &err));
    d.dt = 0.1 / f.g->common.top_frequency;
    d.friction = f.g->common.options.friction;
    MUST(femd_dynamics_start(&d, box.rve.h0, box.rve.X, b->T, 7, 0, &err));
    const femd_thermostats slabs = {2, box.slab_of, still, given, work};
    MUST(femd_dynamics_langevin(&d, 2000, &err));
    MUST(femd_dynamics_local(&d, &slabs, 6000, &err));
    if (b->sw) sw_open(&sw, box.rve.n, (const double[3]){box.rve.h0[0], box.rve.h0[4], box.rve.h0[8]}, box.rve.X);
    memset(m, 0, sizeof *m);
    for (int k = 0; k < blocks; k++) {
        double sum[FORMS] = {0}, off[WRONG] = {0};
        given[0] = given[1] = 0;
        for (int s = 0; s < block; s++) {
            MUST(femd_dynamics_local(&d, &slabs, 1, &err));
            if (s % STRIDE) continue;
            double plain, reduced, kinetic = 0;
            MUST(femd_nemd_flux(&box, d.x, d.v, &plain, &reduced, &err));
            for (int i = 0; i < box.rve.n; i++) {
                const double *v = d.v + 3 * i;
                kinetic += box.side[i] * 0.5 * femd_mvv2e * box.mass[i] * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) *
                           v[0] / box.volume;
            }
            sum[RIGHT] += reduced, sum[PLAIN] += plain, sum[KINETIC_ALONE] += kinetic;
            if (!b->sw || s % WRITTEN_STRIDE) continue;
            sw_bonds(&sw, d.x);
            const double mvv = femd_mvv2e * box.mass[0], right = sw_flux(&sw, box.side, d.v, mvv, SW_RIGHT);
            m->written_out = fmax(m->written_out, fabs(right / box.volume - plain));
            off[EVEN] += (sw_flux(&sw, box.side, d.v, mvv, SW_EVEN) - right) / box.volume;
            off[THIRDS] += (sw_flux(&sw, box.side, d.v, mvv, SW_THIRDS) - right) / box.volume;
        }
        q[k] = 0.5 * (given[0] - given[1]) / (block * d.dt * 2 * box.area);
        for (int c = 0; c < FORMS; c++) form[c][k] = sum[c] * STRIDE / block - q[k];
        for (int c = 0; c < WRONG; c++) wrong[c][k] = off[c] * WRITTEN_STRIDE / block;
    }
    mean_and_error(blocks, q, &m->q, &m->q_err);
    for (int c = 0; c < FORMS; c++) {
        mean_and_error(blocks, form[c], &m->apart[c], &m->err[c]);
        m->apart[c] /= m->q, m->err[c] /= m->q;
    }
    for (int c = 0; c < WRONG; c++) {
        mean_and_error(blocks, wrong[c], &m->wrong[c], &m->wrong_err[c]);
        m->wrong[c] /= m->q, m->wrong_err[c] /= m->q;
    }
    m->written_out /= m->q;
    print_message("%s: slabs %.4g(%.2g) eV/(A2 ps); apart %.2f(%.2f) %%, with what is carried %.2f(%.2f) %%, kinetic "
                  "alone %.0f(%.0f) %%",
                  b->name, m->q, m->q_err, 100 * m->apart[RIGHT], 100 * m->err[RIGHT], 100 * m->apart[PLAIN],
                  100 * m->err[PLAIN], 100 * m->apart[KINETIC_ALONE], 100 * m->err[KINETIC_ALONE]);
    if (b->sw)
        print_message("; less the right form: force shared evenly %.2f(%.2f) %%, triplets by thirds %.2f(%.2f) %%",
                      100 * m->wrong[EVEN], 100 * m->wrong_err[EVEN], 100 * m->wrong[THIRDS],
                      100 * m->wrong_err[THIRDS]);
    print_message("\n");
    if (b->sw) sw_close(&sw);
    femd_dynamics_clear(&d);
    femd_nemd_box_close(&box);
    flow_close(&f);
}

#endif
