/* Remarks in a text of fixed size; see remarks.h. Owns the words for what is left out. */
#include "femd/remarks.h"

#include <stdio.h>
#include <string.h>

#define LEFT_OUT "remarks left out for want of room: "
enum { RESERVE = sizeof LEFT_OUT + 12, LINE = 2048 }; /* with a line end and ten digits */

/* How many the line says were left out; 0: it is another line. */
static int remarks_left_out(const char *line) {
    int count = 0;
    return sscanf(line, LEFT_OUT "%d", &count) == 1 && count > 0 ? count : 0;
}

void femd_remarks_add(char *text, size_t size, const char *line) {
    char *last = strrchr(text, '\n');
    int left = remarks_left_out(last ? last + 1 : text);
    if (left) *(last ? last : text) = 0;
    const size_t used = strlen(text), length = strlen(line);
    const int more = remarks_left_out(line);
    if (!left && !more && used + 1 + length + RESERVE <= size) {
        snprintf(text + used, size - used, "%s%s", used ? "\n" : "", line);
        return;
    }
    left += more ? more : 1;
    snprintf(text + used, size - used, "%s" LEFT_OUT "%d", used ? "\n" : "", left);
}

void femd_remarks_vadd(char *text, size_t size, const char *format, va_list args) {
    char line[LINE];
    vsnprintf(line, sizeof line, format, args);
    femd_remarks_add(text, size, line);
}

void femd_remarks_add_all(char *text, size_t size, const char *lines) {
    while (*lines) {
        char line[LINE];
        const size_t length = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, lines);
        if (length >= sizeof line) snprintf(line, sizeof line, LEFT_OUT "1");
        if (length) femd_remarks_add(text, size, line);
        lines += length + (lines[length] == '\n');
    }
}

void femd_remarks_copy(char *text, size_t size, const char *lines) {
    text[0] = 0;
    if (strlen(lines) < size)
        memcpy(text, lines, strlen(lines) + 1);
    else
        femd_remarks_add_all(text, size, lines);
}
