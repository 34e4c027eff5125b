/* Physics: femd's figures beside what others found, each with its error: the long table of docs/verification.md. Takes
 * ten to twenty minutes. Prints JSON, a row as soon as it is known; progress goes to standard error.
 *
 *   bench_physics [CHAPTER]...     only these chapters
 *
 * Owns the list of chapters and how rows look; physics_*.c have the physics. */
#include "physics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const chapter chapters[] = {
    {"exact", "what is known exactly", exact_figures},
    {"copper-expansion", "lattice parameter of copper at zero pressure, 100 to 400 K", copper_expansion},
    {"copper-constants", "elastic constants of copper at 300 K, three ways", copper_constants},
    {"argon-constants", "elastic constants of Lennard-Jones argon at 60 K", argon_constants},
    {"silicon-constants", "elastic constants of Stillinger-Weber silicon, 0 and 1477 K", silicon_constants},
    {"rough-tables", "harmonic methods on fourteen tables of LAMMPS at 300 K, beside md", rough_tables},
    {"boundary-conditions", "copper with vacancies and voids: all atoms held, kubc, periodic, tubc",
     boundary_conditions},
    {"counted-hops", "hops of a vacancy in copper at 1100 and 1250 K, counted in dynamics", counted_hops},
    {"hop-flux", "the same hops by mean forces and trajectories from the saddle: anharmonic forces, recrossings",
     hop_flux},
    {"rates", "a vacancy in copper by harmonic transition state theory, at rest, strained and hot", vacancy_rates},
    {"liquid-pressure", "pressure of a Lennard-Jones liquid at its triple point", liquid_pressure},
    {"liquid-conductivity", "conductivity of a Lennard-Jones liquid at its triple point", liquid_conductivity},
    {"liquid-viscosity", "viscosities of a Lennard-Jones liquid at its triple point and hotter", liquid_viscosity},
    {"liquid-diffusivity", "diffusivity of the same liquids, two sizes of box", liquid_diffusivity},
    {"chemical-potential", "of defects in copper, of a Lennard-Jones fluid, of nickel for copper", chemical_potential},
    {"composition", "fractions of species at prescribed chemical potentials", composition},
    {"solid-conductivity", "conductivity of solid argon", solid_conductivity},
    {"solid-flow", "conductivity of solid argon between a hot and a cold slab", solid_flow},
};
enum { CHAPTERS = sizeof chapters / sizeof *chapters };

static int rows;

void print_figure(const char *name, figure mine, const char *unit, reference other) {
    const double both = hypot(mine.error, other.is.error);
    printf("%s{\"name\":\"%s\",\"value\":%.12g,\"error\":%.4g,\"unit\":\"%s\"", rows++ ? ",\n" : "", name, mine.value,
           mine.error, unit);
    if (other.name) {
        printf(",\"ref_name\":\"%s\",\"ref_value\":%.12g,\"ref_error\":%.4g", other.name, other.is.value,
               other.is.error);
        if (mine.error > 0)
            printf(",\"sigma\":%.3g", (mine.value - other.is.value) / both);
        else
            printf(",\"sigma\":null");
    }
    printf("}");
    fflush(stdout);
}

void say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "physics, %.0f s: ", cpu_seconds());
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- materials ---- */

femd_status open_text(const char *json, femd_material **m, femd_error *err) {
    femd_json doc = FEMD_JSON_INIT;
    femd_buffer pack = FEMD_BUFFER_INIT;
    femd_status rc = femd_json_parse(json, strlen(json), "bench_physics", &doc, err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, ".", &pack, err);
    if (rc == FEMD_OK) rc = femd_material_open(pack.data, pack.size, m, err);
    femd_buffer_clear(&pack);
    femd_json_clear(&doc);
    return rc;
}

femd_status open_native(const char *json, femd_native_atoms atoms, femd_native **native, femd_error *err) {
    femd_json doc = FEMD_JSON_INIT, inner = FEMD_JSON_INIT;
    femd_buffer bytes = FEMD_BUFFER_INIT;
    femd_pack pack;
    femd_status rc = femd_json_parse(json, strlen(json), "bench_physics", &doc, err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, ".", &bytes, err);
    if (rc == FEMD_OK) rc = femd_pack_decode(bytes.data, bytes.size, &pack, err);
    if (rc == FEMD_OK) rc = femd_json_parse(pack.json, strlen(pack.json), "bench_physics", &inner, err);
    if (rc == FEMD_OK) rc = femd_native_create(&inner, &pack, atoms, native, err);
    femd_json_clear(&doc);
    femd_json_clear(&inner);
    femd_buffer_clear(&bytes);
    return rc;
}

