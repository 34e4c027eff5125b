/* Names of materials. A client has its own for those that are turned: one for each pair of a material and a rotation.
 * The server never sees them; batch.c turns what goes and what comes. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "femd/hash.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"

client_material *client_find_material(const femd_client *c, const femd_hash *id) {
    client_material *m = c->materials;
    while (m && !femd_hash_equal(&m->id, id)) m = m->next;
    return m;
}

const client_view *client_find_view(const femd_client *c, const femd_hash *id) {
    const client_view *v = c->views;
    while (v && !femd_hash_equal(&v->id, id)) v = v->next;
    return v;
}

const femd_hash *client_bare_material(const femd_client *c, const femd_hash *id) {
    const client_view *v = client_find_view(c, id);
    return v ? &v->material : id;
}

femd_status client_add_view(femd_client *c, const femd_hash *material, const double Q[9], femd_hash *id,
                            femd_error *err) {
    struct {
        femd_hash material;
        double Q[9];
    } content = {.material = *material};
    for (int i = 0; i < 9; i++) content.Q[i] = Q[i] + 0.0; /* one name for 0 and -0 */
    *id = *material;
    if (memcmp(content.Q, femd_identity3, sizeof content.Q) == 0) return FEMD_OK;
    femd_hash_domain("turned material", &content, sizeof content, id);
    if (client_find_view(c, id)) return FEMD_OK;
    client_view *v = malloc(sizeof *v);
    if (!v) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material that is turned");
    *v = (client_view){.next = c->views, .id = *id, .material = *material};
    memcpy(v->Q, content.Q, sizeof v->Q);
    c->views = v;
    return FEMD_OK;
}

femd_status femd_client_orientation(const femd_client *c, const femd_hash *material, double Q[9], femd_error *err) {
    if (!c || !material || !Q) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_orientation: NULL argument");
    const client_view *v = client_find_view(c, material);
    if (!client_find_material(c, v ? &v->material : material))
        return femd_fail(err, FEMD_BAD_ARGUMENT,
                         "femd_client_orientation: no material that this client has registered");
    memcpy(Q, v ? v->Q : femd_identity3, sizeof femd_identity3);
    return FEMD_OK;
}

femd_status femd_client_orient(femd_client *c, const femd_hash *material, const double Q[9], femd_hash *id,
                               femd_error *err) {
    double nearest[9];
    if (!c || !material || !Q || !id) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_orient: NULL argument");
    const femd_hash bare = *client_bare_material(c, material);
    if (!client_find_material(c, &bare))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_orient: no material that this client has registered");
    memcpy(nearest, Q, sizeof nearest);
    FEMD_TRY(femd_rotation_check(nearest, err));
    return client_add_view(c, &bare, nearest, id, err);
}
