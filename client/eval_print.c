/* The two forms in which femd eval prints an answer: a table for people, one JSON object for programs. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "eval.h"
#include "femd/evaluate.h"
#include "femd/kinematics.h"

static const char *const voigt[6] = {"11", "22", "33", "23", "13", "12"};

/* ---- table ---- */

/* Round-off is shown as 0: below 1e-10 of the unit, where a unit was chosen (GPa: 0.1 Pa), and below 1e-15 in strains
 * and the like. Single values are shown as they are. */
static void print_row(const char *name, const double *v, int n, double scale, const char *unit) {
    const double noise = scale > 1 ? 1e-10 : n > 1 ? 1e-15 : 0;
    printf("  %-18s", name);
    for (int i = 0; i < n; i++) printf(" %12.6g", fabs(v[i] / scale) < noise ? 0.0 : v[i] / scale);
    printf("  %s\n", unit);
}

static void print_heading(void) {
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
        printf("  %-18s %.*s\n", k ? "" : "remarks", length, line);
    if (a->a0 > 0) printf("  %-18s a0 = %.7g angstrom\n", "reference", a->a0 * 1e10);
    if (a->grains) printf("  %-18s the RVE's; the material's table of orientations turns each grain\n", "axes");
    if (a->turned) printf("  %-18s the solver's; the RVE is turned in them by the material's orientation\n", "axes");
}

/* A quantity as the list names it: one row, or one for each row of a 6x6 matrix. */
static void print_quantity(const femd_response *r, const femd_quantity *q) {
    const double *v = femd_response_value(r, q);
    if (q->shape != FEMD_SHAPE_STIFFNESS) {
        print_row(q->row, v, q->numbers, q->row_scale, q->row_unit);
        return;
    }
    for (int i = 0; i < 6; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s %s", q->row, voigt[i]);
        print_row(name, v + 6 * i, 6, q->row_scale, q->row_unit);
    }
}

static void print_place(const femd_response *r, int place) {
    print_quantity(r, femd_quantity_at((size_t)place));
}

/* ---- what stands beside some of them ---- */

static void print_cauchy(const eval_answer *a) {
    double sigma[6];
    if (!a->has_F) return;
    femd_cauchy(a->F, a->response.S, sigma);
    print_row("Cauchy stress", sigma, 6, 1e9, "GPa");
}

static int print_birch_differs(const eval_answer *a) {
    double most = 0, off = 0;
    for (int c = 0; c < 36; c++) {
        most = fmax(most, fabs(a->response.D[c]));
        off = fmax(off, fabs(a->birch[c] - a->response.D[c]));
    }
    return a->has_birch && off > 1e-4 * most;
}

/* Beside the tangent where they are not the same. */
static void print_birch(const eval_answer *a) {
    if (!print_birch_differs(a)) return;
    printf(
        "  %-18s dsigma/dstrain from this state on, as LAMMPS's scripts measure it (cubic, at a pressure p: D11 - p, "
        "D12 + p, D44 - p)\n",
        "constants B");
    for (int i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "constants B %s", voigt[i]);
        print_row(name, a->birch + 6 * i, 6, 1e9, "GPa");
    }
}

/* Whether the energy of an atom at this strain is known: that of the reference always is. */
static int print_knows_atom_energy(const eval_answer *a) {
    return a->has_atom_energy && (a->response.provided & FEMD_WANT_ENERGY) != 0;
}

/* Per atom; the energy of the answer counts from the reference, whose own is told if no other is known. */
static double print_energy_per_atom(const eval_answer *a) {
    const double change = print_knows_atom_energy(a) ? a->response.energy * a->caps.volume : 0;
    return a->atom_energy + change / a->caps.atoms;
}

static double print_energy_per_atom_error(const eval_answer *a) {
    return print_knows_atom_energy(a) ? a->response.energy_err * a->caps.volume / a->caps.atoms : 0;
}

static void print_atom_energy(const eval_answer *a) {
    if (!a->has_atom_energy) return;
    const double here = print_energy_per_atom(a) / FEMD_ELEMENTARY_CHARGE,
                 reference = a->atom_energy / FEMD_ELEMENTARY_CHARGE;
    printf("  %-18s %12.8g  eV against free atoms%s", "energy of an atom", here,
           print_knows_atom_energy(a) ? "" : ", of the reference");
    if (print_knows_atom_energy(a) && here != reference) printf(" (%.8g at rest in the reference)", reference);
    printf("\n");
    const double error = print_energy_per_atom_error(a) / FEMD_ELEMENTARY_CHARGE;
    if (error > 0) print_row("  its error", &error, 1, 1, "eV");
}

