/* How many lines a log takes: a burst, then so many a second. What is left out is counted, and told. */
#ifndef FEMD_SERVER_LINES_H
#define FEMD_SERVER_LINES_H

#include <pthread.h>
#include <stdint.h>

enum { LINES_BURST = 2000, LINES_PER_SECOND = 100 };

typedef struct log_lines {
    double left, at; /* lines that may be written now; when that was */
    uint64_t left_out;
    pthread_mutex_t lock; /* PTHREAD_MUTEX_INITIALIZER; several threads write */
} log_lines;

/* 1: the line is written; *left_out is then how many were not, since the last one that was. */
int lines_pass(log_lines *lines, double now, uint64_t *left_out);

#endif
