/* Harmonic methods on the tables of the world: thermal stress and C11 at 300 K and 1.003 of the lattice parameter at
 * 0 K, by vibrations of atoms at rest, by self-consistent ones, and by md of the same cell.
 *
 * Rows of vibrations at rest stand only where they are answered; a refusal goes to standard error with its words. */
#include <stdio.h>
#include <string.h>

#include "physics.h"

static const double HOT = 300, STRETCH = 1.003;

typedef struct table {
    const char *name, *style, *file, *lattice, *species;
    double a; /* angstrom, at 0 K */
    int repeat;
} table;

static const table tables[] = {
    {"Fe_mm Fe", "eam/fs", "Fe_mm.eam.fs", "bcc", "Fe", 2.855325, 4},
    {"VFe_mm V", "eam/fs", "VFe_mm.eam.fs", "bcc", "V", 3.029869, 4},
    {"Al_mm Al", "eam/fs", "Al_mm.eam.fs", "fcc", "Al", 4.045260, 3},
    {"NiAlH_jea Ni", "eam/alloy", "NiAlH_jea.eam.alloy", "fcc", "Ni", 3.520000, 3},
    {"CuTa Ta", "eam/alloy", "CuTa.eam.alloy", "bcc", "Ta", 3.302531, 4},
    {"Al_zhou Al", "eam/alloy", "Al_zhou.eam.alloy", "fcc", "Al", 4.081655, 3},
    {"Cu_zhou Cu", "eam/alloy", "Cu_zhou.eam.alloy", "fcc", "Cu", 3.614813, 3},
    {"AlFe_mm Fe", "eam/fs", "AlFe_mm.eam.fs", "bcc", "Fe", 2.855313, 4},
    {"CuTa Cu", "eam/alloy", "CuTa.eam.alloy", "fcc", "Cu", 3.614939, 3},
    {"NiAlH_jea Al", "eam/alloy", "NiAlH_jea.eam.alloy", "fcc", "Al", 4.050000, 3},
    {"Cu_mishin1 Cu", "eam/alloy", "Cu_mishin1.eam.alloy", "fcc", "Cu", 3.614925, 3},
    {"Cu_u3 Cu", "eam", "Cu_u3.eam", "fcc", "Cu", 3.615000, 3},
    {"Ni_u3 Ni", "eam", "Ni_u3.eam", "fcc", "Ni", 3.520000, 3},
    {"W_zhou W", "eam/alloy", "W_zhou.eam.alloy", "bcc", "W", 3.164849, 4},
};

typedef struct answer {
    figure S, C11; /* GPa */
    int refused;
} answer;

/* Means over the three axes. A refusal is no failure where it may be one. */
static femd_status answered(const table *t, const char *method, const char *options, double T, int may_refuse,
                            answer *out, femd_error *err) {
    char json[1024];
    femd_material *m = NULL;
    femd_response r;
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"method\":\"%s\",%s\"reference\":\"as-given\",\"structure\":{\"lattice\":\"%s\","
             "\"a\":\"%.8g angstrom\",\"species\":[\"%s\"],\"repeat\":[%d,%d,%d]},\"potential\":{\"style\":\"%s\","
             "\"file\":\"%s\"}}",
             method, options, t->lattice, STRETCH * t->a, t->species, t->repeat, t->repeat, t->repeat, t->style,
             t->file);
    memset(out, 0, sizeof *out);
    femd_status rc = open_text(json, &m, err);
    if (rc == FEMD_OK) rc = ask(m, NULL, T, FEMD_WANT_STRESS | FEMD_WANT_TANGENT, &r, err);
    femd_material_close(&m);
    if (rc == FEMD_OUT_OF_DOMAIN && may_refuse) {
        say("%s: %s", t->name, err->text);
        *err = (femd_error)FEMD_ERROR_INIT;
        out->refused = 1;
        return FEMD_OK;
    }
    FEMD_TRY(rc);
    for (int c = 0; c < 3; c++) {
        out->S.value += r.S[c] / (3 * GPA);
        out->S.error += r.S_err[c] / (3 * GPA);
        out->C11.value += r.D[7 * c] / (3 * GPA);
        out->C11.error += r.D_err[7 * c] / (3 * GPA);
    }
    return FEMD_OK;
}

static void print_answer(const table *t, const char *how, const answer *mine, const answer *md, double at_rest) {
    char name[128];
    if (mine->refused) return;
    snprintf(name, sizeof name, "%s, thermal stress, %s", t->name, how);
    print_figure(name, (figure){1e3 * (mine->S.value - at_rest), 1e3 * mine->S.error}, "MPa",
                 (reference){"md", {1e3 * (md->S.value - at_rest), 1e3 * md->S.error}});
    snprintf(name, sizeof name, "%s, C11, %s", t->name, how);
    print_figure(name, mine->C11, "GPa", (reference){"md", md->C11});
}

femd_status rough_tables(femd_error *err) {
    static const char rest[] = "\"quasiharmonic\":{\"force_constants\":\"rest\"%s},",
                      thermal[] = "\"quasiharmonic\":{\"force_constants\":\"thermal\"},",
                      sampled[] = "\"md\":{\"accuracy\":0.002,\"tangent_accuracy\":0.003,\"max_steps\":2000000},";
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const table *t = &tables[i];
        answer still, md, mine;
        char options[96];
        say("%s", t->name);
        FEMD_TRY(answered(t, "statics", "", 0, 0, &still, err));
        FEMD_TRY(answered(t, "md", sampled, HOT, 0, &md, err));
        for (int half = 0; half < 2; half++) {
            snprintf(options, sizeof options, rest, half ? ",\"step\":0.001" : "");
            FEMD_TRY(answered(t, "quasiharmonic", options, HOT, 1, &mine, err));
            print_answer(t, half ? "atoms at rest, step 0.001" : "atoms at rest, step 0.002", &mine, &md,
                         still.S.value);
        }
        FEMD_TRY(answered(t, "quasiharmonic", thermal, HOT, 1, &mine, err));
        print_answer(t, "self-consistent", &mine, &md, still.S.value);
    }
    return FEMD_OK;
}
