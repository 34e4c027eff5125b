/* Element.formulation "u-p": what goes with it. Reads two keys; refuses, with words, what it cannot do rightly. */
#include <math.h>
#include <string.h>

#include "case/case_read.h"

static femd_status mixed_refuse(const femd_case *c, const cJSON *node, const char *what, femd_error *err) {
    return femd_json_fail(&c->doc, node, err, "element.formulation \"u-p\" %s", what);
}

static femd_status mixed_check_boundary(const femd_case *c, femd_error *err) {
    const cJSON *entry = femd_json_get(c->doc.root, "boundary")->child;
    for (size_t b = 0; b < c->nboundary; b++, entry = entry->next) {
        const femd_load kind = c->boundary[b].kind;
        if (kind == FEMD_LOAD_TURNED || kind == FEMD_LOAD_RIGID || kind == FEMD_LOAD_PERIODIC)
            return mixed_refuse(c, entry, "does not go with turned, rigid or periodic entries", err);
    }
    return FEMD_OK;
}

static femd_status mixed_read_regularisation(femd_case *c, const cJSON *element, femd_error *err) {
    const cJSON *node = femd_json_get(element, "shear_regularisation");
    if (node && !c->mixed)
        return femd_json_fail(
            &c->doc, node, err,
            "belongs to element.formulation \"u-p\": as a displacement alone points answer their whole "
            "stress, to which nothing is added");
    return femd_json_quantity(&c->doc, element, "shear_regularisation", FEMD_DIM_PRESSURE, 0, &c->shear_regularisation,
                              err);
}

femd_status case_read_formulation(femd_case *c, femd_error *err) {
    const cJSON *root = c->doc.root, *element = femd_json_get(root, "element"),
                *physics = femd_json_get(root, "physics");
    c->mixed = strcmp(femd_json_string(element, "formulation", "displacement"), "u-p") == 0;
    FEMD_TRY(mixed_read_regularisation(c, element, err));
    if (!c->mixed) return FEMD_OK;
    if (strcmp(c->element->name, "P2") != 0)
        return mixed_refuse(c, femd_json_get(element, "type"),
                            "is one of P2 tetrahedra, whose pressure is linear: others have no pressure that is stable",
                            err);
    if (!femd_case_has_mechanics(c))
        return mixed_refuse(c, physics, "solves for a displacement, which physics \"thermal\" has none of", err);
    if (c->arc_length)
        return mixed_refuse(c, femd_json_get(femd_json_get(root, "steps"), "control"),
                            "does not go with steps.control \"arc-length\"", err);
    return mixed_check_boundary(c, err);
}

femd_status case_check_formulation(const femd_case *c, size_t material, const femd_capabilities *caps,
                                   femd_error *err) {
    const char *name = c->material[material].name;
    if (!c->mixed) return FEMD_OK;
    if (!(caps->controls & 1u << FEMD_CONTROL_PRESSURE))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: element.formulation \"u-p\" gives points a pressure, and its engine takes "
                         "strains alone",
                         c->path, name);
    if (c->physics == FEMD_PHYSICS_THERMOMECHANICAL && caps->inputs & FEMD_INPUT_SEED &&
        !(caps->inputs & FEMD_INPUT_STEADY_STRESS))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: its stresses are sampled, and element.formulation \"u-p\" does not know "
                         "what the noise of a volume does to temperatures; take formulation \"displacement\", physics "
                         "\"mechanical\", or a method without noise (quasiharmonic)",
                         c->path, name);
    return FEMD_OK;
}

/* Measured: a cube of 29,000 unknowns takes 1.5 times, one of 49,000 2.6 times the time directly. */
#define FEW 40000

int femd_case_mixed_is_direct(const femd_case *c, double unknowns) {
    return c->direct || (!c->iterative && unknowns <= FEW);
}

/* ---- liquids ---- */

enum { SHAPES = 5 }; /* strains that keep the volume */

/* Twice the stiffness that a strain without volume meets, in an orthonormal basis of such strains: of D, less what
 * a pressure p does to S = -p J C^-1, which is no resistance. */
