/* Shared by mechanics.c and mechanics_commit.c only. */
#ifndef FEMD_MECHANICS_PRIVATE_H
#define FEMD_MECHANICS_PRIVATE_H

#include "element/element.h"
#include "fields/mechanics.h"
#include "fields/points.h"

#define STRESS_AND_TANGENT ((uint32_t)(FEMD_WANT_STRESS | FEMD_WANT_TANGENT))
#define FAILED_JACOBIAN    1 /* in failing_status: det F <= 0, found here */

struct femd_mechanics {
    femd_element_table table;
    double *gradient; /* points x nodes x 3 */
    double mesh_size; /* sqrt(sum (w |g|)^2), m^2 */
    struct femd_assembly *assembly;
    Vec local, scatter, work;
    femd_request *request; /* one per point */
    double *unbalanced;    /* 3 nnodes: internal - external, this rank's parts, at the state last made a residual of */
    /* the batch that is there */
    double *key;   /* 3 nnodes: local displacement */
    int evaluated; /* 1: the tentative half of the points belongs to key */
    int failed;    /* of it: points without an answer, all ranks */
    /* of this rank's part of the batch */
    int failing, failing_status;
    uint64_t failing_point;
    femd_status broken; /* a point's status that ends the run */
    uint64_t broken_point;
    uint64_t count_force, count_evaluated;
    int sampled;
    int step, attempt, iteration;
    int has_tangent; /* the committed S and D are there before the first step */
    double external; /* norm of the applied forces, N */
    double noise;    /* one sigma of the norm of the free nodal forces of the residual last made, N */
    femd_mechanics_scale scale;
    femd_mechanics_count count;
};

void femd_mechanics_request(const femd_problem *p, PetscInt k, uint32_t wants, femd_request *r);
void femd_mechanics_judge(femd_mechanics *m, const femd_response *r);
femd_status femd_mechanics_broken(const femd_problem *p, femd_error *err);
void femd_mechanics_internal(const femd_problem *p, const double *F, const double *S, double *out);
femd_status femd_mechanics_assemble(femd_problem *p, const double *local, Vec X, femd_error *err);
femd_status femd_mechanics_norm(femd_problem *p, const double *local, double *norm, femd_error *err);

#endif
