/* The two forms in which femd eval prints an answer: a table for people, one JSON object for programs. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "eval.h"
#include "femd/kinematics.h"

static const char *const voigt[6] = {"11", "22", "33", "23", "13", "12"};

/* ---- table ---- */

/* Round-off is shown as 0: below 1e-10 of the unit, where a unit was chosen (GPa: 0.1 Pa), and below 1e-15 in strains
 * and the like. Single values are shown as they are. */
static void row(const char *name, const double *v, int n, double scale, const char *unit) {
    const double noise = scale > 1 ? 1e-10 : n > 1 ? 1e-15 : 0;
    printf("  %-18s", name);
    for (int i = 0; i < n; i++) printf(" %12.6g", fabs(v[i] / scale) < noise ? 0.0 : v[i] / scale);
    printf("  %s\n", unit);
}

static void heading(void) {
    printf("  %-18s", "");
    for (int i = 0; i < 6; i++) printf(" %12s", voigt[i]);
    printf("\n");
}

static void print_material(const eval_answer *a) {
    char id[65];
    femd_hash_text(&a->material, id);
    printf("  %-18s %s, id %.16s\n", "engine", a->engine, id);
    if (a->caps.atoms) printf("  %-18s %u atoms, V0 = %.6g nm^3\n", "RVE", a->caps.atoms, a->caps.volume * 1e27);
    const char *notes = a->notes, *line;
    int length;
    for (int k = 0; (line = model_next_note(&notes, &length)); k++)
        printf("  %-18s %.*s\n", k ? "" : "potential", length, line);
    if (a->a0 > 0) printf("  %-18s a0 = %.7g angstrom\n", "reference", a->a0 * 1e10);
}

