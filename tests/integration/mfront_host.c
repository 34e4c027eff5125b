/* mfront_host LIBRARY TEST FILE...: a host that loads libfemd_mfront and integrates points, against what `femd eval
 * --json` has written into the files. The case that FEMD_MFRONT names has the materials copper (1), soft (2, elastic)
 * and slip (3, which remembers). */
#include "mfront_host.h"

#include <pthread.h>

enum { COPPER = 1, SOFT = 2, SLIP = 3, THREADS = 8, EACH = 40, POINTS = 40 };
enum { CAUCHY, PK2, PK1, DSIG_DF = 0, DS_DE, DPK1_DF, DTAU_DDF };

static const int row_of[9] = {0, 1, 2, 0, 1, 0, 2, 1, 2}, column_of[9] = {0, 1, 2, 1, 0, 2, 0, 2, 1};
static const int voigt_of[6] = {0, 1, 2, 5, 4, 3}; /* 11 22 33 12 13 23 */
static behaviour finite_law, small_law;

static double root(int c) {
    return c > 2 ? sqrt(2) : 1;
}

static void check_marks(const point *p, int used, int forces) {
    for (int i = used; i < TANGENT_ROOM + FREE; i++)
        CHECK(p->K[i] == untouched, "the tangent of %d numbers is written beyond, at %d", used, i);
    for (int i = forces; i < 9 + FREE; i++) CHECK(p->s1.forces[i] == untouched, "the stress is written at %d", i);
}

static void set_F(double *gradients, const double F[9]) {
    for (int c = 0; c < 9; c++) gradients[c] = F[3 * row_of[c] + column_of[c]];
}

static void symmetric_of(const double voigt[6], double out[6]) {
    for (int c = 0; c < 6; c++) out[c] = root(c) * voigt[voigt_of[c]];
}

static void tangent_of(const double voigt[36], double out[36]) {
    for (int c = 0; c < 6; c++)
        for (int d = 0; d < 6; d++) out[6 * c + d] = root(c) * root(d) * voigt[6 * voigt_of[c] + voigt_of[d]];
}

/* ---- the figures of femd eval ---- */

static void finite_strain_is_eval(const char *path) {
    static const int forces[3] = {6, 6, 9}, sizes[4] = {54, 36, 81, 54};
    double F[9], P[9], A[81], S[6], D[36], voigt[9], wanted[81], energy, stress[3][9], full[9];
    point p;
    eval_numbers(path, "F", 9, F);
    eval_numbers(path, "energy_density", 1, &energy);
    eval_numbers(path, "first_piola", 9, full);
    for (int c = 0; c < 9; c++) P[c] = full[3 * row_of[c] + column_of[c]];
    eval_numbers(path, "A", 81, wanted);
    for (int c = 0; c < 81; c++)
        A[c] = wanted[9 * (3 * row_of[c / 9] + column_of[c / 9]) + 3 * row_of[c % 9] + column_of[c % 9]];
    eval_numbers(path, "stress", 6, voigt);
    symmetric_of(voigt, S);
    eval_numbers(path, "tangent", 36, wanted);
    tangent_of(wanted, D);
    eval_numbers(path, "cauchy", 6, voigt);
    symmetric_of(voigt, stress[CAUCHY]);
    memcpy(stress[PK1], P, sizeof P);
    memcpy(stress[PK2], S, sizeof S);
    for (int s = CAUCHY; s <= PK1; s++)
        for (int t = DSIG_DF; t <= DTAU_DDF; t++) {
            point_reset(&p, 1);
            p.s0.property = p.s1.property = COPPER;
            set_F(p.s1.gradients, F);
            const int rc = point_integrate(&p, finite_law, 4, s, t);
            CHECK(rc == 1 && p.rdt == 1 && !*p.words, "measures %d and %d: %d, %s", s, t, rc, p.words);
            check_near("the stress", p.s1.forces, stress[s], forces[s], 1e-14);
            check_near("the energy", &p.s1.stored, &energy, 1, 1e-14);
            if (t == DS_DE) check_near("dS/dE", p.K, D, 36, 1e-14);
            if (t == DPK1_DF) check_near("dP/dF", p.K, A, 81, 1e-14);
            check_marks(&p, sizes[t], forces[s]);
        }
}

