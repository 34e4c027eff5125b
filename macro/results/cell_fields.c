/* Averages over the points of each cell, and what is worst among them. What output.wants asks is put together as the
 * list of quantities says. */
#include "results/cell_fields.h"

#include <math.h>
#include <stdlib.h>

#include "base/collective.h"
#include "femd/tensor3.h"
#include "fields/conductivity.h"
#include "fields/heat.h"
#include "results/nodal_stress.h"

static const char *const tensor_label[9] = {"xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"};
static const char *const axis_label[3] = {"x", "y", "z"};
static const char *const point_id_label[2] = {"first", "last"};

/* One of the points' wanted quantities: full tensors where it is one. */
typedef struct cell_wanted {
    const femd_wanted *points;
    int components;
    double *value;
    double *error; /* of the worst component of the worst point; NULL if it has none */
} cell_wanted;

/* Averages over the points of each cell, weighted with their volume, unless said otherwise. */
struct femd_cell_fields {
    double *E, *S, *sigma, *F, *ke, *P; /* 9 each, full tensors; ke NULL without conductivity, P unless asked for */
    double *von_mises;                  /* of the averaged Cauchy stress */
    double *flux, *heat_k, *heat_c;     /* 3, 9, 1; NULL with physics mechanical */
    double *k_error;                    /* worst point; 0 where the conductivity is not sampled */
    double *energy, *volume;
    double *hill_mandel, *S_err; /* worst point of the cell */
    int32_t *status, *material, *notes, *carriers;
    int64_t *point_id; /* first and last */
    size_t nwanted;
    cell_wanted wanted[FEMD_QUANTITIES];
    char error_name[FEMD_QUANTITIES][80];
};

/* ---- storage ---- */

static int cell_allocate_wanted(femd_cell_fields *f, const femd_points *pt, size_t n) {
    int missing = 0;
    for (size_t i = 0; i < pt->nwanted; ++i) {
        const femd_quantity *q = pt->wanted[i].what;
        cell_wanted *w = &f->wanted[f->nwanted++];
        *w = (cell_wanted){.points = pt->wanted + i, .components = q->numbers == 6 ? 9 : q->numbers};
        missing |= !(w->value = calloc(n * (size_t)w->components + 1, sizeof *w->value));
        if (q->sampled) missing |= !(w->error = calloc(n + 1, sizeof *w->error));
        for (size_t c = 0; !missing && c < n; ++c) {
            if (q->over != FEMD_OVER_MEAN)
                for (int j = 0; j < w->components; ++j) w->value[c * (size_t)w->components + (size_t)j] = NAN;
            if (w->error) w->error[c] = NAN;
        }
        snprintf(f->error_name[i], sizeof f->error_name[i], "%s_error", q->key);
    }
    return !missing;
}

static int cell_allocate(femd_cell_fields *f, const femd_points *pt, int first_piola, size_t n) {
    int missing = 0;
#define CELL_ARRAY(member, components) missing |= !(f->member = calloc(n * (components) + 1, sizeof *f->member));
    CELL_ARRAY(E, 9)
    CELL_ARRAY(S, 9)
    CELL_ARRAY(sigma, 9)
    CELL_ARRAY(F, 9)
    if (pt->ke) CELL_ARRAY(ke, 9)
    if (first_piola) CELL_ARRAY(P, 9)
    if (pt->heat_k) {
        CELL_ARRAY(flux, 3)
        CELL_ARRAY(heat_k, 9)
        CELL_ARRAY(heat_c, 1)
        CELL_ARRAY(k_error, 1)
    }
    CELL_ARRAY(von_mises, 1)
    CELL_ARRAY(energy, 1)
    CELL_ARRAY(volume, 1)
    CELL_ARRAY(hill_mandel, 1)
    CELL_ARRAY(S_err, 1)
    CELL_ARRAY(status, 1)
    CELL_ARRAY(material, 1)
    CELL_ARRAY(notes, 1)
    CELL_ARRAY(carriers, 1)
    CELL_ARRAY(point_id, 2)
#undef CELL_ARRAY
    return cell_allocate_wanted(f, pt, n) && !missing;
}

