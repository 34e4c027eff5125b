/* umat_driver LIBRARY WHAT [FILE...]: a host of libfemd_umat that is no solver. It opens the library as CalculiX and
 * Abaqus do, calls both interfaces with the deformations of answers that `femd eval --F ... --json` wrote, and compares
 * what comes. Exit code 0: as it should be; 1: not, with words; what the library itself ends with otherwise. */
#include <cjson/cJSON.h>
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POINTS_OF_ELEMENT = 4, ELEMENTS = 6, STATES = 8, THREADS = 8 };

typedef void calculix_umat(const char *, const int *, const int *, const int *, const double *, const double *,
                           const double *, const double *, const double *, const double *, const double *,
                           const double *, const int *, const double *, const double *, const double *, const double *,
                           const int *, const int *, const int *, const int *, const double *, double *, double *,
                           double *, const int *, const double *, const double *, double *, const int *, int);
typedef void abaqus_umat(double *, double *, double *, double *, double *, double *, double *, double *, double *,
                         double *, const double *, const double *, const double *, const double *, const double *,
                         const double *, const double *, const double *, const char *, const int *, const int *,
                         const int *, const int *, const double *, const int *, const double *, const double *,
                         double *, const double *, const double *, const double *, const int *, const int *,
                         const int *, const int *, const int *, const int *, int);

static calculix_umat *standard;
static abaqus_umat *abaqus;
static const int to_voigt[6] = {0, 1, 2, 5, 4, 3};

/* What femd eval said: Voigt's order, rows. */
typedef struct answer {
    double F[9], E[6], S[6], D[36], cauchy[6];
} answer;

/* What the host is at; what the next call has that is wrong. */
static struct {
    double begin, length, total; /* total: at the beginning of the step */
    int step, increment, icmd, iorien, constants, states, ndi, deformed;
    double unit, beta, temperature, expansion;
    const char *name;
} host = {.length = 0.25,
          .step = 1,
          .increment = 1,
          .constants = 1,
          .states = STATES,
          .ndi = 3,
          .unit = 1e6,
          .name = "@FEMD_UMAT@COPPER"};

static double xstateini[ELEMENTS * POINTS_OF_ELEMENT][STATES], xstate[ELEMENTS * POINTS_OF_ELEMENT][STATES];

/* Abaqus' XIT is there, and returns unless told to end. */
void xit_(void);
void xit_(void) {
    if (getenv("UMAT_DRIVER_XIT")) exit(77);
}

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("line %d: ", __LINE__);                                                                             \
            printf(__VA_ARGS__);                                                                                       \
            printf("\n");                                                                                              \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static int numbers(const cJSON *node, double *out, int n) {
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, node) {
        if (cJSON_IsArray(item))
            i += numbers(item, out + i, n - i);
        else if (i < n)
            out[i++] = item->valuedouble;
    }
    return i;
}

static answer read_eval(const char *path) {
    static char text[1 << 20];
    answer a;
    FILE *f = fopen(path, "rb");
    CHECK(f, "cannot read %s", path);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    cJSON *eval = cJSON_Parse(text);
    CHECK(numbers(cJSON_GetObjectItem(eval, "F"), a.F, 9) == 9 &&
              numbers(cJSON_GetObjectItem(eval, "strain"), a.E, 6) == 6 &&
              numbers(cJSON_GetObjectItem(eval, "stress"), a.S, 6) == 6 &&
              numbers(cJSON_GetObjectItem(eval, "cauchy"), a.cauchy, 6) == 6 &&
              numbers(cJSON_GetObjectItem(eval, "tangent"), a.D, 36) == 36,
          "%s is no answer of femd eval --F", path);
    cJSON_Delete(eval);
    return a;
}

static void columns(const double rows[9], double out[9]) {
    for (int k = 0; k < 9; k++) out[k] = rows[k % 3 * 3 + k / 3];
}

/* Largest difference, over the largest of what is wanted. */
static double off(const double *got, const double *wanted, int n) {
    double largest = 0, e = 0;
    for (int i = 0; i < n; i++) {
        if (isnan(got[i])) return INFINITY;
        largest = fmax(largest, fabs(wanted[i]));
        e = fmax(e, fabs(got[i] - wanted[i]));
    }
    return largest > 0 ? e / largest : INFINITY;
}