static void print_scalars(const femd_response *r) {
    static const struct {
        uint32_t want;
        const char *name, *unit;
        size_t at;
        double scale;
    } rows[] = {{FEMD_WANT_ENERGY, "energy", "MJ/m^3", offsetof(femd_response, energy), 1e6},
                {FEMD_WANT_HELMHOLTZ, "Helmholtz energy", "MJ/m^3", offsetof(femd_response, helmholtz), 1e6},
                {FEMD_WANT_HEAT_CAPACITY, "heat capacity", "MJ/(m^3 K)", offsetof(femd_response, heat_capacity), 1e6},
                {FEMD_WANT_STABILITY, "stability", "N/m (lowest eigenvalue of the internal Hessian)",
                 offsetof(femd_response, stability), 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (r->provided & rows[i].want)
            row(rows[i].name, (const double *)(const void *)((const char *)r + rows[i].at), 1, rows[i].scale,
                rows[i].unit);
}

/* Named for what it counts: atoms know no electrons. */
static void print_conductivity(const eval_answer *a) {
    const femd_response *r = &a->response;
    const int lattice = (a->caps.carriers & FEMD_CARRIER_LATTICE) != 0;
    row(lattice ? "k of the lattice" : "conductivity k", r->k, 6, 1, "W/(m K)");
    if (r->sampled) row("  its error", r->k_err, 6, 1, "W/(m K)");
    if (r->checked) {
        row("  other estimate", r->k_check, 6, 1, "W/(m K)");
        row("  its error", r->k_check_err, 6, 1, "W/(m K)");
    }
    if (a->caps.carriers & FEMD_CARRIER_ELECTRONS)
        row("k of electrons", r->k_electronic, 6, 1, "W/(m K), as declared; not in the row above");
}

static void print_tensors(const eval_answer *a) {
    const femd_response *r = &a->response;
    double sigma[6];
    heading();
    row("strain E", r->E, 6, 1, "");
    if (r->provided & FEMD_WANT_STRESS) row("stress S", r->S, 6, 1e9, "GPa");
    if (a->has_F && r->provided & FEMD_WANT_STRESS) {
        femd_cauchy(a->F, r->S, sigma);
        row("Cauchy stress", sigma, 6, 1e9, "GPa");
    }
    for (int i = 0; i < 6 && r->provided & FEMD_WANT_TANGENT; i++) {
        char name[24];
        snprintf(name, sizeof name, "tangent D %s", voigt[i]);
        row(name, r->D + 6 * i, 6, 1e9, "GPa");
    }
    if (r->provided & FEMD_WANT_TANGENT) {
        printf("  %-18s", "distance of D from");
        for (int c = FEMD_ORTHORHOMBIC; c < FEMD_SYMMETRIES; c++)
            printf("%s %s %.2g", c > FEMD_ORTHORHOMBIC ? "," : "", femd_symmetry_name((femd_symmetry)c),
                   a->distance[c]);
        printf("\n");
    }
    if (r->provided & FEMD_WANT_THERMAL_STRESS) row("dS/dT", r->dSdT, 6, 1e6, "MPa/K");
    if (r->provided & FEMD_WANT_CONDUCTIVITY) print_conductivity(a);
    if (femd_voigt_any(r->S_err)) row("error of S", r->S_err, 6, 1e9, "GPa");
}

void eval_print_table(const eval_answer *a) {
    const femd_response *r = &a->response;
    printf("  %-18s %s%s%s\n", "status", femd_status_name(r->status), *a->err.text ? ": " : "", a->err.text);
    print_material(a);
    if (r->status != FEMD_OK) return;
    print_tensors(a);
    row("J = det F", &r->J, 1, 1, "");
    if (a->request.control == FEMD_CONTROL_PRESSURE) {
        const double compressibility = -r->dJdp / r->J;
        row("compressibility", &compressibility, 1, 1e-9, "1/GPa (isothermal, -dJ/dp / J)");
    }
    print_scalars(r);
    row("Hill-Mandel", &r->hill_mandel, 1, 1, "(residual of equilibrium)");
    if (r->hill_mandel_err > 0) row("  its error", &r->hill_mandel_err, 1, 1, "");
    for (uint32_t bit = 1; bit & FEMD_NOTE_ALL; bit <<= 1)
        if (r->notes & bit) printf("  %-18s %s: %s\n", "note", femd_note_key(bit), femd_note_words(bit));
    printf("  %-18s %.3g s, %llu force evaluations\n", "cost", r->work.wall,
           (unsigned long long)r->work.force_evaluations);
}

/* ---- JSON ---- */

/* Writes members; the first one has no comma. */
typedef struct writer {
    int members;
} writer;

static void key(writer *w, const char *name) {
    printf("%s\"%s\": ", w->members++ ? ", " : "", name);
}

static void quoted(const char *value, int length) {
    putchar('"');
    for (const unsigned char *p = (const unsigned char *)value; *p && length > 0; p++, length--) {
        if (*p == '"' || *p == '\\')
            printf("\\%c", *p);
        else if (*p < 0x20)
            printf("\\u%04x", *p);
        else
            putchar(*p);
    }
    putchar('"');
}

static void text(writer *w, const char *name, const char *value) {
    key(w, name);
    quoted(value, INT_MAX);
}

static void json_potential(writer *w, const char *notes) {
    const char *line;
    int length;
    key(w, "potential_notes");
    printf("[");
    for (int k = 0; (line = model_next_note(&notes, &length)); k++) {
        printf("%s", k ? ", " : "");
        quoted(line, length);
    }
    printf("]");
}

static void number(writer *w, const char *name, double v) {
    key(w, name);
    printf("%.17g", v);
}

static void list(const double *v, int n) {
    for (int i = 0; i < n; i++) printf("%s%.17g", i ? ", " : "[", v[i]);
    printf("]");
}

static void vector(writer *w, const char *name, const double *v, int n) {
    key(w, name);
    list(v, n);
}

static void matrix(writer *w, const char *name, const double *v, int n) {
    key(w, name);
    for (int i = 0; i < n; i++) {
        printf("%s", i ? ", " : "[");
        list(v + n * i, n);
    }
    printf("]");
}

static void hash(writer *w, const char *name, const femd_hash *h) {
    char hex[65];
    femd_hash_text(h, hex);
    text(w, name, hex);
}

/* What k counts, beside k. */
static void json_conductivity(writer *w, const eval_answer *a) {
    const femd_response *r = &a->response;
    vector(w, "conductivity", r->k, 6);
    text(w, "conductivity_of", a->caps.carriers & FEMD_CARRIER_LATTICE ? "lattice" : "all carriers");
    if (r->checked) vector(w, "conductivity_check", r->k_check, 6);
    if (a->caps.carriers & FEMD_CARRIER_ELECTRONS) vector(w, "conductivity_electronic", r->k_electronic, 6);
}

static void json_answers(writer *w, const eval_answer *a) {
    const femd_response *r = &a->response;
    if (r->provided & FEMD_WANT_STRESS) vector(w, "stress", r->S, 6);
    if (r->provided & FEMD_WANT_TANGENT) matrix(w, "tangent", r->D, 6);
    if (r->provided & FEMD_WANT_THERMAL_STRESS) vector(w, "thermal_stress", r->dSdT, 6);
    if (r->provided & FEMD_WANT_CONDUCTIVITY) json_conductivity(w, a);
    if (r->provided & FEMD_WANT_ENERGY) number(w, "energy_density", r->energy);
    if (r->provided & FEMD_WANT_HELMHOLTZ) number(w, "helmholtz_density", r->helmholtz);
    if (r->provided & FEMD_WANT_HEAT_CAPACITY) number(w, "heat_capacity", r->heat_capacity);
    if (r->provided & FEMD_WANT_STABILITY) number(w, "stability", r->stability);
    number(w, "hill_mandel", r->hill_mandel);
}

/* How far the tangent is from each class of symmetry, relative to its norm. */
static void json_distances(writer *outer, const eval_answer *a) {
    writer w = {0};
    if (!(a->response.provided & FEMD_WANT_TANGENT)) return;
    key(outer, "tangent_distance");
    printf("{");
    for (int c = FEMD_ORTHORHOMBIC; c < FEMD_SYMMETRIES; c++)
        number(&w, femd_symmetry_name((femd_symmetry)c), a->distance[c]);
    printf("}");
}

static void json_errors(writer *outer, const femd_response *r) {
    writer w = {0};
    key(outer, "errors");
    printf("{");
    if (r->provided & FEMD_WANT_STRESS) vector(&w, "stress", r->S_err, 6);
    if (r->provided & FEMD_WANT_TANGENT) matrix(&w, "tangent", r->D_err, 6);
    if (r->provided & FEMD_WANT_THERMAL_STRESS) vector(&w, "thermal_stress", r->dSdT_err, 6);
    if (r->provided & FEMD_WANT_CONDUCTIVITY) vector(&w, "conductivity", r->k_err, 6);
    if (r->checked) vector(&w, "conductivity_check", r->k_check_err, 6);
    if (r->provided & FEMD_WANT_ENERGY) number(&w, "energy_density", r->energy_err);
    if (r->provided & FEMD_WANT_HELMHOLTZ) number(&w, "helmholtz_density", r->helmholtz_err);
    if (r->provided & FEMD_WANT_HEAT_CAPACITY) number(&w, "heat_capacity", r->heat_capacity_err);
    number(&w, "hill_mandel", r->hill_mandel_err);
    printf("}");
}

/* What follows from S and D where a deformation gradient was given. */
static void json_from_F(writer *w, const eval_answer *a) {
    const femd_response *r = &a->response;
    double P[9], A[81], sigma[6], spatial[6], referential[6];
    matrix(w, "F", a->F, 3);
    if (r->provided & FEMD_WANT_STRESS) {
        const int both = (r->provided & FEMD_WANT_TANGENT) != 0;
        femd_first_piola(a->F, r->S, r->D, P, both ? A : NULL);
        femd_cauchy(a->F, r->S, sigma);
        matrix(w, "first_piola", P, 3);
        vector(w, "cauchy", sigma, 6);
        if (both) matrix(w, "A", A, 9);
    }
    if (r->provided & FEMD_WANT_CONDUCTIVITY && femd_conductivity(a->F, r->k, spatial, referential, NULL) == FEMD_OK) {
        vector(w, "conductivity_spatial", spatial, 6);
        vector(w, "conductivity_referential", referential, 6);
    }
}

static void json_notes(writer *outer, uint32_t notes) {
    const char *comma = "";
    key(outer, "notes");
    printf("[");
    for (uint32_t bit = 1; bit & FEMD_NOTE_ALL; bit <<= 1)
        if (notes & bit) printf("%s\"%s\"", comma, femd_note_key(bit)), comma = ", ";
    printf("]");
}

static void json_work(writer *outer, const femd_work *k) {
    writer w = {0};
    key(outer, "work");
    printf("{");
    number(&w, "wall_s", k->wall);
    number(&w, "force_evaluations", (double)k->force_evaluations);
    printf("}");
}

void eval_print_json(const eval_answer *a) {
    const femd_response *r = &a->response;
    writer w = {0};
    printf("{");
    text(&w, "status", femd_status_name(r->status));
    if (*a->err.text) text(&w, "message", a->err.text);
    text(&w, "engine", a->engine);
    hash(&w, "material", &a->material);
    json_potential(&w, a->notes);
    number(&w, "atoms", a->caps.atoms);
    number(&w, "volume", a->caps.volume);
    if (a->a0 > 0) number(&w, "a0", a->a0);
    number(&w, "temperature", a->request.temperature);
    if (a->request.control == FEMD_CONTROL_PRESSURE) number(&w, "pressure", a->request.pressure);
    hash(&w, "state_in", &a->request.state_in);
    if (r->status == FEMD_OK) {
        hash(&w, "state_out", &r->state_out);
        vector(&w, "strain", r->E, 6);
        number(&w, "J", r->J);
        json_answers(&w, a);
        json_distances(&w, a);
        if (a->request.control == FEMD_CONTROL_PRESSURE) {
            number(&w, "dJ_dp", r->dJdp);
            vector(&w, "dJ_dC", r->dJdC, 6);
            vector(&w, "dS_dp", r->dSdp, 6);
        }
        json_errors(&w, r);
        json_notes(&w, r->notes);
        if (a->has_F) json_from_F(&w, a);
    }
    json_work(&w, &r->work);
    printf("}\n");
}
