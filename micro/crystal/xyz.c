/* Extended XYZ. Owns the text format; never computes. */
#include "crystal/xyz.h"

#include <stdio.h>

static femd_status xyz_put(femd_buffer *out, femd_error *err, const char *fmt, ...) FEMD_PRINTF(3, 4);

static femd_status xyz_put(femd_buffer *out, femd_error *err, const char *fmt, ...) {
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof text) return femd_fail(err, FEMD_INTERNAL, "a line of an XYZ file is too long");
    return femd_buffer_append(out, text, (size_t)n, err);
}

static femd_status xyz_put_numbers(femd_buffer *out, int n, const double *v, femd_error *err) {
    for (int i = 0; i < n; i++) FEMD_TRY(xyz_put(out, err, i ? " %.17g" : "%.17g", v[i]));
    return FEMD_OK;
}

static femd_status xyz_put_head(const femd_xyz_frame *f, femd_buffer *out, femd_error *err) {
    FEMD_TRY(xyz_put(out, err, "%d\nLattice=\"", f->n));
    FEMD_TRY(xyz_put_numbers(out, 9, f->cell, err));
    FEMD_TRY(xyz_put(out, err, "\" Origin=\"0 0 0\" pbc=\"T T T\""));
    if (f->strain) {
        FEMD_TRY(xyz_put(out, err, " green_lagrange_voigt=\""));
        FEMD_TRY(xyz_put_numbers(out, 6, f->strain, err));
        FEMD_TRY(xyz_put(out, err, "\""));
    }
    return xyz_put(out, err, " Properties=species:S:1:pos:R:3%s%s\n", f->displacement ? ":displacement:R:3" : "",
                   f->energy ? ":potential_energy:R:1" : "");
}

femd_status femd_xyz_append(const femd_xyz_frame *f, femd_buffer *out, femd_error *err) {
    FEMD_TRY(xyz_put_head(f, out, err));
    for (int i = 0; i < f->n; i++) {
        FEMD_TRY(xyz_put(out, err, "%s ", f->symbol[f->species[i]]));
        FEMD_TRY(xyz_put_numbers(out, 3, f->x + 3 * i, err));
        if (f->displacement) {
            FEMD_TRY(xyz_put(out, err, " "));
            FEMD_TRY(xyz_put_numbers(out, 3, f->displacement + 3 * i, err));
        }
        if (f->energy) FEMD_TRY(xyz_put(out, err, " %.17g", f->energy[i]));
        FEMD_TRY(xyz_put(out, err, "\n"));
    }
    return FEMD_OK;
}