void femd_cell_fields_destroy(femd_cell_fields **fields) {
    femd_cell_fields *f = *fields;
    if (!f) return;
    void *const array[] = {f->E,        f->S,        f->sigma,       f->F,      f->ke,     f->P,        f->von_mises,
                           f->energy,   f->volume,   f->hill_mandel, f->S_err,  f->status, f->material, f->notes,
                           f->carriers, f->point_id, f->flux,        f->heat_k, f->heat_c, f->k_error};
    for (size_t i = 0; i < sizeof array / sizeof *array; ++i) free(array[i]);
    for (size_t i = 0; i < f->nwanted; ++i) {
        free(f->wanted[i].value);
        free(f->wanted[i].error);
    }
    free(f);
    *fields = NULL;
}

/* ---- averages ---- */

static void cell_add_tensor(double *sum, double w, const double *voigt, int strain) {
    double full[9];
    femd_voigt_to_full(voigt, strain, full);
    for (int i = 0; i < 9; ++i) sum[i] += w * full[i];
}

/* Add a wanted quantity of point i with weight w to cell c: `full` of its components. */
static void cell_add_wanted(cell_wanted *x, PetscInt c, PetscInt i, double w) {
    const femd_quantity *q = x->points->what;
    const double *value = x->points->value + (size_t)i * q->numbers;
    double *sum = x->value + (size_t)c * (size_t)x->components, full[FEMD_NUMBERS_MAX];
    if (q->numbers == 6)
        femd_voigt_to_full(value, q->shape == FEMD_SHAPE_STRAIN, full);
    else
        memcpy(full, value, q->numbers * sizeof *full);
    for (int j = 0; j < x->components; ++j) {
        if (q->over == FEMD_OVER_MEAN) sum[j] += w * full[j];
        if (q->over == FEMD_OVER_MIN && !isnan(full[j]) && !(sum[j] <= full[j])) sum[j] = full[j];
        if (q->over == FEMD_OVER_MAX && !isnan(full[j]) && !(sum[j] >= full[j])) sum[j] = full[j];
    }
    for (int j = 0; x->error && j < q->numbers; ++j)
        x->error[c] = fmax(x->error[c], x->points->error[(size_t)i * q->numbers + (size_t)j]);
}

/* F S, volume averages of which are what the faces carry over their reference area. */
static void cell_add_first_piola(double *sum, double w, const double *F, const double *S) {
    double full[9];
    femd_voigt_to_full(S, 0, full);
    for (int i = 0; i < 3; ++i)
        for (int J = 0; J < 3; ++J)
            for (int K = 0; K < 3; ++K) sum[3 * i + J] += w * F[3 * i + K] * full[3 * K + J];
}

/* Add point i with weight w to cell c. */
static void cell_add_point(femd_cell_fields *f, PetscInt c, const femd_points *pt, PetscInt i, double w) {
    const double *F = pt->F + 9 * i;
    cell_add_tensor(f->E + 9 * c, w, pt->E + 6 * i, 1);
    cell_add_tensor(f->S + 9 * c, w, pt->S + 6 * i, 0);
    if (f->ke) cell_add_tensor(f->ke + 9 * c, w, pt->ke + 6 * i, 0);
    for (size_t k = 0; k < f->nwanted; ++k) cell_add_wanted(&f->wanted[k], c, i, w);
    f->notes[c] |= pt->notes[i] | (pt->k_from ? (int32_t)pt->k_from[i].notes : 0);
    if (femd_det3(F) > 0) {
        double sigma[6];
        femd_cauchy(F, pt->S + 6 * i, sigma);
        cell_add_tensor(f->sigma + 9 * c, w, sigma, 0);
    }
    for (int j = 0; j < 9; ++j) f->F[9 * c + j] += w * F[j];
    if (f->P) cell_add_first_piola(f->P + 9 * c, w, F, pt->S + 6 * i);
    f->energy[c] += w * pt->energy[i];
    if (!(f->hill_mandel[c] >= pt->hill_mandel[i])) f->hill_mandel[c] = pt->hill_mandel[i];
    for (int j = 0; j < 6; ++j)
        if (f->S_err[c] < pt->S_err[6 * i + j]) f->S_err[c] = pt->S_err[6 * i + j];
    if (pt->status[i] < f->status[c]) f->status[c] = pt->status[i];
}

