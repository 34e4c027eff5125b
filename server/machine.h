/* What this machine lets the server have: memory and descriptors. */
#ifndef FEMD_SERVER_MACHINE_H
#define FEMD_SERVER_MACHINE_H

#include <stdint.h>

/* Bytes of memory: the least of what the machine has, what the control groups of this process allow, and RLIMIT_AS. */
uint64_t machine_memory(void);
/* The least limit of the control groups that `groups` (the text of /proc/self/cgroup) names and of those above them,
 * below `root` (/sys/fs/cgroup); UINT64_MAX: none. */
uint64_t machine_group_limit(const char *groups, const char *root);
/* Raise the limit of open descriptors as far as is allowed. Returns what it is then. */
int machine_raise_descriptors(void);
/* How many descriptors are open. */
int machine_open_descriptors(void);

#endif