static void small_strain_is_eval(const char *path) {
    double strain[6], voigt[6], D[36], S[6], wanted[36];
    point p;
    eval_numbers(path, "strain", 6, strain);
    eval_numbers(path, "stress", 6, voigt);
    symmetric_of(voigt, S);
    eval_numbers(path, "tangent", 36, wanted);
    tangent_of(wanted, D);
    point_reset(&p, 0);
    p.s0.property = p.s1.property = COPPER;
    for (int c = 0; c < 6; c++) p.s1.gradients[c] = strain[voigt_of[c]] / root(c);
    const int rc = point_integrate(&p, small_law, 4, 0, 0);
    CHECK(rc == 1, "small strains: %d, %s", rc, p.words);
    check_near("the stress of small strains", p.s1.forces, S, 6, 1e-14);
    check_near("the tangent of small strains", p.K, D, 36, 1e-14);
    check_marks(&p, 36, 6);
    memset(&p.s1, 0, sizeof p.s1);
    p.s1.property = COPPER;
    CHECK(point_integrate(&p, small_law, 1, 0, 0) == 1, "at rest: %s", p.words); /* elastic: the same tangent */
    CHECK(p.K[0] > 1e11, "no tangent at rest: %g", p.K[0]);
}

/* ---- tangents by differences ---- */

static const double some_F[9] = {1.05, 0.02, -0.03, 0.04, 0.97, 0.05, -0.01, 0.06, 1.02};
static const double other_F[9] = {0.98, -0.03, 0.02, 0.01, 1.03, -0.04, 0.05, 0.02, 1.01};

static double stress_moved(point *p, int measure, int component, const double direction[9], double h) {
    for (int c = 0; c < 9; c++) p->s1.gradients[c] += h * direction[c];
    CHECK(point_integrate(p, finite_law, 0, measure, 0) == 1, "%s", p->words);
    for (int c = 0; c < 9; c++) p->s1.gradients[c] -= h * direction[c];
    return p->s1.forces[component];
}

/* Kirchhoff stress from Cauchy's, at gradients moved by h in a direction. */
static double kirchhoff_moved(point *p, int component, const double direction[9], double h) {
    double g[9], F[9];
    const double sigma = stress_moved(p, CAUCHY, component, direction, h);
    for (int c = 0; c < 9; c++) {
        g[c] = p->s1.gradients[c] + h * direction[c];
        F[3 * row_of[c] + column_of[c]] = g[c];
    }
    return sigma * (F[0] * (F[4] * F[8] - F[5] * F[7]) - F[1] * (F[3] * F[8] - F[5] * F[6]) +
                    F[2] * (F[3] * F[7] - F[4] * F[6]));
}

/* The direction in which F moves when the component d of dF = F F0^-1 does. */
static void step_direction(int d, double direction[9]) {
    double moved[9] = {0};
    for (int J = 0; J < 3; J++) moved[3 * row_of[d] + J] = other_F[3 * column_of[d] + J];
    set_F(direction, moved);
}

static void tangents_are_differences(void) {
    static const int stress_of[3] = {CAUCHY, PK1, CAUCHY}, rows[3] = {6, 9, 6}, kinds[3] = {DSIG_DF, DPK1_DF, DTAU_DDF};
    const double h = 1e-6;
    point p;
    for (int k = 0; k < 3; k++) {
        double tangent[81], wanted[81];
        point_reset(&p, 1);
        p.s0.property = p.s1.property = SOFT;
        set_F(p.s0.gradients, other_F);
        set_F(p.s1.gradients, some_F);
        CHECK(point_integrate(&p, finite_law, 4, stress_of[k], kinds[k]) == 1, "%s", p.words);
        memcpy(tangent, p.K, sizeof tangent);
        for (int c = 0; c < rows[k]; c++)
            for (int d = 0; d < 9; d++) {
                double direction[9] = {0};
                direction[d] = 1;
                if (kinds[k] == DTAU_DDF) {
                    step_direction(d, direction);
                    wanted[9 * c + d] =
                        (kirchhoff_moved(&p, c, direction, h) - kirchhoff_moved(&p, c, direction, -h)) / (2 * h);
                } else
                    wanted[9 * c + d] = (stress_moved(&p, stress_of[k], c, direction, h) -
                                         stress_moved(&p, stress_of[k], c, direction, -h)) /
                                        (2 * h);
            }
        check_near("a tangent, by differences,", tangent, wanted, 9 * rows[k], 1e-8);
    }
}

