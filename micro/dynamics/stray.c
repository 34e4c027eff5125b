/* See stray.h. Owns nothing. */
#include "dynamics/stray.h"

#include <math.h>

void femd_stray_look(femd_stray *stray, int n, const double *site, const double *now, double reach) {
    double sum = 0;
    int gone = 0;
    for (int i = 0; i < n; i++) {
        double square = 0;
        for (int c = 3 * i; c < 3 * i + 3; c++) square += (now[c] - site[c]) * (now[c] - site[c]);
        sum += square;
        gone += square > reach * reach;
    }
    stray->rms = fmax(stray->rms, sqrt(sum / n));
    if (gone >= stray->gone) {
        stray->gone = gone;
        stray->atoms = n;
    }
}
