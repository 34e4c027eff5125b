/* What this machine lets the server have. */
#include "machine.h"

#include <dirent.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DESCRIPTORS_MOST = 1 << 20, GROUPS_MOST = 4096 };

/* The number in a file; UINT64_MAX if there is none ("max", say). */
static uint64_t machine_read_limit(const char *path) {
    char text[64] = "";
    FILE *file = fopen(path, "re");
    if (!file) return UINT64_MAX;
    const size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    char *end = text;
    const unsigned long long value = got ? strtoull(text, &end, 10) : 0;
    return end == text ? UINT64_MAX : value;
}

/* A group is bounded by those above it as well. */
static uint64_t machine_limit_upwards(const char *root, const char *group, const char *file) {
    char at[PATH_MAX], path[PATH_MAX];
    uint64_t least = UINT64_MAX;
    if ((size_t)snprintf(at, sizeof at, "%s%s", root, group) >= sizeof at) return least;
    for (const size_t stem = strlen(root);;) {
        if ((size_t)snprintf(path, sizeof path, "%s/%s", at, file) < sizeof path) {
            const uint64_t limit = machine_read_limit(path);
            if (limit < least) least = limit;
        }
        char *slash = strrchr(at, '/');
        if (!slash || strlen(at) <= stem) return least;
        *slash = '\0';
    }
}

/* Lines are NUMBER:CONTROLLERS:PATH; without controllers it is version 2. */
uint64_t machine_group_limit(const char *groups, const char *root) {
    uint64_t least = UINT64_MAX;
    for (const char *line = groups; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char controllers[256] = "", group[GROUPS_MOST] = "", below[PATH_MAX];
        uint64_t limit = UINT64_MAX;
        if (sscanf(line, "%*d::%4095[^\n]", group) == 1)
            limit = machine_limit_upwards(root, group, "memory.max");
        else if (sscanf(line, "%*d:%255[^:]:%4095[^\n]", controllers, group) == 2 && strstr(controllers, "memory") &&
                 (size_t)snprintf(below, sizeof below, "%s/memory", root) < sizeof below)
            limit = machine_limit_upwards(below, group, "memory.limit_in_bytes");
        if (limit < least) least = limit;
    }
    return least;
}

uint64_t machine_memory(void) {
    uint64_t least = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGE_SIZE);
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY && space.rlim_cur < least)
        least = space.rlim_cur;
    char groups[GROUPS_MOST] = "";
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file) {
        groups[fread(groups, 1, sizeof groups - 1, file)] = '\0';
        fclose(file);
    }
    const uint64_t limit = machine_group_limit(groups, "/sys/fs/cgroup");
    return limit < least ? limit : least;
}

int machine_raise_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    const rlim_t most =
        limit.rlim_max == RLIM_INFINITY || limit.rlim_max > DESCRIPTORS_MOST ? DESCRIPTORS_MOST : limit.rlim_max;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= most) return (int)most;
    const struct rlimit raised = {most, limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? (int)most : (int)limit.rlim_cur;
}

int machine_open_descriptors(void) {
    int count = 0;
    DIR *list = opendir("/proc/self/fd");
    for (const struct dirent *entry; list && (entry = readdir(list));) count += entry->d_name[0] != '.';
    if (list) closedir(list);
    return count;
}
