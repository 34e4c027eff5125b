/* What is said and counted of points without an answer. */
#include <stdio.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/constitutive.h"
#include "fields/heat_private.h"

femd_status femd_heat_broken(const femd_heat *h, femd_error *err) {
    const unsigned long long point = h->broken_point, cell = h->broken_point / (uint64_t)h->p->pt->per_cell;
    if (h->broken == FEMD_OK) return FEMD_OK;
    if (h->broken == FEMD_UNSUPPORTED)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "point %llu (cell %llu) of step %d: what its material answers is no positive conductivity and "
                         "heat capacity; give it one in \"thermal\"",
                         point, cell, h->step);
    (void)femd_fail(err, h->broken, "point %llu (cell %llu) of step %d: %s", point, cell, h->step,
                    femd_status_text(h->broken));
    femd_constitutive_add_words(h->p->law, h->broken_point, err);
    return h->broken;
}

/* All ranks add what the batch has cost, and learn how many points failed and the words of the first. */
femd_status femd_heat_agree_answers(femd_heat *h, int *failed, femd_error *err) {
    const unsigned long long point = h->failing_point, cell = h->failing_point / (uint64_t)h->p->pt->per_cell;
    uint64_t sum[3] = {(uint64_t)h->failing, h->count_force, h->count_evaluated};
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_UINT64_T, MPI_SUM, h->p->comm));
    h->count.force_evaluations += sum[1];
    h->count.evaluations += sum[2];
    *failed = (int)sum[0];
    h->count.failed_points += *failed;
    h->count.failed_now += *failed;
    if (*failed == 0 || h->count.first_failure[0]) return FEMD_OK;
    femd_error words = FEMD_ERROR_INIT;
    femd_status rc = FEMD_OK;
    if (h->failing > 0 && h->failing_status == FAILED_COLD)
        rc =
            femd_fail(&words, FEMD_OUT_OF_DOMAIN, "point %llu (cell %llu): its temperature would be %g K%s", point,
                      cell, h->failing_value,
                      h->mass ? " (P2 undershoots beside a jump of the temperature in steps shorter than h^2 c/6k, the "
                                "more the shorter: take longer steps, Q1 or P1, or let the boundary change in time)"
                              : "");
    else if (h->failing > 0) {
        rc = femd_fail(&words, FEMD_OUT_OF_DOMAIN, "point %llu (cell %llu): %s", point, cell,
                       femd_status_text(h->failing_status));
        femd_constitutive_add_words(h->p->law, h->failing_point, &words);
    }
    rc = femd_agree(h->p->comm, rc, &words);
    if (rc != FEMD_OK) snprintf(h->count.first_failure, sizeof h->count.first_failure, "%s", words.text);
    return FEMD_OK;
}