static femd_status evaluate(femd_material *m, const femd_request *q, femd_response *r, femd_error *err) {
    femd_buffer state = FEMD_BUFFER_INIT;
    const femd_bytes virgin = {NULL, 0};
    const femd_status rc = femd_material_evaluate(m, q, &virgin, NULL, r, &state, err);
    femd_buffer_clear(&state);
    return rc;
}

femd_status ask(femd_material *m, const double *E, double temperature, uint32_t wants, femd_response *r,
                femd_error *err) {
    femd_request q = {.temperature = temperature, .wants = wants, .seed = 1};
    if (E) memcpy(q.value, E, sizeof q.value);
    return evaluate(m, &q, r, err);
}

femd_status ask_at_pressure(femd_material *m, double pressure, double temperature, uint32_t wants, femd_response *r,
                            femd_error *err) {
    const femd_request q = {
        .control = FEMD_CONTROL_PRESSURE, .pressure = pressure, .temperature = temperature, .wants = wants, .seed = 1};
    return evaluate(m, &q, r, err);
}

double edge(const femd_material *m, int cells) {
    return cbrt(femd_material_capabilities(m)->volume / cells) / ANGSTROM;
}

/* ---- elastic constants ---- */

static figure mean_of(const double *v, const double *e, int a, int b, int c) {
    return (figure){(v[a] + v[b] + v[c]) / 3 / GPA, (e[a] + e[b] + e[c]) / 3 / GPA};
}

cubic cubic_constants(const femd_response *r) {
    return (cubic){mean_of(r->D, r->D_err, 0, 7, 14), mean_of(r->D, r->D_err, 1, 2, 8),
                   mean_of(r->D, r->D_err, 21, 28, 35)};
}

/* Central difference of one stress. */
static figure slope(const femd_response r[2], int c, double step) {
    return (figure){(r[1].S[c] - r[0].S[c]) / (2 * step) / GPA, hypot(r[0].S_err[c], r[1].S_err[c]) / (2 * step) / GPA};
}

femd_status cubic_by_strain(femd_material *m, double temperature, double step, cubic *c, femd_error *err) {
    femd_response r[2];
    for (int side = 0; side < 2; side++) {
        const double E[6] = {side ? step : -step, 0, 0, 0, 0, 0};
        FEMD_TRY(ask(m, E, temperature, FEMD_WANT_STRESS, &r[side], err));
    }
    const figure two = slope(r, 1, step), three = slope(r, 2, step);
    c->c11 = slope(r, 0, step);
    c->c12 = (figure){(two.value + three.value) / 2, (two.error + three.error) / 2};
    for (int side = 0; side < 2; side++) {
        const double E[6] = {0, 0, 0, side ? 2 * step : -2 * step, 0, 0};
        FEMD_TRY(ask(m, E, temperature, FEMD_WANT_STRESS, &r[side], err));
    }
    c->c44 = slope(r, 3, 2 * step);
    return FEMD_OK;
}

void print_cubic(const char *what, cubic mine, const char *other, cubic theirs) {
    static const char *const constant[] = {"C11", "C12", "C44"};
    const figure m[] = {mine.c11, mine.c12, mine.c44}, t[] = {theirs.c11, theirs.c12, theirs.c44};
    for (int i = 0; i < 3; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s: %s", what, constant[i]);
        print_figure(name, m[i], "GPa", (reference){other, t[i]});
    }
}

/* ---- chapters ---- */

static int wanted(int argc, char **argv, const char *name) {
    for (int a = 1; a < argc; a++)
        if (strcmp(argv[a], name) == 0) return 1;
    return argc < 2;
}

static int known(const char *name) {
    for (int c = 0; c < CHAPTERS; c++)
        if (strcmp(name, chapters[c].name) == 0) return 1;
    fprintf(stderr, "bench_physics: no chapter \"%s\"; there are\n", name);
    for (int c = 0; c < CHAPTERS; c++) fprintf(stderr, "  %-20s %s\n", chapters[c].name, chapters[c].what);
    return 0;
}

int main(int argc, char **argv) {
    femd_error err = FEMD_ERROR_INIT;
    femd_level_reexec("x86-64-v3", argv);
    for (int a = 1; a < argc; a++)
        if (!known(argv[a])) return 2;
    if (femd_level_set("x86-64-v3", &err) != FEMD_OK) say("%s: the baseline is used", err.text);
    printf("{\"results\":[\n");
    for (int c = 0; c < CHAPTERS; c++) {
        if (!wanted(argc, argv, chapters[c].name)) continue;
        say("%s", chapters[c].what);
        if (chapters[c].run(&err) != FEMD_OK) {
            fprintf(stderr, "bench_physics: %s: %s\n", chapters[c].name, err.text);
            return 1;
        }
    }
    printf("\n]}\n");
    say("done");
    return 0;
}
