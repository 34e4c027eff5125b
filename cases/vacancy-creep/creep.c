/* creep ADDRESS MATERIALS.json OUT [quick]: a bar of copper under a constant force creeps by the diffusion of
 * vacancies, hotter at one end than at the other. Each of its points asks a pool of femd, through libfemd, for the
 * stiffness of its atoms and for the diffusivity of a vacancy among them, at the point's own strain and temperature;
 * the creep strain of a point is its history, and what it has crept makes the bar thinner there, the stress higher and
 * the next strain another. Writes creep.csv and summary.json into the folder OUT.
 *
 * What is the host's own: the thermal expansion (of this potential, by md at zero pressure), the free energy of
 * formation of a vacancy, and the law of grains of size d whose boundaries give and take vacancies (Nabarro and
 * Herring): de/dt = B D Omega s/(kT d^2), D = x_v tr(D_v)/3, x_v = exp(-G_f/kT). */
#include <femd/client.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POINTS_MAX = 6 };
static const double K_B = 1.380649e-23, EV = 1.602176634e-19;
static const double A0 = 3.614925e-10;                      /* m, at 0 K */
static const double COLD = 1100, HOT = 1250;                /* K, at the ends */
static const double STRETCH[2] = {1.0200405, 1.0237529};    /* a(T)/a(0 K) there */
static const double G_F = 1.157 * 1.602176634e-19;          /* J */
static const double B = 40.0 / 3, GRAIN = 2e-5, LOAD = 2e6; /* -, m, Pa on the first cross-section */
static const double LEAP = 0.01;                            /* creep strain of the fastest point in a step */

typedef struct point {
    double T, stretch;       /* K; of the warm crystal */
    double creep;            /* the history: logarithmic strain along the bar */
    double stress;           /* Cauchy, Pa */
    double D, barrier, rate; /* tr(D_v)/3 in m^2/s, eV, creep per second */
    double other_D;          /* what it would be without strain and expansion */
    femd_hash state;
} point;

typedef struct bar {
    femd_client *client;
    femd_hash material;
    int points;
    point at[POINTS_MAX];
    double time;
} bar;

static void bar_make(bar *b) {
    for (int i = 0; i < b->points; i++) {
        const double share = (i + 0.5) / b->points;
        b->at[i] = (point){.T = COLD + share * (HOT - COLD), .stretch = STRETCH[0] + share * (STRETCH[1] - STRETCH[0])};
    }
}

/* One answer a point, all in one batch. */
static femd_status bar_ask(bar *b, const femd_request *q, femd_response *r, femd_error *err) {
    femd_batch *batch = NULL;
    femd_status rc = femd_client_submit(b->client, &b->material, q, (size_t)b->points, &batch, err);
    if (rc == FEMD_OK) rc = femd_client_collect(b->client, &batch, r, err);
    for (int i = 0; rc == FEMD_OK && i < b->points; i++)
        if (r[i].status != FEMD_OK) {
            fprintf(stderr, "point %d: %s\n", i, femd_client_words(b->client, q[i].point));
            rc = (femd_status)r[i].status;
        }
    return rc;
}

static femd_request bar_request(const bar *b, int i, uint32_t wants, int warm) {
    const point *p = &b->at[i];
    femd_request q = {.point = (uint64_t)i, .wants = wants, .temperature = p->T, .state_in = p->state, .seed = 1};
    for (int c = 0; warm && c < 3; c++) q.value[c] = 0.5 * (p->stretch * p->stretch - 1);
    return q;
}

/* e = D^-1 S for a stress along the bar; Gauss without pivots, D is positive definite. */
static void compliance(const double D[36], double S, double e[6]) {
    double M[36], v[6] = {S, 0, 0, 0, 0, 0};
    memcpy(M, D, sizeof M);
    for (int k = 0; k < 6; k++)
        for (int i = k + 1; i < 6; i++) {
            const double f = M[6 * i + k] / M[6 * k + k];
            for (int j = k; j < 6; j++) M[6 * i + j] -= f * M[6 * k + j];
            v[i] -= f * v[k];
        }
    for (int k = 5; k >= 0; k--) {
        for (int j = k + 1; j < 6; j++) v[k] -= M[6 * k + j] * e[j];
        e[k] = v[k] / M[6 * k + k];
    }
}

/* Strain of expansion and load, then diffusivities there; the states of those answers are committed. */
static femd_status bar_look(bar *b, femd_error *err) {
    femd_request q[POINTS_MAX];
    femd_response r[POINTS_MAX];
    for (int i = 0; i < b->points; i++) q[i] = bar_request(b, i, FEMD_WANT_TANGENT, 1);
    femd_status rc = bar_ask(b, q, r, err);
    for (int i = 0; rc == FEMD_OK && i < b->points; i++) {
        point *p = &b->at[i];
        double e[6];
        p->stress = LOAD * exp(p->creep);              /* creep keeps the volume: the bar thins */
        compliance(r[i].D, p->stress * p->stretch, e); /* S of a stress in a crystal that is larger by the stretch */
        q[i] = bar_request(b, i, FEMD_WANT_STRESS | FEMD_WANT_DIFFUSIVITY | FEMD_WANT_BARRIER, 1);
        for (int c = 0; c < 6; c++) q[i].value[c] += e[c];
    }
    if (rc == FEMD_OK) rc = bar_ask(b, q, r, err);
    for (int i = 0; rc == FEMD_OK && i < b->points; i++) {
        point *p = &b->at[i];
        const double size = A0 * p->stretch, kT = K_B * p->T;
        if (r[i].notes & FEMD_NOTE_NOT_EXPANDED) fprintf(stderr, "point %d: a rate without the expansion\n", i);
        p->D = (r[i].diffusivity[0] + r[i].diffusivity[1] + r[i].diffusivity[2]) / 3;
        p->barrier = r[i].barrier / EV;
        p->rate = B * p->D * exp(-G_F / kT) * 0.25 * size * size * size * p->stress / (kT * GRAIN * GRAIN);
        rc = femd_client_commit(b->client, 1, &q[i].point, &r[i].state_out, 1, err);
        p->state = r[i].state_out;
    }
    return rc;
}

