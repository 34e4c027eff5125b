/* Nearest neighbours, kept; see neighbour_shell.h. Reads a list. */
#include "forces/neighbour_shell.h"

#include <math.h>
#include <stdlib.h>

#include "forces/neighbour_private.h"

static const double REACH = 1.2; /* times the distance to the nearest: past the second neighbours of bcc, 1.155 */

void femd_shell_clear(femd_shell *shell) {
    free(shell->atom);
    free(shell->way);
    *shell = (femd_shell){0};
}

/* Of the pairs as the list has them: their number; written where shell has room. */
static int shell_gather(const femd_neighbours *nb, const double *xe, const double *nearest, femd_shell *shell) {
    int pairs = 0;
    double d[3];
    for (int i = 0; i < nb->n; i++)
        for (int k = nb->first[i]; k < nb->first[i + 1]; k++) {
            const int j = nb->owner[nb->list[k]];
            for (int c = 0; c < 3; c++) d[c] = xe[4 * (size_t)nb->list[k] + (size_t)c] - xe[4 * (size_t)i + (size_t)c];
            if (!(sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) <= REACH * fmin(nearest[i], nearest[j]))) continue;
            if (shell->atom) {
                shell->atom[2 * pairs] = i;
                shell->atom[2 * pairs + 1] = j;
                for (int c = 0; c < 3; c++) shell->way[3 * pairs + c] = d[c];
            }
            pairs++;
        }
    return pairs;
}

femd_status femd_neighbours_shell(femd_neighbours *nb, int n, const double cell[9], const double *x, femd_shell *shell,
                                  femd_error *err) {
    femd_shell_clear(shell);
    FEMD_TRY(femd_neighbours_update(nb, n, cell, x, err));
    double *xe = malloc((4 * (size_t)nb->next + (size_t)n) * sizeof *xe), *nearest = xe + 4 * (size_t)nb->next;
    if (!xe) return femd_fail(err, FEMD_NO_MEMORY, "neighbours of %d atoms: out of memory", n);
    femd_neighbours_place(nb, cell, x, xe);
    femd_neighbours_each_nearest(nb, xe, nearest);
    const int pairs = shell_gather(nb, xe, nearest, shell);
    shell->atom = malloc((2 * (size_t)pairs + 1) * sizeof *shell->atom);
    shell->way = malloc((3 * (size_t)pairs + 1) * sizeof *shell->way);
    femd_status rc = FEMD_OK;
    if (shell->atom && shell->way) {
        shell->pairs = shell_gather(nb, xe, nearest, shell);
    } else {
        femd_shell_clear(shell);
        rc = femd_fail(err, FEMD_NO_MEMORY, "neighbours of %d atoms: out of memory", n);
    }
    free(xe);
    return rc;
}

int femd_shell_parted(const femd_shell *shell, const double *w, double factor) {
    int parted = 0;
    for (int k = 0; k < shell->pairs; k++) {
        const double *way = shell->way + 3 * (size_t)k, *a = w + 3 * (size_t)shell->atom[2 * k],
                     *b = w + 3 * (size_t)shell->atom[2 * k + 1];
        double was = 0, is = 0;
        for (int c = 0; c < 3; c++) {
            const double now = way[c] + (b[c] - a[c]);
            was += way[c] * way[c];
            is += now * now;
        }
        parted += is > factor * factor * was;
    }
    return parted;
}