/* ---- history ---- */

static void shear(point *p, double g) {
    const double F[9] = {1, 0, 0, 0, 1, g, 0, 0, 1};
    set_F(p->s1.gradients, F);
}

static void integrate_all(point *p, int n, double g) {
    for (int i = 0; i < n; i++) {
        shear(&p[i], g * (i == 0));
        CHECK(point_integrate(&p[i], finite_law, 4, PK1, DPK1_DF) == 1, "at %g: %s", g, p[i].words);
    }
}

static long status_number(const char *key) {
    char command[512], text[1 << 16], quoted[64];
    snprintf(command, sizeof command, "femd status --connect '%s' --json", getenv("FEMD_CONNECT"));
    FILE *f = popen(command, "r");
    if (!f) return -1;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    pclose(f);
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(text, quoted);
    return at ? strtol(at + strlen(quoted), NULL, 10) : -1;
}

/* What a host saves itself, for a restart. */
static void points_file(point *p, int n, const char *path, int reads) {
    FILE *f = fopen(path, reads ? "r" : "w");
    size_t done = 0;
    for (int i = 0; f && i < n; i++)
        done += reads ? fread(&p[i].s0, sizeof p[i].s0, 1, f) : fwrite(&p[i].s0, sizeof p[i].s0, 1, f);
    CHECK(f && fclose(f) == 0 && done == (size_t)n, "cannot read or write %s", path);
    for (int i = 0; i < n && reads; i++) p[i].s1 = p[i].s0;
}

/* Sheared beyond its slip and back by increments of two iterations, one of them tried too far first: it ends where femd
 * eval ends from state to state, whose files are given. The other points stay at rest. Increments from `begin` to `end`
 * of the four. */
static void history_is_eval(point *p, int begin, int end, char **files) {
    static const double way[4] = {0.06, 0.12, 0.09, 0.06};
    double full[9], P[9];
    for (int k = begin; k < end; k++) {
        if (k == 1) {
            integrate_all(p, POINTS, 0.14);
            for (int i = 0; i < POINTS; i++) point_revert(&p[i]); /* as a host does that cuts */
        }
        for (int iteration = 0; iteration < 2; iteration++) integrate_all(p, POINTS, way[k] + 0.001 * (1 - iteration));
        CHECK(p[0].s1.internal[1] == k + 1 && p[1].s1.internal[1] == k + 1, "increment %d is called %g", k + 1,
              p[0].s1.internal[1]);
        CHECK(p[0].s1.internal[0] == 1 && p[1].s1.internal[0] == 2, "the points are called %g and %g",
              p[0].s1.internal[0], p[1].s1.internal[0]);
        eval_numbers(files[k], "first_piola", 9, full);
        for (int c = 0; c < 9; c++) P[c] = full[3 * row_of[c] + column_of[c]];
        check_near("the stress on the way", p[0].s1.forces, P, 9, 1e-14);
        for (int i = 0; i < POINTS; i++) point_update(&p[i]);
    }
}

static void history_is_eval_and_committed(char **files) {
    static point p[POINTS];
    for (int i = 0; i < POINTS; i++) {
        point_reset(&p[i], 1);
        p[i].s0.property = p[i].s1.property = SLIP;
    }
    history_is_eval(p, 0, 4, files);
    const long committed = status_number("committed");
    CHECK(committed > 0, "nothing is committed: %ld", committed);

    /* The tangent at the beginning, from the state of the beginning; nothing else is touched. */
    double tangent[81];
    memcpy(tangent, p[0].K, sizeof tangent);
    point before = p[0];
    shear(&p[0], 0.2);
    p[0].s1.internal[3] = untouched;
    CHECK(point_integrate(&p[0], finite_law, -4, PK1, DPK1_DF) == 1, "prediction: %s", p[0].words);
    check_near("the predicted tangent", p[0].K, tangent, 81, 1e-3);
    check_marks(&p[0], 81, 0);
    CHECK(p[0].s1.internal[3] == untouched && memcmp(&p[0].s0, &before.s0, sizeof before.s0) == 0,
          "a prediction writes a state");
}