static void cell_average(femd_cell_fields *f, PetscInt c, const femd_problem *p) {
    const femd_points *pt = p->pt;
    const PetscInt first = c * pt->per_cell;
    const int material = p->grid->cell_material[c];
    double volume = 0;
    for (PetscInt q = 0; q < pt->per_cell; ++q) volume += pt->weight[first + q];
    f->volume[c] = volume;
    f->material[c] = material;
    f->carriers[c] = (int32_t)p->caps[material].carriers;
    f->point_id[2 * c] = (int64_t)pt->id[first];
    f->point_id[2 * c + 1] = (int64_t)pt->id[first + pt->per_cell - 1];
    for (PetscInt q = 0; q < pt->per_cell; ++q) cell_add_point(f, c, pt, first + q, pt->weight[first + q] / volume);
    f->von_mises[c] = femd_von_mises(f->sigma + 9 * c);
}

/* Heat flux, conductivity and heat capacity. */
static femd_status cell_conduct(femd_cell_fields *f, const femd_problem *p, femd_error *err) {
    const femd_points *pt = p->pt;
    double *T = malloc((p->temperature->n + 1) * sizeof *T);
    femd_status rc = T ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the heat flux in the output");
    rc = femd_agree(p->comm, rc, err);
    if (rc == FEMD_OK) rc = femd_field_get(p->temperature, T, err);
    for (PetscInt k = 0; rc == FEMD_OK && k < pt->n; ++k) {
        const PetscInt c = k / pt->per_cell;
        const double w = pt->weight[k] / f->volume[c];
        double q[FEMD_SPACE];
        femd_heat_flux(p, k, T, q);
        for (int a = 0; a < FEMD_SPACE; ++a) f->flux[FEMD_SPACE * c + a] += w * q[a];
        cell_add_tensor(f->heat_k + 9 * c, w, pt->heat_k + 6 * k, 0);
        f->heat_c[c] += w * pt->heat_c[k];
        f->k_error[c] = fmax(f->k_error[c], femd_heat_k_error(p, k));
    }
    free(T);
    return rc;
}

femd_status femd_cell_fields_create(const femd_problem *p, femd_cell_fields **fields, femd_error *err) {
    const size_t n = (size_t)p->grid->ncells;
    femd_cell_fields *f = *fields = calloc(1, sizeof *f);
    if (!f || !cell_allocate(f, p->pt, p->cs->first_piola, n)) {
        femd_cell_fields_destroy(fields);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the output of %zu cells", n);
    }
    for (PetscInt c = 0; c < p->grid->ncells; ++c) cell_average(f, c, p);
    if (!p->heat) return FEMD_OK;
    const femd_status rc = cell_conduct(f, p, err);
    if (rc != FEMD_OK) femd_cell_fields_destroy(fields);
    return rc;
}

/* ---- which arrays a file has: the same on all ranks and in the .pvtu ---- */

static femd_vtu_array cell_numbers_array(const char *name, int components, const double *data) {
    return (femd_vtu_array){name, FEMD_VTU_FLOAT64, components, components == 9 ? tensor_label : NULL, data};
}

static const cell_wanted *cell_find_wanted(const femd_cell_fields *f, uint32_t want) {
    for (size_t i = 0; i < f->nwanted; ++i)
        if (f->wanted[i].points->what->want == want) return &f->wanted[i];
    return NULL;
}

