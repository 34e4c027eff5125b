/* The rate of a log's lines. */
#include "lines.h"

int lines_pass(log_lines *lines, double now, uint64_t *left_out) {
    *left_out = 0;
    pthread_mutex_lock(&lines->lock);
    lines->left = lines->at > 0 ? lines->left + (now - lines->at) * LINES_PER_SECOND : LINES_BURST;
    if (lines->left > LINES_BURST) lines->left = LINES_BURST;
    lines->at = now;
    const int pass = lines->left >= 1;
    if (pass) {
        lines->left--;
        *left_out = lines->left_out;
        lines->left_out = 0;
    } else
        lines->left_out++;
    pthread_mutex_unlock(&lines->lock);
    return pass;
}