/* Of the diagonal; all of it is in the JSON. */
static void print_error_of_tangent(const femd_response *r) {
    double diagonal[6];
    for (int c = 0; c < 6; c++) diagonal[c] = r->D_err[7 * c];
    if (femd_voigt_any(diagonal)) print_row("error of D, diag.", diagonal, 6, 1e9, "GPa");
}

static void print_distance(const eval_answer *a) {
    printf("  %-18s", "distance of D from");
    for (int c = FEMD_ORTHORHOMBIC; c < FEMD_SYMMETRIES; c++)
        printf("%s %s %.2g", c > FEMD_ORTHORHOMBIC ? "," : "", femd_symmetry_name((femd_symmetry)c), a->distance[c]);
    printf("\n");
}

/* Named for what it counts: atoms know no electrons. */
static void print_conductivity(const eval_answer *a) {
    const femd_response *r = &a->response;
    if (a->caps.carriers & FEMD_CARRIER_LATTICE)
        print_row("k of the lattice", r->k, 6, 1, "W/(m K)");
    else
        print_place(r, FEMD_QUANTITY_CONDUCTIVITY);
    if (r->sampled) print_row("  its error", r->k_err, 6, 1, "W/(m K)");
    if (r->checked) {
        print_place(r, FEMD_QUANTITY_CONDUCTIVITY_CHECK);
        print_row("  its error", r->k_check_err, 6, 1, "W/(m K)");
    }
    if (a->caps.carriers & FEMD_CARRIER_ELECTRONS) print_place(r, FEMD_QUANTITY_CONDUCTIVITY_ELECTRONIC);
}

/* A come-along number and its error. */
static void print_with_error(const femd_response *r, int place) {
    const femd_quantity *q = femd_quantity_at((size_t)place);
    print_quantity(r, q);
    print_row("  its error", femd_response_error(r, q), 1, q->row_scale, q->row_unit);
}

/* Below the matrix: what an isotropic fluid has of it, by both estimators, and how far it is from one. */
static void print_viscosity(const femd_response *r) {
    double diagonal[6];
    for (int c = 0; c < 6; c++) diagonal[c] = r->viscosity_err[7 * c];
    print_row("  its error, diag.", diagonal, 6, 1e-3, "mPa s");
    print_with_error(r, FEMD_QUANTITY_ETA);
    print_with_error(r, FEMD_QUANTITY_ETA_CHECK);
    print_with_error(r, FEMD_QUANTITY_ETA_BULK);
    print_with_error(r, FEMD_QUANTITY_ETA_BULK_CHECK);
    print_with_error(r, FEMD_QUANTITY_VISCOSITY_FAR);
}

/* A diffusivity's error, and what the correlation of velocities says; the checks follow their values in the list. */
static void print_diffusivity(const femd_response *r, int place) {
    const femd_quantity *q = femd_quantity_at((size_t)place), *check = femd_quantity_at((size_t)place + 1);
    if (!femd_voigt_any(femd_response_error(r, q))) return; /* of a vacancy, by rates: not sampled */
    print_row("  its error", femd_response_error(r, q), 6, q->row_scale, q->row_unit);
    print_quantity(r, check);
    print_row("  its error", femd_response_error(r, check), 6, check->row_scale, check->row_unit);
    if (r->diffusivity_box > 0) print_with_error(r, FEMD_QUANTITY_DIFFUSIVITY_BOX);
}

/* Below a viscosity in flow: its error, its neighbour, the rate. */
static void print_flow(const femd_response *r) {
    print_row("  its error", &r->eta_flow_err, 1, 1e-3, "mPa s");
    print_with_error(r, FEMD_QUANTITY_ETA_FLOW_NEXT);
    print_place(r, FEMD_QUANTITY_FLOW_RATE);
}