/* A host that ends after two increments, and another process that goes on, with another server. */
static void history_is_interrupted(const char *saved, char **files, int goes_on) {
    static point p[POINTS];
    for (int i = 0; i < POINTS; i++) {
        point_reset(&p[i], 1);
        p[i].s0.property = p[i].s1.property = SLIP;
    }
    if (goes_on) points_file(p, POINTS, saved, 1);
    history_is_eval(p, goes_on ? 2 : 0, goes_on ? 4 : 2, files);
    if (!goes_on) points_file(p, POINTS, saved, 0);
}

/* ---- what cannot be ---- */

static void check_refused(point *p, behaviour f, double kind, double rdt, const char *words) {
    point_state before = p->s1;
    const int rc = point_integrate(p, f, kind, PK1, DPK1_DF);
    memcpy(before.forces, p->s1.forces, sizeof before.forces);
    CHECK(rc == -1 && p->rdt == rdt, "\"%s\": %d, rdt %g", words, rc, p->rdt);
    CHECK(strstr(p->words, words), "\"%s\" is not in: %s", words, p->words);
    CHECK(strncmp(p->words, "libfemd_mfront: ", 16) == 0, "nobody says: %s", p->words);
    for (int i = 512; i < 512 + FREE; i++) CHECK(p->words[i] == '\0', "the words are too long");
    for (int i = 3; i < TANGENT_ROOM; i++) CHECK(p->K[i] == untouched, "a tangent of what failed");
    check_marks(p, 3, 0);
    CHECK(memcmp(&before, &p->s1, sizeof before) == 0, "a state of what failed");
}

typedef struct older_state {
    double *gradients, *forces, *properties, *internal, *stored_energy, *dissipated_energy, *external;
} older_state;

/* The view before API version 1. */
typedef struct older_view {
    double dt, *K, rdt;
    older_state s0, s1;
} older_view;

static void failures_have_words(void) {
    static const double inside_out[9] = {1, 0, 0, 0, 1, 0, 0, 0, -1}, crushed[9] = {0.4, 0, 0, 0, 1, 0, 0, 0, 1};
    point p;
    point_reset(&p, 1);
    p.s0.property = p.s1.property = SLIP;
    set_F(p.s1.gradients, inside_out);
    check_refused(&p, finite_law, 4, 0.5, "det F");
    set_F(p.s1.gradients, crushed);
    check_refused(&p, finite_law, 4, 0.5, "has density");
    set_F(p.s1.gradients, some_F);
    check_refused(&p, finite_law, 2, 1, "secant");
    check_refused(&p, finite_law, -2, 1, "secant");
    check_refused(&p, finite_law, 104, 1, "speed of sound");
    static const double none[4][2] = {{NAN, DPK1_DF}, {3, DPK1_DF}, {PK1, NAN}, {PK1, 7}};
    for (int i = 0; i < 4; i++) { /* whose numbers could be more than the host has room for */
        CHECK(point_integrate(&p, finite_law, 4, none[i][0], none[i][1]) == -1, "a measure that is none: %d", i);
        CHECK(strstr(p.words, "the host wants stress measure"), "a measure that is none: %s", p.words);
        CHECK(p.K[3] == untouched && p.s1.forces[0] == untouched, "figures in a measure that is none");
    }
    p.s1.property = 7;
    check_refused(&p, finite_law, 4, 1, "no material number 7; there is: 1 copper, 2 soft, 3 slip");
    p.s1.property = SLIP;
    p.s0.internal[3] = 12345; /* averaged, say */
    check_refused(&p, finite_law, 4, 1, "token");
    p.s0.internal[3] = 0;
    p.s1.temperature = -3;
    check_refused(&p, finite_law, 4, 1, "temperature");
    p.s1.temperature = 0;
    p.s1.gradients[4] = NAN;
    check_refused(&p, finite_law, 4, 0.5, "det F");
    p.view.error_message = NULL;
    p.view.rdt = NULL;
    p.view.K[0] = 0;
    CHECK(finite_law(&p.view) == -1, "without room for words");

    double g[9] = {1, 1, 1}, K[81] = {4}, forces[9] = {0}, internal[INTERNAL] = {0}, one = SOFT, energy = 0, T = 0;
    const older_state s = {g, forces, &one, internal, &energy, &energy, &T};
    older_view old[2] = {{0.1, K, 1, s, s}, {0, K, 1, s, s}};
    for (int i = 0; i < 2; i++) {
        void *data = &old[i];
        CHECK(finite_law(data) == -1 && K[0] == 4 && K[1] == 0 && forces[0] == 0 && old[i].rdt == 1, "an older host");
    }
}