/* Named for what it counts: the atoms' part alone, if that is what all materials answer. */
static size_t cell_list_conductivity(const femd_problem *p, const femd_cell_fields *f, femd_vtu_array *a) {
    const cell_wanted *k = cell_find_wanted(f, FEMD_WANT_CONDUCTIVITY);
    const uint32_t carriers = femd_conductivity_carriers(p);
    const int lattice = (carriers & FEMD_CARRIER_LATTICE) != 0;
    size_t n = 0;
    if (!k) return 0;
    a[n++] = cell_numbers_array(lattice ? "lattice_conductivity" : "conductivity", 9, k->value);
    a[n++] = cell_numbers_array(lattice ? "lattice_conductivity_error" : "conductivity_error", 1, k->error);
    if (carriers & FEMD_CARRIER_ELECTRONS) a[n++] = cell_numbers_array("electronic_conductivity", 9, f->ke);
    if (!lattice) a[n++] = (femd_vtu_array){"conductivity_carriers", FEMD_VTU_INT32, 1, NULL, f->carriers};
    return n;
}

/* All others under their keys, behind what there was before there was a list. */
static size_t cell_list_wanted(const femd_cell_fields *f, femd_vtu_array *a) {
    size_t n = 0;
    for (size_t i = 0; i < f->nwanted; ++i) {
        const cell_wanted *w = &f->wanted[i];
        if (w->points->what->want & (FEMD_WANT_CONDUCTIVITY | FEMD_WANT_STABILITY)) continue;
        a[n++] = cell_numbers_array(w->points->what->key, w->components, w->value);
        if (w->error) a[n++] = cell_numbers_array(f->error_name[i], 1, w->error);
    }
    return n;
}

/* What all have, behind what is theirs. */
static size_t cell_list_common(const femd_cell_fields *f, femd_vtu_array *a) {
    size_t n = 0;
    a[n++] = cell_numbers_array("reference_volume", 1, f->volume);
    a[n++] = (femd_vtu_array){"status", FEMD_VTU_INT32, 1, NULL, f->status};
    a[n++] = (femd_vtu_array){"notes", FEMD_VTU_INT32, 1, NULL, f->notes};
    a[n++] = (femd_vtu_array){"material", FEMD_VTU_INT32, 1, NULL, f->material};
    a[n++] = (femd_vtu_array){"point_id", FEMD_VTU_INT64, 2, point_id_label, f->point_id};
    return n;
}

static size_t cell_list_heat(const femd_problem *p, const femd_cell_fields *f, femd_vtu_array *a) {
    size_t n = 0;
    if (!p->heat) return 0;
    a[n++] = (femd_vtu_array){"heat_flux", FEMD_VTU_FLOAT64, 3, axis_label, f->flux};
    a[n++] = cell_numbers_array("conductivity", 9, f->heat_k);
    if (femd_heat_has_samples(p)) a[n++] = cell_numbers_array("conductivity_error", 1, f->k_error);
    if (p->cs->heat.transient) a[n++] = cell_numbers_array("heat_capacity", 1, f->heat_c);
    return n;
}

size_t femd_cell_fields_list(const femd_problem *p, const femd_cell_fields *f, femd_vtu_array *a) {
    const cell_wanted *stability = cell_find_wanted(f, FEMD_WANT_STABILITY);
    size_t n = 0;
    if (!p->displacement) {
        n = cell_list_heat(p, f, a);
        return n + cell_list_common(f, a + n);
    }
    a[n++] = cell_numbers_array("green_lagrange_strain", 9, f->E);
    a[n++] = cell_numbers_array("second_piola_kirchhoff", 9, f->S);
    a[n++] = cell_numbers_array("cauchy_stress", 9, f->sigma);
    a[n++] = cell_numbers_array("von_mises", 1, f->von_mises);
    a[n++] = cell_numbers_array("strain_energy_density", 1, f->energy);
    a[n++] = cell_numbers_array("deformation_gradient", 9, f->F);
    if (f->P) a[n++] = cell_numbers_array("first_piola_kirchhoff", 9, f->P);
    n += cell_list_conductivity(p, f, a + n);
    if (stability) a[n++] = cell_numbers_array("stability", 1, stability->value);
    a[n++] = cell_numbers_array("hill_mandel_residual", 1, f->hill_mandel);
    a[n++] = cell_numbers_array("stress_error", 1, f->S_err);
    n += cell_list_heat(p, f, a + n);
    n += cell_list_common(f, a + n);
    return n + cell_list_wanted(f, a + n);
}