/* CalculiX' call: S and D in Pa and Voigt's order; the state goes to xstate. Returns *pnewdt. */
static double call_standard(int element, int point, const answer *a, double S[6], double D[36]) {
    const int kode = -100 - host.constants, mi[3] = {POINTS_OF_ELEMENT, 3, 1}, ipkon[1] = {0}, ielas = 0;
    const double none[9] = {0}, one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, J = 1, props[2] = {host.unit, 0}, orab[7] = {0};
    double E1[6], F1[9], stress[6], stiff[21], pnewdt = -1, beta[6] = {host.beta};
    const int ithermal = host.temperature != 0;
    const double end = host.begin + host.length - host.total, E0[6] = {host.deformed * 1e-3};
    char name[81];
    snprintf(name, sizeof name, "%-80s", host.name);
    for (int c = 0; c < 6; c++) E1[to_voigt[c]] = to_voigt[c] < 3 ? a->E[c] : a->E[c] / 2;
    E1[0] -= host.expansion;
    columns(a->F, F1);
    for (int c = 0; c < 6; c++) stress[c] = S[to_voigt[c]] / host.unit;
    for (int c = 0; c < 21; c++) stiff[c] = -7;
    standard(name, &element, &point, &kode, props, E1, E0, beta, one, &J, F1, &J, &ithermal, &host.temperature,
             &host.length, &end, &host.total, &host.icmd, &ielas, mi, &host.states, xstateini[0], xstate[0], stress,
             stiff, &host.iorien, none, orab, &pnewdt, ipkon, 80);
    for (int c = 0; c < 6; c++) S[to_voigt[c]] = stress[c] * host.unit;
    for (int column = 0, k = 0; column < 6; column++)
        for (int row = 0; row <= column; row++, k++)
            D[6 * to_voigt[row] + to_voigt[column]] = D[6 * to_voigt[column] + to_voigt[row]] = stiff[k] * host.unit;
    return pnewdt;
}

/* Abaqus' call, with strains as they are given, in Voigt's order. */
static double call_abaqus(const char *name, int nlgeom, const double strain[6], const double F[9], double *state,
                          double stress[6], double tangent[36]) {
    const double none[9] = {0}, one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, time[2] = {host.begin, host.begin};
    const int element = 3, point = 2, shear = 3, all = host.ndi + 3, layer = 1, jstep[4] = {host.step, 1, nlgeom, 0};
    double stran[6], dstran[6], s[6], d[36], scalar = 0, six[6] = {0}, pnewdt = 1e36, F1[9];
    char cmname[81];
    snprintf(cmname, sizeof cmname, "%-80s", name);
    for (int c = 0; c < 6; c++)
        stran[to_voigt[c]] = host.deformed * strain[c] / 4, dstran[to_voigt[c]] = strain[c] - stran[to_voigt[c]];
    for (int c = 0; c < 6; c++) s[c] = stress[to_voigt[c]] / host.unit;
    columns(F, F1);
    abaqus(s, state, d, &scalar, &scalar, &scalar, &scalar, six, six, &scalar, stran, dstran, time, &host.length,
           &host.temperature, none, none, none, cmname, &host.ndi, &shear, &all, &host.states, &host.unit,
           &host.constants, none, one, &pnewdt, none, one, F1, &element, &point, &layer, &layer, jstep, &host.increment,
           80);
    for (int i = 0; i < 6; i++) {
        stress[to_voigt[i]] = s[i] * host.unit;
        for (int j = 0; j < 6; j++) tangent[6 * to_voigt[i] + to_voigt[j]] = d[i + 6 * j] * host.unit;
    }
    return pnewdt;
}

static void next_increment(void) {
    host.begin += host.length;
    host.increment++;
    memcpy(xstateini, xstate, sizeof xstate);
}

/* ---- figures ---- */

/* Cauchy stress of F by the same interface; Q turns F afterwards. */
static void cauchy_of(const answer *a, const double F[9], double cauchy[6]) {
    double state[STATES] = {0}, tangent[36];
    memset(cauchy, 0, 6 * sizeof *cauchy);
    CHECK(call_abaqus("COPPER", 1, a->E, F, state, cauchy, tangent) > 1, "a cut");
}