/* Below a chemical potential: its error, its parts, the other estimate if there is one. */
static void print_chemical(const femd_response *r) {
    if (r->mu_err > 0) print_row("  its error", &r->mu_err, 1, FEMD_ELEMENTARY_CHARGE, "eV");
    print_place(r, FEMD_QUANTITY_MU_EXCESS);
    print_place(r, FEMD_QUANTITY_MU_IDEAL);
    if (r->mu_mass != 0) print_place(r, FEMD_QUANTITY_MU_MASS);
    if (r->mu_check != 0) print_with_error(r, FEMD_QUANTITY_MU_CHECK);
}

/* The fraction of one species; of a material that has fewer there is nothing to say. */
static void print_fraction(const femd_response *r, int place) {
    const femd_quantity *q = femd_quantity_at((size_t)place);
    if (femd_response_holds(r, q)) print_with_error(r, place);
}

/* Below the composition, that of the first species: its error, the others', the response to the potential. */
static void print_composition(const femd_response *r) {
    print_row("  its error", &r->x_err, 1, 1, "");
    print_fraction(r, FEMD_QUANTITY_COMPOSITION_2);
    print_fraction(r, FEMD_QUANTITY_COMPOSITION_3);
    print_fraction(r, FEMD_QUANTITY_COMPOSITION_4);
    print_with_error(r, FEMD_QUANTITY_COMPOSITION_RESPONSE);
}

/* Below a rate or a barrier, once: what comes along with either. */
static void print_hop(const femd_response *r) {
    print_place(r, FEMD_QUANTITY_BARRIER_STRAIN);
    print_place(r, FEMD_QUANTITY_BARRIER_STRAIN_2);
    print_place(r, FEMD_QUANTITY_ACTIVATION_VOLUME);
    if (r->attempt_frequency > 0) print_place(r, FEMD_QUANTITY_ATTEMPT_FREQUENCY);
}

static int print_is_hop(const femd_response *r, uint32_t want) {
    const uint32_t last = r->provided & FEMD_WANT_BARRIER ? FEMD_WANT_BARRIER : FEMD_WANT_RATE;
    return want == last;
}

static int print_is_diffusivity(uint32_t want) {
    return (want &
            (FEMD_WANT_DIFFUSIVITY | FEMD_WANT_DIFFUSIVITY_2 | FEMD_WANT_DIFFUSIVITY_3 | FEMD_WANT_DIFFUSIVITY_4)) != 0;
}

static void print_compressibility(const eval_answer *a) {
    const double compressibility = -a->response.dJdp / a->response.J;
    if (a->request.control != FEMD_CONTROL_PRESSURE) return;
    print_row("compressibility", &compressibility, 1, 1e-9, "1/GPa (isothermal, -dJ/dp / J)");
}

/* What was asked, as the list has it. */
static void print_wanted(const eval_answer *a, int scalars) {
    const femd_response *r = &a->response;
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        if (!(r->provided & q->want) || (q->shape == FEMD_SHAPE_SCALAR) != scalars) continue;
        if (i == FEMD_QUANTITY_CONDUCTIVITY) {
            print_conductivity(a);
            continue;
        }
        print_quantity(r, q);
        if (i == FEMD_QUANTITY_STRESS) print_cauchy(a);
        if (i == FEMD_QUANTITY_VISCOSITY) print_viscosity(r);
        if (i == FEMD_QUANTITY_ETA_FLOW) print_flow(r);
        if (i == FEMD_QUANTITY_MU) print_chemical(r);
        if (i == FEMD_QUANTITY_COMPOSITION) print_composition(r);
        if (i == FEMD_QUANTITY_MU_STRAIN && femd_voigt_any(r->mu_strain_err))
            print_row("  its error", r->mu_strain_err, 6, FEMD_ELEMENTARY_CHARGE, "eV");
        if (print_is_hop(r, q->want)) print_hop(r);
        if (print_is_diffusivity(q->want)) print_diffusivity(r, (int)i);
        if (i == FEMD_QUANTITY_TANGENT) print_birch(a), print_distance(a);
    }
}

