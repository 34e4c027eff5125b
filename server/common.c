/* Settings and log. */
#include "common.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static femd_status common_level(const char *name, uint32_t *number, femd_error *err) {
    static const struct {
        const char *name;
        uint32_t number;
    } levels[] = {{"baseline", 0}, {"x86-64-v2", 2}, {"x86-64-v3", 3}, {"x86-64-v4", 4}};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(name, levels[i].name) != 0) continue;
        *number = levels[i].number;
        return FEMD_OK;
    }
    return femd_fail(err, FEMD_BAD_ARGUMENT,
                     "unknown numerics level \"%s\"; accepted: baseline, x86-64-v2, x86-64-v3, x86-64-v4", name);
}

static void common_defaults(femd_core_config *config) {
    if (!config->level) config->level = "x86-64-v3";
    if (!config->credits) config->credits = 2;
    if (config->credits > FEMD_CREDITS_MAX) config->credits = FEMD_CREDITS_MAX;
    if (!config->message_points) config->message_points = 256;
    if (config->message_points > FEMD_BATCH_MAX) config->message_points = FEMD_BATCH_MAX;
    if (!(config->message_work > 0)) config->message_work = 0.005;
    if (!config->cache_bytes) config->cache_bytes = 512ull << 20;
    if (!config->memory_bytes) config->memory_bytes = 4096ull << 20;
    if (!config->peer_bytes) config->peer_bytes = config->memory_bytes / 2;
    if (!config->frame_max) config->frame_max = FEMD_FRAME_MAX;
    if (!config->batch_max || config->batch_max > FEMD_BATCH_MAX) config->batch_max = FEMD_BATCH_MAX;
    const femd_times times = femd_times_whole((femd_times){.heartbeat = config->heartbeat,
                                                           .silence = config->silence,
                                                           .mute = config->mute,
                                                           .grace = config->run_grace,
                                                           .deadline = config->task_deadline});
    config->heartbeat = times.heartbeat;
    config->silence = times.silence;
    config->mute = times.mute;
    config->run_grace = times.grace;
    config->task_deadline = times.deadline;
}

femd_status common_init(femd_common *common, const femd_core_config *config, femd_error *err) {
    memset(common, 0, sizeof *common);
    common->config = *config;
    common_defaults(&common->config);
    FEMD_TRY(common_level(common->config.level, &common->level_number, err));
    snprintf(common->level, sizeof common->level, "%s", common->config.level);
    common->config.level = common->level;
    common->limits.total_max = common->config.memory_bytes;
    common->reproducible = 1;
    common->started = common->now = -1;
    return FEMD_OK;
}

void common_log(const femd_common *common, femd_log_level level, const char *fmt, ...) {
    if (!common->config.log) return;
    char text[1200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    common->config.log(common->config.user, level, text);
}
