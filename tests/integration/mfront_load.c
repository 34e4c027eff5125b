/* What MGIS reads of a behaviour before it believes in it; and figures of femd eval. */
#include "mfront_host.h"

static void load_number(void *library, const char *name, const char *what, unsigned wanted) {
    const unsigned short *value = host_symbol(library, name, what);
    if (*value != wanted) printf("FAILED: %s_%s is %u, not %u\n", name, what, *value, wanted), exit(1);
}

static void load_text(void *library, const char *name, const char *what, const char *wanted) {
    const char *const *text = host_symbol(library, name, what);
    if (!*text || (wanted && strcmp(*text, wanted) != 0))
        printf("FAILED: %s_%s is %s\n", name, what, *text ? *text : "nothing"), exit(1);
}

static void load_names(void *library, const char *name, const char *what, int n, const char *const *wanted) {
    char count[64];
    snprintf(count, sizeof count, "n%s", what);
    load_number(library, name, count, (unsigned)n);
    const char *const *names = host_symbol(library, name, what); /* an array; of none, a pointer that is NULL */
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], wanted[i]) != 0) printf("FAILED: %s_%s has %s\n", name, what, names[i]), exit(1);
}

static void load_types(void *library, const char *name, const char *what, int n, int wanted) {
    const int *types = host_symbol(library, name, what);
    for (int i = 0; i < n; i++)
        if (types[i] != wanted) printf("FAILED: %s_%s has %d\n", name, what, types[i]), exit(1);
}

static void load_what_all_have(void *library, const char *name) {
    static const char *const internal[] = {"FemdPoint",  "FemdIncrement", "FemdToken0", "FemdToken1",
                                           "FemdToken2", "FemdToken3",    "FemdToken4", "FemdToken5"};
    static const char *const three[] = {"Tridimensional"};
    static const char *const none[] = {
        "requiresStiffnessTensor",  "requiresThermalExpansionCoefficientTensor", "SymmetryType", "ElasticSymmetryType",
        "ComputesDissipatedEnergy", "UsableInPurelyImplicitResolution"};
    static const char *const lists[] = {"ExternalStateVariables", "Parameters", "InitializeFunctions",
                                        "PostProcessings"};
    static const char *const texts[] = {"src", "author", "date", "validator", "build_id", "description"};
    load_number(library, name, "mfront_mkt", 1);
    load_number(library, name, "api_version", 1);
    load_number(library, name, "nMainVariables", 1);
    load_number(library, name, "ComputesInternalEnergy", 1);
    load_number(library, name, "TemperatureRemovedFromExternalStateVariables", 1);
    load_text(library, name, "mfront_ept", name);
    load_text(library, name, "mfront_interface", "Generic");
    load_text(library, name, "unit_system", "SI");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) load_text(library, name, texts[i], NULL);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) load_number(library, name, none[i], 0);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) load_names(library, name, lists[i], 0, NULL);
    load_names(library, name, "ModellingHypotheses", 1, three);
    load_names(library, name, "InternalStateVariables", INTERNAL, internal);
    load_types(library, name, "InternalStateVariablesTypes", INTERNAL, 0);
    host_symbol(library, name, "ExternalStateVariablesTypes");
    host_symbol(library, name, "ParametersTypes");
}

behaviour host_load(void *library, const char *name, int finite, int numbered) {
    static const char *const property[] = {"MaterialNumber"};
    const char *const gradient[] = {finite ? "DeformationGradient" : "Strain"}, *const stress[] = {"Stress"};
    const char *const block[] = {"Stress", gradient[0]};
    load_what_all_have(library, name);
    load_number(library, name, "BehaviourType", finite ? 2 : 1);
    load_number(library, name, "BehaviourKinematic", finite ? 3 : 1);
    load_names(library, name, "Gradients", 1, gradient);
    load_types(library, name, "GradientsTypes", 1, finite ? 3 : 1);
    load_names(library, name, "ThermodynamicForces", 1, stress);
    load_types(library, name, "ThermodynamicForcesTypes", 1, 1);
    load_names(library, name, "TangentOperatorBlocks", 2, block); /* two names: one block */
    load_names(library, name, "MaterialProperties", numbered, property);
    void (*policy)(int) = NULL;
    int (*set)(const char *, double) = NULL;
    *(void **)&policy = host_symbol(library, name, "setOutOfBoundsPolicy");
    *(void **)&set = host_symbol(library, name, "setParameter");
    policy(2);
    if (set("theta", 1) != 0) printf("FAILED: %s takes a parameter\n", name), exit(1);
    behaviour f = NULL;
    *(void **)&f = host_symbol(library, name, "Tridimensional");
    return f;
}

/* ---- figures ---- */

int failures;

void eval_numbers(const char *path, const char *key, int n, double *out) {
    static char text[1 << 20];
    char quoted[64];
    FILE *f = fopen(path, "r");
    if (!f) printf("FAILED: no file %s\n", path), exit(1);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    char *at = strstr(text, quoted);
    if (!at) printf("FAILED: %s has no %s\n", path, key), exit(1);
    at += strlen(quoted);
    for (int i = 0; i < n; i++) {
        at += strspn(at, "[], \n");
        char *end = at;
        out[i] = strtod(at, &end);
        if (end == at) printf("FAILED: %s has too few numbers for %s\n", path, key), exit(1);
        at = end;
    }
}

void check_near(const char *what, const double *got, const double *wanted, int n, double tolerance) {
    double largest = 0, worst = 0;
    for (int i = 0; i < n; i++) largest = fmax(largest, fabs(wanted[i]));
    for (int i = 0; i < n; i++) worst = fmax(worst, isfinite(got[i]) ? fabs(got[i] - wanted[i]) : INFINITY);
    CHECK(worst <= tolerance * largest, "%s differs by %g of its largest component", what, worst / largest);
}