static void shear_matrix(const double D[36], double p, double M[SHAPES][SHAPES]) {
    const double half = sqrt(0.5), sixth = sqrt(1.0 / 6);
    const double basis[SHAPES][6] = {{half, -half, 0, 0, 0, 0},
                                     {sixth, sixth, -2 * sixth, 0, 0, 0},
                                     {0, 0, 0, 1, 0, 0},
                                     {0, 0, 0, 0, 1, 0},
                                     {0, 0, 0, 0, 0, 1}};
    for (int i = 0; i < SHAPES; i++)
        for (int j = 0; j < SHAPES; j++) {
            M[i][j] = i == j ? -2 * p : 0;
            for (int a = 0; a < 6; a++)
                for (int b = 0; b < 6; b++)
                    M[i][j] += basis[i][a] * (a < 3 ? 1 : sqrt(2)) * D[6 * a + b] * (b < 3 ? 1 : sqrt(2)) * basis[j][b];
        }
}

/* Is M - shift positive definite? By its factors. */
static int shear_is_above(double M[SHAPES][SHAPES], double shift) {
    double L[SHAPES][SHAPES] = {{0}};
    for (int i = 0; i < SHAPES; i++)
        for (int j = 0; j <= i; j++) {
            double sum = 0.5 * (M[i][j] + M[j][i]) - (i == j ? shift : 0);
            for (int k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
            if (i == j && !(sum > 0)) return 0;
            L[i][j] = i == j ? sqrt(sum) : sum / L[j][j];
        }
    return 1;
}

/* Lowest shear modulus, Pa, to round-off of the largest. */
static double shear_lowest(const double D[36], double p, double largest) {
    double M[SHAPES][SHAPES], low = -12 * largest - 2 * fabs(p), high = -low;
    shear_matrix(D, p, M);
    for (int k = 0; k < 60; k++) {
        const double middle = 0.5 * (low + high);
        if (shear_is_above(M, middle))
            low = middle;
        else
            high = middle;
    }
    return 0.25 * (low + high);
}

/* A modulus of this part of the largest stiffness is none, far below any solid's (a rubber's is 1e-4). Nor is one
 * within so many errors of the tangent above 0, and so many below: the lowest of five that are all noise lies lower
 * than each. Further below there is a solid that its start makes unstable, and that may go elsewhere. */
#define LIQUID 1e-9
enum { ABOVE = 2, BELOW = 6 };

/* A modulus of more than this part of the bulk modulus would carry the loads that the pressure is to carry. */
#define CARRIES 0.15

static femd_status shear_check_modulus(const femd_case *c, const char *material, const double D[36], double p,
                                       femd_error *err) {
    double bulk = p / 3; /* of S = -p J C^-1, whose part in the sum is -3 p */
    for (int i = 0; i < 3; i++) bulk += (D[6 * i] + D[6 * i + 1] + D[6 * i + 2]) / 9;
    if (!(bulk > 0) || c->shear_regularisation <= CARRIES * bulk) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: element.shear_regularisation: %.4g Pa is %.3g of the bulk modulus of materials.%s, %.4g Pa: "
                     "it would carry what its pressure is to carry; take no more than %g of it, better a thousandth",
                     c->path, c->shear_regularisation, c->shear_regularisation / bulk, material, bulk, CARRIES);
}

femd_status femd_case_check_shear(const femd_case *c, const char *material, const femd_response *virgin,
                                  femd_error *err) {
    double largest = 0, error = 0;
    if (!c->mixed) return FEMD_OK;
    for (int i = 0; i < 36; i++) {
        largest = fmax(largest, fabs(virgin->D[i]));
        error = fmax(error, fmax(virgin->D_err[i], virgin->S_err[i % 6]));
    }
    const double p = -(virgin->S[0] + virgin->S[1] + virgin->S[2]) / 3, own = shear_lowest(virgin->D, p, largest),
                 none = LIQUID * largest;
    FEMD_TRY(shear_check_modulus(c, material, virgin->D, p, err));
    if (own < -fmax(none, BELOW * error) || own + c->shear_regularisation > fmax(none, ABOVE * error)) return FEMD_OK;
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "%s: materials.%s: its lowest shear stiffness at no strain is %.3g Pa (one sigma %.2g Pa) beside a "
        "stiffness of %.3g Pa: that of a liquid, whose shape element.formulation \"u-p\" cannot find. %s%s",
        c->path, material, own, error, largest,
        own > none ? "Its errors hide whether it has one: sampled longer (accuracy, tangent_accuracy) it may be told. "
                   : "",
        c->shear_regularisation > 0
            ? "element.shear_regularisation does not lift it above these; a larger one would"
            : "A declared modulus of its own, element.shear_regularisation, makes it one that can be found "
              "(docs/numerics.md says what that costs)");
}
