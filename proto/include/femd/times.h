/* The times that server, clients and workers go by, all in seconds. They are options of the server and told to every
 * peer in its WELCOME; these are the defaults, and what holds before a WELCOME has come. */
#ifndef FEMD_TIMES_H
#define FEMD_TIMES_H

#define FEMD_TIME_HEARTBEAT 3.0   /* without a sign of life on a connection after which it is lost */
#define FEMD_TIME_SILENCE   90.0  /* without a connection after which a peer gives the server up */
#define FEMD_TIME_MUTE      30.0  /* without a word of a connected server after which a waiting client gives it up */
#define FEMD_TIME_GRACE     60.0  /* that a run outlives the loss of its clients, and a commit that of a rank */
#define FEMD_TIME_DEADLINE  600.0 /* without progress after which a worker counts as hung; twice that while it opens */

typedef struct femd_times {
    double heartbeat, silence, mute, grace, deadline; /* 0 = the default */
} femd_times;

/* The defaults in the place of what is not set. */
static inline femd_times femd_times_whole(femd_times times) {
    if (!(times.heartbeat > 0)) times.heartbeat = FEMD_TIME_HEARTBEAT;
    if (!(times.silence > 0)) times.silence = FEMD_TIME_SILENCE;
    if (!(times.mute > 0)) times.mute = FEMD_TIME_MUTE;
    if (!(times.grace > 0)) times.grace = FEMD_TIME_GRACE;
    if (!(times.deadline > 0)) times.deadline = FEMD_TIME_DEADLINE;
    return times;
}

#endif