void eval_print_table(const eval_answer *a) {
    const femd_response *r = &a->response;
    printf("  %-18s %s%s%s\n", "status", femd_status_name(r->status), *a->err.text ? ": " : "", a->err.text);
    print_material(a);
    if (r->status != FEMD_OK) return;
    print_heading();
    print_place(r, FEMD_QUANTITY_STRAIN);
    print_wanted(a, 0);
    if (femd_voigt_any(r->S_err)) print_row("error of S", r->S_err, 6, 1e9, "GPa");
    print_error_of_tangent(r);
    if (femd_voigt_any(r->dSdT_err)) print_row("error of dS/dT", r->dSdT_err, 6, 1e6, "MPa/K");
    if (femd_voigt_any(r->E_err)) print_row("error of E", r->E_err, 6, 1, "");
    print_place(r, FEMD_QUANTITY_J);
    if (r->J_err > 0) print_row("  its error", &r->J_err, 1, 1, "");
    print_compressibility(a);
    print_wanted(a, 1);
    print_atom_energy(a);
    print_place(r, FEMD_QUANTITY_HILL_MANDEL);
    if (r->hill_mandel_err > 0) print_row("  its error", &r->hill_mandel_err, 1, 1, "");
    for (uint32_t bit = 1; bit; bit <<= 1)
        if (r->notes & bit) printf("  %-18s %s: %s\n", "note", femd_note_key(bit), femd_note_words(bit));
    printf("  %-18s %.3g s, %llu force evaluations\n", "cost", r->work.wall,
           (unsigned long long)r->work.force_evaluations);
}

/* ---- JSON ---- */

/* Writes members; the first one has no comma. */
typedef struct writer {
    int members;
} writer;

static void print_key(writer *w, const char *name) {
    printf("%s\"%s\": ", w->members++ ? ", " : "", name);
}

static void print_quoted(const char *value, int length) {
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

static void print_text(writer *w, const char *name, const char *value) {
    print_key(w, name);
    print_quoted(value, INT_MAX);
}

static void print_json_potential(writer *w, const char *notes) {
    const char *line;
    int length;
    print_key(w, "potential_notes");
    printf("[");
    for (int k = 0; (line = model_next_note(&notes, &length)); k++) {
        printf("%s", k ? ", " : "");
        print_quoted(line, length);
    }
    printf("]");
}

static void print_number(writer *w, const char *name, double v) {
    print_key(w, name);
    printf("%.17g", v);
}

static void print_list(const double *v, int n) {
    for (int i = 0; i < n; i++) printf("%s%.17g", i ? ", " : "[", v[i]);
    printf("]");
}

static void print_vector(writer *w, const char *name, const double *v, int n) {
    print_key(w, name);
    print_list(v, n);
}

static void print_matrix(writer *w, const char *name, const double *v, int n) {
    print_key(w, name);
    for (int i = 0; i < n; i++) {
        printf("%s", i ? ", " : "[");
        print_list(v + n * i, n);
    }
    printf("]");
}

static void print_hash(writer *w, const char *name, const femd_hash *h) {
    char hex[65];
    femd_hash_text(h, hex);
    print_text(w, name, hex);
}

static void print_numbers(writer *w, const char *name, const double *v, femd_shape shape, int n) {
    if (shape == FEMD_SHAPE_STIFFNESS)
        print_matrix(w, name, v, 6);
    else if (shape == FEMD_SHAPE_SCALAR)
        print_number(w, name, *v);
    else
        print_vector(w, name, v, n);
}

/* Whether the answer is shown: what is held; the electrons' part where the material declares one, be it zero. */
static int print_is_shown(const eval_answer *a, const femd_quantity *q) {
    if (q == femd_quantity_at(FEMD_QUANTITY_CONDUCTIVITY_ELECTRONIC))
        return a->response.provided & FEMD_WANT_CONDUCTIVITY && a->caps.carriers & FEMD_CARRIER_ELECTRONS;
    return femd_response_holds(&a->response, q);
}

static void print_json_answers(writer *w, const eval_answer *a) {
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        if (!print_is_shown(a, q)) continue;
        print_numbers(w, q->key, femd_response_value(&a->response, q), q->shape, q->numbers);
        if (i == FEMD_QUANTITY_CONDUCTIVITY) /* what k counts */
            print_text(w, "conductivity_of", a->caps.carriers & FEMD_CARRIER_LATTICE ? "lattice" : "all carriers");
    }
}

/* How far the tangent is from each class of symmetry, relative to its norm. */
static void print_json_distances(writer *outer, const eval_answer *a) {
    writer w = {0};
    if (!(a->response.provided & FEMD_WANT_TANGENT)) return;
    print_key(outer, "tangent_distance");
    printf("{");
    for (int c = FEMD_ORTHORHOMBIC; c < FEMD_SYMMETRIES; c++)
        print_number(&w, femd_symmetry_name((femd_symmetry)c), a->distance[c]);
    printf("}");
}