/* ---- threads ---- */

typedef struct asker {
    point p;
    double load;
    int wrong;
    double stress[9];
} asker;

static void *ask_alone(void *arg) {
    asker *a = arg;
    for (int i = 0; i < EACH; i++) {
        const double F[9] = {1 + a->load * i, 0, 0, 0, 1, 0, 0, 0, 1};
        set_F(a->p.s1.gradients, F);
        a->wrong += point_integrate(&a->p, finite_law, 4, PK1, DPK1_DF) != 1;
        if (i % 4 == 3) point_update(&a->p);
    }
    memcpy(a->stress, a->p.s1.forces, sizeof a->stress);
    return NULL;
}

static void threads_get_their_own(void) {
    asker many[THREADS], one;
    pthread_t thread[THREADS];
    for (int t = 0; t < THREADS; t++) {
        point_reset(&many[t].p, 1);
        many[t].p.s0.property = many[t].p.s1.property = SOFT;
        many[t].load = 1e-4 * (t + 1);
        many[t].wrong = 0;
        if (pthread_create(&thread[t], NULL, ask_alone, &many[t]) != 0) exit(1);
    }
    for (int t = 0; t < THREADS; t++) pthread_join(thread[t], NULL);
    for (int t = 0; t < THREADS; t++) {
        one = many[t];
        ask_alone(&one);
        CHECK(many[t].wrong == 0 && memcmp(one.stress, many[t].stress, sizeof one.stress) == 0, "thread %d", t);
    }
}

int main(int argc, char **argv) {
    void *library = argc > 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (!library) return printf("FAILED: %s\n", argc > 2 ? dlerror() : "LIBRARY TEST"), 1;
    const int alone = strcmp(argv[2], "alone") == 0;
    behaviour of_one[2] = {host_load(library, "FemdSmallStrain", 0, 0), host_load(library, "FemdFiniteStrain", 1, 0)};
    finite_law = host_load(library, "FemdFiniteStrainNumbered", 1, 1);
    small_law = host_load(library, "FemdSmallStrainNumbered", 0, 1);
    if (alone) { /* the material is FEMD_MATERIAL, or the file's only one; prints P11, its number and why not */
        point p;
        point_reset(&p, 1);
        set_F(p.s1.gradients, some_F);
        const int rc = point_integrate(&p, of_one[1], 4, PK1, DPK1_DF);
        printf("%d %.17g %.0f %s\n", rc, p.s1.forces[0], p.s1.internal[0], p.words);
        return 0;
    }
    if (strcmp(argv[2], "figures") == 0 && argc == 5) {
        finite_strain_is_eval(argv[3]);
        small_strain_is_eval(argv[4]);
        tangents_are_differences();
    } else if (strcmp(argv[2], "history") == 0 && argc == 7)
        history_is_eval_and_committed(argv + 3);
    else if (strcmp(argv[2], "begins") == 0 && argc == 8)
        history_is_interrupted(argv[3], argv + 4, 0);
    else if (strcmp(argv[2], "goes_on") == 0 && argc == 8)
        history_is_interrupted(argv[3], argv + 4, 1);
    else if (strcmp(argv[2], "failures") == 0)
        failures_have_words();
    else if (strcmp(argv[2], "threads") == 0)
        threads_get_their_own();
    else
        failures++;
    dlclose(library); /* leaves the server */
    return failures != 0;
}
