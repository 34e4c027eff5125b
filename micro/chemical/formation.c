/* See formation.h. Owns the choice of the start that leads lowest and the bookkeeping of what goes elsewhere. */
#include "chemical/formation.h"

#include <math.h>
#include <stdio.h>

#include "crystal/draw_in.h"
#include "numerics/portable.h"
#include "vibrations/phonon.h"

static const double LOWER = 1e-4; /* eV: a state that is lower by more is another */
static const double LEFT = 0.2; /* of the distance of neighbours: who moved more has left the sites of the reference */

/* ---- the RVE with the defect ---- */

/* Told where a vacancy's neighbours left their sites. */
static void formation_remark(const femd_formation *formation, femd_native *host, double first) {
    char words[200];
    if (!(formation->defective->virgin_W < first - LOWER)) return;
    snprintf(words, sizeof words,
             "the vacancy is %.3g eV lower where its neighbours have moved in than where they are at rest near their "
             "sites; its energies are those of that state",
             first - formation->defective->virgin_W);
    femd_native_remark(host, words);
}

/* The RVE with the defect, relaxed from the start that leads lowest. Of several that meet the first is kept; one from
 * which nothing comes is none. */
static femd_status formation_relax(femd_formation *formation, femd_native *host, const femd_json *doc,
                                   femd_error *err) {
    double first = 0;
    for (int start = 0; start < FEMD_DRAW_IN_STARTS; start++) {
        femd_structure atoms;
        femd_native *native = NULL;
        femd_error words = FEMD_ERROR_INIT;
        FEMD_TRY(femd_defect_make(host, doc, &formation->defect, &atoms, err));
        if (start > 0 && formation->defect.kind != FEMD_DEFECT_VACANCY) {
            femd_structure_clear(&atoms);
            break;
        }
        femd_defect_draw_in(host, &formation->defect, start, &atoms);
        const femd_status rc = femd_native_create_of(doc, host->pack, &atoms, &native, start ? &words : err);
        femd_structure_clear(&atoms);
        if (rc != FEMD_OK && start == 0) return femd_error_prefix(err, "with the defect");
        if (rc == FEMD_NO_MEMORY) return femd_fail(err, rc, "%s", words.text);
        if (rc != FEMD_OK) continue;
        if (start == 0) first = native->virgin_W;
        if (start == 0 || native->virgin_W < formation->defective->virgin_W - LOWER) {
            femd_native_destroy(&formation->defective);
            formation->defective = native;
        } else {
            femd_native_destroy(&native);
        }
    }
    formation_remark(formation, host, first);
    return FEMD_OK;
}

static double formation_total_mass(const femd_native *native) {
    double sum = 0;
    for (int i = 0; i < native->rve.n; i++) sum += femd_native_mass(native, i);
    return sum;
}

static void formation_weigh(femd_formation *formation, const femd_native *host) {
    const femd_defect *defect = &formation->defect;
    const int elsewhere = defect->more && !defect->foreign, n = host->rve.n;
    formation->atoms = elsewhere ? 1 + (double)defect->more / n : 1;
    formation->modes = elsewhere ? 1 + (double)defect->more / (n - 1) : 1;
    formation->work = elsewhere ? -defect->more * host->rve.V0 / n : 0;
    formation->mass_host = formation_total_mass(host);
    formation->mass_all = formation_total_mass(formation->defective);
    if (defect->kind != FEMD_DEFECT_SUBSTITUTE) return;
    formation->mass_old = femd_native_mass(host, defect->atom);
    formation->mass_new = femd_native_mass(formation->defective, defect->atom);
}

femd_status femd_formation_create(femd_native *host, const femd_json *doc, femd_formation *formation, femd_error *err) {
    double nearest;
    FEMD_TRY(femd_neighbours_nearest(host->rve.nb, host->rve.n, host->rve.h0, host->rve.X, &nearest, err));
    formation->reach = LEFT * nearest;
    FEMD_TRY(formation_relax(formation, host, doc, err));
    formation_weigh(formation, host);
    if (!femd_potential_energy_jumps(host->potential)) return FEMD_OK;
    return femd_json_fail(doc, femd_json_get(doc->root, "potential"), err,
                          "the energy jumps where a pair crosses the cutoff, and so would that of a defect; the "
                          "style \"lj\" is smooth there");
}

void femd_formation_clear(femd_formation *formation) {
    femd_native_destroy(&formation->defective);
}

/* The crystal that the defect is in must be the one that the mechanical state is: sites that moved apart, twins and
 * slipped planes have other defects. */
static femd_status formation_check_host(const femd_formation *formation, const femd_native *host, femd_error *err) {
    double most = 0;
    for (int i = 0; i < 3 * host->rve.n; i++) most = fmax(most, fabs(host->path.w[i]));
    if (most <= formation->reach) return FEMD_OK;
    return femd_fail(err, FEMD_UNSUPPORTED,
                     "atoms of the state are up to %.3g angstrom away from their sites in the reference: it is another "
                     "crystal, or none, and the defect of the material is one of the reference",
                     most);
}

femd_status femd_formation_stand(const femd_formation *formation, const femd_native *host, femd_error *err) {
    FEMD_TRY(formation_check_host(formation, host, err));
    femd_native_rest(formation->defective);
    return femd_native_stand(formation->defective, err);
}

/* ---- the difference ---- */

void femd_formation_tell(const femd_formation *formation, const femd_native *host, const femd_formation_sides *sides,
                         double T, double error, femd_response *response) {
    const double work = formation->work * host->path.place.J / FEMD_EV_PER_A3, kT = femd_phonon_k * T;
    double mass = 0, excess = sides->W[1] - formation->atoms * sides->W[0] + sides->F[1] -
                              formation->modes * sides->F[0] + work * sides->pressure;
    if (formation->defect.kind == FEMD_DEFECT_SUBSTITUTE && T > 0 && sides->classical) {
        mass = 1.5 * kT * femd_portable_log(formation->mass_old / formation->mass_new);
        excess -= mass + 1.5 * kT * femd_portable_log(formation->mass_all / formation->mass_host);
    }
    response->mu_excess = FEMD_ELEMENTARY_CHARGE * excess;
    response->mu_excess_err = FEMD_ELEMENTARY_CHARGE * error;
    response->mu_mass = FEMD_ELEMENTARY_CHARGE * mass;
    response->mu_ideal = T > 0 ? FEMD_ELEMENTARY_CHARGE * kT * femd_portable_log(formation->defect.odds) : 0;
    response->mu = response->mu_excess + response->mu_mass + response->mu_ideal;
    response->mu_err = response->mu_excess_err;
}