/* Strain and J have errors only where control found them. */
static int print_is_prescribed(const femd_response *r, size_t place) {
    return (place == FEMD_QUANTITY_STRAIN && !femd_voigt_any(r->E_err)) ||
           (place == FEMD_QUANTITY_J && !(r->J_err > 0));
}

static void print_json_errors(writer *outer, const eval_answer *a) {
    const femd_response *r = &a->response;
    writer w = {0};
    print_key(outer, "errors");
    printf("{");
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        if (!q->sampled || !femd_response_holds(r, q) || print_is_prescribed(r, i)) continue;
        print_numbers(&w, q->key, femd_response_error(r, q), q->shape, q->numbers);
    }
    if (print_knows_atom_energy(a)) print_number(&w, "energy_per_atom", print_energy_per_atom_error(a));
    printf("}");
}

/* What follows from S and D where a deformation gradient was given. */
static void print_json_from_F(writer *w, const eval_answer *a) {
    const femd_response *r = &a->response;
    double P[9], A[81], sigma[6], spatial[6], referential[6];
    print_matrix(w, "F", a->F, 3);
    if (r->provided & FEMD_WANT_STRESS) {
        const int both = (r->provided & FEMD_WANT_TANGENT) != 0;
        femd_first_piola(a->F, r->S, r->D, P, both ? A : NULL);
        femd_cauchy(a->F, r->S, sigma);
        print_matrix(w, "first_piola", P, 3);
        print_vector(w, "cauchy", sigma, 6);
        if (both) print_matrix(w, "A", A, 9);
    }
    if (r->provided & FEMD_WANT_CONDUCTIVITY && femd_conductivity(a->F, r->k, spatial, referential, NULL) == FEMD_OK) {
        print_vector(w, "conductivity_spatial", spatial, 6);
        print_vector(w, "conductivity_referential", referential, 6);
    }
}

static void print_json_notes(writer *outer, uint32_t notes) {
    const char *comma = "";
    print_key(outer, "notes");
    printf("[");
    for (uint32_t bit = 1; bit; bit <<= 1)
        if (notes & bit) printf("%s\"%s\"", comma, femd_note_key(bit)), comma = ", ";
    printf("]");
}

static void print_json_work(writer *outer, const femd_work *k) {
    writer w = {0};
    print_key(outer, "work");
    printf("{");
    print_number(&w, "wall_s", k->wall);
    print_number(&w, "force_evaluations", (double)k->force_evaluations);
    printf("}");
}

void eval_print_json(const eval_answer *a) {
    const femd_response *r = &a->response;
    writer w = {0};
    printf("{");
    print_text(&w, "status", femd_status_name(r->status));
    if (*a->err.text) print_text(&w, "message", a->err.text);
    print_text(&w, "engine", a->engine);
    print_hash(&w, "material", &a->material);
    print_json_potential(&w, a->notes);
    print_number(&w, "atoms", a->caps.atoms);
    print_number(&w, "volume", a->caps.volume);
    if (a->a0 > 0) print_number(&w, "a0", a->a0);
    print_text(&w, "axes", a->turned ? "turned" : "rve");
    print_number(&w, "temperature", a->request.temperature);
    if (a->request.control == FEMD_CONTROL_PRESSURE) print_number(&w, "pressure", a->request.pressure);
    if (a->request.flags & FEMD_REQUEST_EXCHANGE) print_vector(&w, "delta_mu", a->request.delta_mu, 3);
    print_hash(&w, "state_in", &a->request.state_in);
    if (r->status == FEMD_OK) {
        print_hash(&w, "state_out", &r->state_out);
        print_json_answers(&w, a);
        print_json_distances(&w, a);
        if (a->has_birch) print_matrix(&w, "birch", a->birch, 6);
        if (print_knows_atom_energy(a)) print_number(&w, "energy_per_atom", print_energy_per_atom(a));
        if (a->has_atom_energy) print_number(&w, "energy_per_atom_of_reference", a->atom_energy);
        print_json_errors(&w, a);
        print_json_notes(&w, r->notes);
        if (a->has_F) print_json_from_F(&w, a);
    }
    print_json_work(&w, &r->work);
    printf("}\n");
}