/* Abaqus' tangent by differences: of F + h/2 (e_k e_l + e_l e_k) F, the Cauchy stress times J, over J. */
static void jaumann_by_differences(const answer *a, double C[36]) {
    static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    const double h = 1e-5;
    for (int c = 0; c < 6; c++) {
        double cauchy[2][6], J[2];
        for (int side = 0; side < 2; side++) {
            const double step = side ? -h : h;
            double F[9];
            memcpy(F, a->F, sizeof F);
            for (int j = 0; j < 3; j++) {
                F[3 * row[c] + j] += step / 2 * a->F[3 * column[c] + j];
                F[3 * column[c] + j] += step / 2 * a->F[3 * row[c] + j];
            }
            J[side] = F[0] * (F[4] * F[8] - F[5] * F[7]) - F[1] * (F[3] * F[8] - F[5] * F[6]) +
                      F[2] * (F[3] * F[7] - F[4] * F[6]);
            cauchy_of(a, F, cauchy[side]);
        }
        for (int i = 0; i < 6; i++) /* no rotation in it, so that the Jaumann rate is the plain one */
            C[6 * i + c] = (J[0] * cauchy[0][i] - J[1] * cauchy[1][i]) / (2 * h) / ((J[0] + J[1]) / 2);
    }
}

/* ln C = 2 ln U by its series, F near I, and U as its exponential. */
static void stretch_and_log(const double F[9], double U[9], double log_U[6]) {
    double C[9], X[9], power[9], next[9], L[9] = {0};
    for (int k = 0; k < 9; k++) {
        C[k] = 0;
        for (int l = 0; l < 3; l++) C[k] += F[3 * l + k / 3] * F[3 * l + k % 3];
        X[k] = C[k] - (k % 4 == 0);
    }
    memcpy(power, X, sizeof power);
    for (int n = 1; n < 60; n++) {
        for (int k = 0; k < 9; k++) L[k] += (n % 2 ? 0.5 : -0.5) * power[k] / n;
        for (int k = 0; k < 9; k++) {
            next[k] = 0;
            for (int l = 0; l < 3; l++) next[k] += power[k / 3 * 3 + l] * X[3 * l + k % 3];
        }
        memcpy(power, next, sizeof power);
    }
    memset(U, 0, 9 * sizeof *U);
    for (int k = 0; k < 9; k++) power[k] = k % 4 == 0;
    for (int n = 1; n < 30; n++) {
        for (int k = 0; k < 9; k++) U[k] += power[k];
        for (int k = 0; k < 9; k++) {
            next[k] = 0;
            for (int l = 0; l < 3; l++) next[k] += power[k / 3 * 3 + l] * L[3 * l + k % 3] / n;
        }
        memcpy(power, next, sizeof power);
    }
    const double voigt[6] = {L[0], L[4], L[8], 2 * L[5], 2 * L[2], 2 * L[1]};
    memcpy(log_U, voigt, sizeof voigt);
}

/* R^T sigma R = U S U / det U, full. */
static void corotated(const double U[9], const double S[6], double out[6]) {
    const double full[9] = {S[0], S[5], S[4], S[5], S[1], S[3], S[4], S[3], S[2]};
    static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    const double J =
        U[0] * (U[4] * U[8] - U[5] * U[7]) - U[1] * (U[3] * U[8] - U[5] * U[6]) + U[2] * (U[3] * U[7] - U[4] * U[6]);
    for (int c = 0; c < 6; c++) {
        out[c] = 0;
        for (int k = 0; k < 3; k++)
            for (int l = 0; l < 3; l++) out[c] += U[3 * row[c] + k] * full[3 * k + l] * U[3 * l + column[c]] / J;
    }
}