/* Forward in time until the fastest point has crept by LEAP. */
static void bar_creep(bar *b) {
    double fastest = 0;
    for (int i = 0; i < b->points; i++) fastest = fmax(fastest, b->at[i].rate);
    for (int i = 0; i < b->points; i++) b->at[i].creep += LEAP * b->at[i].rate / fastest;
    b->time += LEAP / fastest;
}

static femd_status bar_compare(bar *b, femd_error *err) {
    femd_request q[POINTS_MAX];
    femd_response r[POINTS_MAX];
    for (int i = 0; i < b->points; i++) q[i] = bar_request(b, i, FEMD_WANT_DIFFUSIVITY, 0);
    const femd_status rc = bar_ask(b, q, r, err);
    for (int i = 0; rc == FEMD_OK && i < b->points; i++) b->at[i].other_D = r[i].diffusivity[0];
    return rc;
}

static double bar_length(const bar *b) {
    double sum = 0;
    for (int i = 0; i < b->points; i++) sum += exp(b->at[i].creep) / b->points;
    return sum;
}

static void bar_write(const bar *b, FILE *csv, int step) {
    for (int i = 0; i < b->points; i++) {
        const point *p = &b->at[i];
        fprintf(csv, "%d,%.9g,%d,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g\n", step, b->time, i, p->T, p->stress, p->creep, p->D,
                p->barrier, p->rate);
    }
}

static void bar_summary(const bar *b, FILE *out, int steps) {
    const point *cold = &b->at[0], *hot = &b->at[b->points - 1];
    fprintf(
        out,
        "{\"status\": \"ok\", \"steps\": %d, \"points\": %d, \"time\": %.12g, \"length\": %.12g, \"creep\": [%.12g, "
        "%.12g], \"diffusivity\": [%.12g, %.12g], \"barrier\": [%.12g, %.12g], \"without_expansion\": [%.12g, "
        "%.12g], \"reused\": %llu}\n",
        steps, b->points, b->time, bar_length(b), cold->creep, hot->creep, cold->D, hot->D, cold->barrier, hot->barrier,
        cold->other_D, hot->other_D, (unsigned long long)femd_client_reused(b->client));
}

static femd_status bar_run(bar *b, const char *out, int steps, femd_error *err) {
    char name[4096];
    snprintf(name, sizeof name, "%s/creep.csv", out);
    FILE *csv = fopen(name, "w");
    snprintf(name, sizeof name, "%s/summary.json", out);
    FILE *summary = fopen(name, "w");
    femd_status rc = csv && summary ? FEMD_OK : FEMD_IO;
    if (csv) fprintf(csv, "step,time,point,temperature,stress,creep,diffusivity,barrier,rate\n");
    if (rc == FEMD_OK) rc = bar_compare(b, err);
    for (int step = 0; rc == FEMD_OK && step <= steps; step++) {
        rc = bar_look(b, err);
        if (rc != FEMD_OK) break;
        bar_write(b, csv, step);
        printf("step %d: %.4g s, the bar is %.4f of its length; hot end %.4g /s\n", step, b->time, bar_length(b),
               b->at[b->points - 1].rate);
        fflush(stdout);
        if (step < steps) bar_creep(b);
    }
    if (rc == FEMD_OK) bar_summary(b, summary, steps);
    if (csv && fclose(csv)) rc = FEMD_IO;
    if (summary && fclose(summary)) rc = FEMD_IO;
    return rc;
}

int main(int argc, char **argv) {
    femd_error err = FEMD_ERROR_INIT;
    bar b = {0};
    if (argc < 4) return fprintf(stderr, "usage: creep ADDRESS MATERIALS.json OUT [quick]\n"), 2;
    const int quick = argc > 4 && strcmp(argv[4], "quick") == 0;
    femd_client_config config = {.size = sizeof config, .address = argv[1], .run = "vacancy-creep"};
    b.points = quick ? 3 : POINTS_MAX;
    bar_make(&b);
    femd_status rc = femd_client_open(&config, &b.client, &err);
    if (rc == FEMD_OK)
        rc = femd_client_material_file(b.client, argv[2], quick ? "small" : "copper", &b.material, NULL, &err);
    if (rc == FEMD_OK) rc = bar_run(&b, argv[3], quick ? 3 : 6, &err);
    if (rc != FEMD_OK) fprintf(stderr, "creep: %s\n", err.text);
    femd_client_close(&b.client);
    return rc != FEMD_OK;
}
