/* Dispatch: how many points one TASK message carries. What is worth a message by its cost, or what the engine likes to
 * be given at once, whichever is more. */
#include <math.h>

#include "dispatch_private.h"

/* A TASK message costs the server about 20 us, and a pool of N workers wants N per message_work. From this many workers
 * on (4 per 5 ms at 5 ms: a quarter of the server's time) messages carry more work, so that their rate stays. */
enum { WORKERS_SINGLY = 64 };
static const double message_time = 10e-6; /* s until the server can make the next one; libzmq works beside it */

/* Points of one message when what is queued is to be done soonest: a fair part for each place, unless points cost less
 * than messages. The server makes m messages one after another, workers work on them side by side: the last of n points
 * has landed after about m message_time + (n / m) cost, which is least with sqrt(n message_time / cost) points each. */
static uint64_t dispatch_share(uint32_t queued, uint64_t places, double cost) {
    const uint64_t fair = (queued + places - 1) / places;
    const double soonest = cost > 0 ? sqrt(queued * message_time / cost) : 1;
    return soonest > (double)fair ? (uint64_t)soonest : fair;
}

/* Points that are about config.message_work, or more in a large pool, of an engine that evaluates one by one; never
 * more than a share of what is queued, so that no worker idles at the end of a batch. */
static uint64_t dispatch_points_by_cost(const dispatch_rooms *in, uint32_t lane) {
    const uint32_t material = lanes_material(in->lanes, lane), opened = catalogue_opened(in->catalogue, material);
    const uint32_t workers = roster_workers(in->roster);
    const double cost = catalogue_cost(in->catalogue, material);
    const uint64_t places = (uint64_t)(opened ? opened : 1) * in->common->config.credits;
    const uint64_t share = dispatch_share(lanes_length(in->lanes, lane), places, cost);
    double work = in->common->config.message_work;
    if (workers > WORKERS_SINGLY) work *= (double)workers / WORKERS_SINGLY;
    const double points = cost > 0 ? work / cost : 1;
    uint64_t most = in->common->config.message_points;
    if (most > share) most = share;
    return points < (double)most ? (uint64_t)points : most;
}

/* Points that the engine likes to be given at once, as far as the worker's share goes of all that is queued or with
 * workers; what it has already is of its share. */
static uint64_t dispatch_points_liked(const dispatch_rooms *in, uint32_t lane, uint32_t worker) {
    const uint32_t material = lanes_material(in->lanes, lane), opened = catalogue_opened(in->catalogue, material);
    const uint32_t workers = roster_workers(in->roster), has = ledger_tasks(in->ledger, worker);
    uint64_t batch = catalogue_caps(in->catalogue, material)->batch;
    if (batch > in->common->config.batch_max) batch = in->common->config.batch_max;
    if (batch < 2 || !opened) return 1;
    const uint64_t with_workers = (uint64_t)ledger_running(in->ledger) * opened / workers;
    const uint64_t share = (lanes_length(in->lanes, lane) + with_workers + opened - 1) / opened;
    if (share <= has) return 1;
    return batch < share - has ? batch : share - has;
}

uint32_t dispatch_message_points(const dispatch_rooms *in, uint32_t lane, uint32_t worker) {
    const uint64_t by_cost = dispatch_points_by_cost(in, lane);
    const uint64_t liked = dispatch_points_liked(in, lane, worker);
    return (uint32_t)(by_cost > liked ? by_cost : liked);
}