static int figures(const char *path) {
    const answer a = read_eval(path);
    double S[6] = {0}, D[36], state[STATES] = {0}, state_nl[STATES] = {0}, state_f[STATES] = {0}, U[9], log_U[6],
           wanted[6], C[36];
    CHECK(call_standard(1, 1, &a, S, D) < 0, "a cut");
    CHECK(off(S, a.S, 6) < 1e-14, "UMAT: S is off by %g", off(S, a.S, 6));
    CHECK(off(D, a.D, 36) < 1e-14, "UMAT: dS/dE is off by %g", off(D, a.D, 36));
    host.icmd = 3;
    double again[6] = {0}, none[36];
    CHECK(call_standard(1, 1, &a, again, none) < 0 && off(again, a.S, 6) < 1e-14, "UMAT: stress alone is another one");
    CHECK(none[0] == -7 * host.unit, "UMAT: a tangent that nobody asked for");
    CHECK(call_standard(1, 2, &a, again, none) < 0, "a cut"); /* stress first, then the tangent too */
    host.icmd = 0;
    CHECK(call_standard(1, 2, &a, again, none) < 0 && off(none, a.D, 36) < 1e-14, "UMAT: dS/dE after S is another one");
    answer linear = a; /* without NLGEOM the strain is the linear part of F */
    for (int k = 0; k < 9; k++) {
        static const int voigt[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
        linear.F[k] = k % 4 == 0 ? 1 + a.E[voigt[k]] : a.E[voigt[k]] / 2;
    }
    CHECK(call_standard(1, 3, &linear, again, none) < 0 && off(again, a.S, 6) < 1e-14,
          "UMAT: another S without NLGEOM");

    CHECK(call_abaqus("@ABAQUS_FEMD@COPPER", 1, a.E, a.F, state, S, D) > 1, "a cut");
    CHECK(off(S, a.S, 6) < 1e-14 && off(D, a.D, 36) < 1e-14, "@ABAQUS_: off by %g and %g", off(S, a.S, 6),
          off(D, a.D, 36));
    CHECK(memcmp(state, xstate[0], 6 * sizeof *state) == 0, "@ABAQUS_: another state");
    stretch_and_log(a.F, U, log_U);
    corotated(U, a.S, wanted);
    CHECK(call_abaqus("@ABAQUSNL_FEMD@COPPER", 1, log_U, a.F, state_nl, S, D) > 1, "a cut");
    CHECK(off(S, wanted, 6) < 1e-12, "@ABAQUSNL_: the stress is off by %g", off(S, wanted, 6));
    if (U[1] == 0 && U[2] == 0 && U[5] == 0) { /* the first column of U U (D U U), where that is quickly said */
        double column[6], of_D[6];
        for (int c = 0; c < 6; c++) column[c] = D[6 * c], of_D[c] = a.D[6 * c] * U[0] * U[0] * (U[0] * U[4] * U[8]);
        corotated(U, of_D, wanted);
        CHECK(off(column, wanted, 6) < 1e-12, "@ABAQUSNL_: the tangent is off by %g", off(column, wanted, 6));
    }

    CHECK(call_abaqus("Copper", 1, a.E, a.F, state_f, S, D) > 1, "a cut");
    CHECK(off(S, a.cauchy, 6) < 1e-14, "Abaqus: the Cauchy stress is off by %g", off(S, a.cauchy, 6));
    jaumann_by_differences(&a, C);
    CHECK(off(D, C, 36) < 1e-6, "Abaqus: DDSDDE is off by %g", off(D, C, 36));
    double small[6] = {1e-9, 0, 0, 0, 0, 2e-9}, state_s[STATES] = {0};
    CHECK(call_abaqus("copper", 0, small, a.F, state_s, S, D) > 1, "a cut");
    for (int i = 0; i < 6; i++) wanted[i] = D[6 * i] * 1e-9 + D[6 * i + 5] * 2e-9;
    double at_rest[6] = {0}, zero[6] = {0}, state_0[STATES] = {0};
    CHECK(call_abaqus("copper", 0, zero, a.F, state_0, at_rest, D) > 1, "a cut");
    for (int i = 0; i < 6; i++) S[i] -= at_rest[i];
    CHECK(off(S, wanted, 6) < 1e-3, "Abaqus without NLGEOM: off by %g", off(S, wanted, 6));
    return 0;
}

/* ---- states ---- */

static int history(const char *path_1, const char *path_2) {
    const answer first = read_eval(path_1), second = read_eval(path_2);
    double S[6] = {0}, D[36];
    for (int element = 1; element <= 2; element++)
        CHECK(call_standard(element, 4, &first, S, D) < 0 && off(S, first.S, 6) < 1e-14, "increment 1");
    CHECK(xstate[3][0] != 0 && xstate[3][7] == 0, "no token");
    next_increment();
    double token[6];
    memcpy(token, xstateini[3], sizeof token);
    for (int sweep = 0; sweep < 3; sweep++) { /* another load between, as iterations have; the second sweep commits */
        for (int element = 1; element <= 2; element++) {
            const answer *a = sweep == 1 ? &first : &second;
            CHECK(call_standard(element, 4, a, S, D) < 0, "increment 2");
            CHECK(sweep == 1 || (off(S, second.S, 6) < 1e-14 && off(D, second.D, 36) < 1e-14),
                  "increment 2 does not begin with the state of 1: off by %g", off(S, second.S, 6));
        }
        CHECK(memcmp(token, xstateini[3], sizeof token) == 0 && memcmp(token, xstate[3], sizeof token) != 0,
              "the token");
    }
    host.length /= 2; /* cut by the host: the same again, with the same states */
    CHECK(call_standard(1, 4, &second, S, D) < 0 && off(S, second.S, 6) < 1e-14, "after a cut");
    next_increment(); /* the same strain from another state is another question */
    CHECK(call_standard(1, 4, &second, S, D) < 0, "a cut");
    return 0;
}

/* ---- cuts ---- */

static int cut(const char *path) {
    const answer good = read_eval(path);
    answer bad = good;
    double S[6] = {0}, D[36], last[36];
    CHECK(call_standard(1, 1, &good, S, D) < 0 && call_standard(1, 2, &good, S, D) < 0, "a cut");
    memcpy(last, D, sizeof last);
    next_increment();
    memset(bad.E, 0, sizeof bad.E);
    bad.E[0] = bad.E[1] = bad.E[2] = -0.7; /* of no F */
    for (int k = 0; k < 9; k++) bad.F[k] = NAN;
    double before[6];
    memcpy(before, S, sizeof before);
    for (int repeat = 0; repeat < 2; repeat++) {
        bad.E[1] = NAN;
        CHECK(call_standard(1, 1, &bad, S, D) == 0.5, "no cut");
        CHECK(off(S, before, 6) == 0 && off(D, last, 36) == 0, "what a cut leaves is not that of the beginning");
        CHECK(memcmp(xstate[0], xstateini[0], sizeof xstate[0]) == 0, "a cut changes the state");
        CHECK(call_standard(1, 2, &good, S, D) == 0.5, "the attempt is not given up by the others");
    }
    host.length /= 2;
    CHECK(call_standard(1, 1, &good, S, D) < 0 && off(S, good.S, 6) < 1e-9, "the next attempt");
    double state[STATES] = {0};
    const double log_U[6] = {NAN, 0, 0, 0, 0, 0};
    host.begin = 2;
    CHECK(call_abaqus("@ABAQUSNL_FEMD@COPPER", 1, log_U, good.F, state, S, D) == 0.5, "@ABAQUSNL_: no cut");
    return 0;
}

/* ---- threads ---- */

static answer shared[2];
static int wrong;
static pthread_mutex_t wrong_lock = PTHREAD_MUTEX_INITIALIZER;

static void *sweep_thread(void *arg) {
    const int first = *(int *)arg;
    for (int at = first; at < ELEMENTS * POINTS_OF_ELEMENT; at += THREADS) {
        const answer *a = &shared[at % 2];
        double S[6] = {0}, D[36];
        const int fine = call_standard(at / POINTS_OF_ELEMENT + 1, at % POINTS_OF_ELEMENT + 1, a, S, D) < 0 &&
                         off(S, a->S, 6) < 1e-9;
        pthread_mutex_lock(&wrong_lock);
        wrong += !fine;
        pthread_mutex_unlock(&wrong_lock);
    }
    return NULL;
}

/* Threads live for one sweep. */
static int threads(const char *path_1, const char *path_2) {
    const answer both[2] = {read_eval(path_1), read_eval(path_2)};
    memcpy(shared, both, sizeof shared);
    for (int increment = 0; increment < 3; increment++) {
        for (int sweep = 0; sweep < 3; sweep++) {
            pthread_t thread[THREADS];
            int first[THREADS];
            for (int t = 0; t < THREADS; t++) first[t] = t, pthread_create(&thread[t], NULL, sweep_thread, &first[t]);
            for (int t = 0; t < THREADS; t++) pthread_join(thread[t], NULL);
        }
        next_increment();
    }
    CHECK(wrong == 0, "%d answers of threads are wrong", wrong);
    return 0;
}

/* ---- restart ---- */

/* Two steps of one increment; the tokens are those of the first. */
static int save(const char *path, const char *other, const char *tokens) {
    const answer a = read_eval(path), b = read_eval(other);
    double S[6] = {0}, D[36];
    CHECK(call_standard(2, 3, &a, S, D) < 0, "a cut");
    FILE *f = fopen(tokens, "wb");
    CHECK(f && fwrite(xstate, sizeof xstate, 1, f) == 1 && fclose(f) == 0, "cannot write %s", tokens);
    next_increment();
    host.total = host.begin;
    host.deformed = 1;
    CHECK(call_standard(2, 3, &b, S, D) < 0, "a cut");
    return 0;
}

/* The second step again. tokens: "" for a host that has lost its state variables. */
static int restart(const char *path, const char *tokens, double begin) {
    const answer a = read_eval(path);
    double S[6] = {0}, D[36];
    FILE *f = *tokens ? fopen(tokens, "rb") : NULL;
    if (*tokens) CHECK(f && fread(xstateini, sizeof xstateini, 1, f) == 1 && fclose(f) == 0, "cannot read %s", tokens);
    host.begin = host.total = begin;
    host.deformed = 1;
    CHECK(call_standard(2, 3, &a, S, D) < 0 && off(S, a.S, 6) < 1e-14, "the restarted analysis is off by %g",
          off(S, a.S, 6));
    return 0;
}

/* ---- a child ---- */

/* Ends by itself, without a word of its own, whatever the parent's threads hold, and leaves the connection to them. */
static int forked(const char *path) {
    pthread_t thread[THREADS];
    int first[THREADS];
    const answer a = read_eval(path);
    shared[0] = shared[1] = a;
    double S[6] = {0}, D[36];
    CHECK(call_standard(1, 1, &a, S, D) < 0, "a cut");
    for (int t = 0; t < THREADS; t++) first[t] = t, pthread_create(&thread[t], NULL, sweep_thread, &first[t]);
    for (int k = 0; k < 20; k++) {
        int status = -1;
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            alarm(20);
            exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child && status == 0, "child %d ended with %d", k, status);
    }
    for (int t = 0; t < THREADS; t++) pthread_join(thread[t], NULL);
    CHECK(wrong == 0, "%d answers beside forks are wrong", wrong);
    return 0;
}

/* ---- what is refused ---- */

static int refuse(const char *what, const char *path) {
    const answer a = read_eval(path);
    double S[6] = {0}, D[36];
    if (strcmp(what, "constants") == 0) host.constants = 2;
    if (strcmp(what, "unit") == 0) host.unit = -1;
    if (strcmp(what, "depvar") == 0) host.states = 5;
    if (strcmp(what, "orientation") == 0) host.iorien = 1;
    if (strcmp(what, "initial_stress") == 0) host.beta = 1;
    if (strcmp(what, "expansion") == 0) host.expansion = 1e-4;
    if (strcmp(what, "temperature") == 0) host.temperature = -1;
    if (strncmp(what, "no_number", 9) == 0) host.temperature = NAN; /* of which the case's is not the meaning */
    if (strcmp(what, "no_number_abaqus") == 0) call_abaqus("COPPER", 1, a.E, a.F, xstateini[0], S, D);
    if (strcmp(what, "name") == 0) host.name = "@FEMD_UMAT@IRON";
    if (strcmp(what, "token") == 0) xstateini[0][2] = 1.5;
    if (strcmp(what, "plane") == 0) {
        host.ndi = 2;
        call_abaqus("COPPER", 1, a.E, a.F, xstateini[0], S, D);
    }
    call_standard(1, 1, &a, S, D);
    printf("%s was not refused\n", what);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 4) return fprintf(stderr, "usage: umat_driver LIBRARY WHAT FILE...\n"), 2;
    void *library = dlopen(argv[1], RTLD_NOW);
    CHECK(library, "%s", dlerror());
    *(void **)&standard = dlsym(library, "UMAT");
    *(void **)&abaqus = dlsym(library, "umat_");
    CHECK(standard && abaqus, "the library has not both interfaces");
    const char *what = argv[2], *file = argv[3], *other = argc > 4 ? argv[4] : "";
    if (strcmp(what, "figures") == 0) return figures(file);
    if (strcmp(what, "history") == 0) return history(file, other);
    if (strcmp(what, "cut") == 0) return cut(file);
    if (strcmp(what, "threads") == 0) return threads(file, other);
    if (strcmp(what, "forked") == 0) return forked(file);
    if (strcmp(what, "save") == 0) return save(file, other, argc > 5 ? argv[5] : "");
    if (strcmp(what, "restart") == 0) return restart(file, other, 0.25);
    if (strcmp(what, "elsewhere") == 0) return restart(file, other, 0.125);
    return refuse(what, file);
}
