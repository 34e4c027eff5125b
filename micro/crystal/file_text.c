/* See file_text.h. gzip: RFC 1952, by zlib; a file may be several members one after another. */
#include "crystal/file_text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ROOM_FIRST ((size_t)1 << 16)

static int text_is_gzip(const unsigned char *data, size_t size) {
    return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/* Room for at least one byte more beside the final NUL. */
static femd_status text_grow(const char *name, char **text, size_t used, size_t *room, femd_error *err) {
    if (used + 1 < *room) return FEMD_OK;
    if (used >= FEMD_TEXT_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "%s is larger than %zu MiB when it is unpacked", name,
                         FEMD_TEXT_MAX >> 20);
    const size_t more = *room ? 2 * *room : ROOM_FIRST;
    char *larger = realloc(*text, more);
    if (!larger) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %s", name);
    *text = larger;
    *room = more;
    return FEMD_OK;
}

/* Every member of a .gz file into *text; *used bytes of it. */
static femd_status text_inflate_all(z_stream *z, const char *name, char **text, size_t *used, femd_error *err) {
    size_t room = 0;
    for (;;) {
        FEMD_TRY(text_grow(name, text, *used, &room, err));
        const size_t space = room - 1 - *used;
        z->next_out = (unsigned char *)*text + *used;
        z->avail_out = (uInt)space;
        const int said = inflate(z, Z_NO_FLUSH);
        *used += space - z->avail_out;
        if (said == Z_STREAM_END) {
            if (!z->avail_in) return FEMD_OK;
            if (!text_is_gzip(z->next_in, z->avail_in) || inflateReset(z) != Z_OK)
                return femd_fail(err, FEMD_BAD_INPUT, "%s has %u bytes behind its end as a .gz file", name,
                                 z->avail_in);
        } else if (said != Z_OK && !(said == Z_BUF_ERROR && !z->avail_out)) {
            return femd_fail(err, FEMD_BAD_INPUT, "%s is a damaged .gz file: %s", name,
                             z->msg ? z->msg : "it ends too early");
        }
    }
}

static femd_status text_gunzip(const char *name, const femd_bytes *from, char **text, size_t *used, femd_error *err) {
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)from->data, .avail_in = (uInt)from->size};
    if (from->size > FEMD_TEXT_MAX) return femd_fail(err, FEMD_BAD_INPUT, "%s is too large", name);
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %s", name);
    const femd_status rc = text_inflate_all(&z, name, text, used, err);
    inflateEnd(&z);
    return rc;
}

static femd_status text_copy(const char *name, const femd_bytes *from, char **text, size_t *used, femd_error *err) {
    *text = malloc(from->size + 1);
    if (!*text) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %s", name);
    if (from->size) memcpy(*text, from->data, from->size);
    *used = from->size;
    return FEMD_OK;
}

/* A byte-order mark says nothing. Lines that end with a carriage return alone, as all of them, end as others do then;
 * one that has some within would be cut otherwise by every reader. */
static femd_status text_end_lines(const char *name, char *text, size_t *used, femd_error *err) {
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) memmove(text, text + 3, (*used -= 3) + 1);
    const int feeds = strchr(text, '\n') != NULL;
    long line = 1;
    for (char *c = text; *c; c++) {
        line += *c == '\n';
        if (*c != '\r') continue;
        if (!feeds)
            *c = '\n';
        else if (c[1] && c[1] != '\n' && c[1] != '\r')
            return femd_fail(err, FEMD_BAD_INPUT,
                             "%s: line %ld has a carriage return within: some of its lines end with that alone, others "
                             "do not; let all end alike",
                             name, line);
    }
    return FEMD_OK;
}

femd_status femd_file_text(const femd_json *doc, const cJSON *node, const femd_pack *pack, const char *name,
                           char **text, size_t *size, femd_error *err) {
    const char *base = strrchr(name, '/');
    const femd_pack_file *file = femd_pack_find(pack, name);
    size_t used = 0;
    *text = NULL;
    if (!file && base) file = femd_pack_find(pack, base + 1);
    if (!file) return femd_json_fail(doc, node, err, "no file \"%s\" comes with the material", name);
    femd_status rc = text_is_gzip(file->bytes.data, file->bytes.size)
                         ? text_gunzip(name, &file->bytes, text, &used, err)
                         : text_copy(name, &file->bytes, text, &used, err);
    if (rc == FEMD_OK && memchr(*text, '\0', used))
        rc = femd_fail(err, FEMD_BAD_INPUT, "%s is no text: it holds bytes that are zero", name);
    if (rc == FEMD_OK) {
        (*text)[used] = '\0';
        rc = text_end_lines(name, *text, &used, err);
    }
    if (rc != FEMD_OK) {
        free(*text);
        *text = NULL;
        return rc;
    }
    if (size) *size = used;
    return FEMD_OK;
}

char *femd_lines_next(femd_lines *lines) {
    char *line = lines->at;
    if (!*line) return NULL;
    char *end = strchr(line, '\n');
    lines->at = end ? end + 1 : line + strlen(line);
    if (end) *end = '\0';
    lines->line++;
    return line;
}

int femd_words_split(char *text, char *word[], int most) {
    int words = 0;
    for (char *p = text;; words++) {
        while (isspace((unsigned char)*p)) p++;
        if (!*p) return words;
        if (words < most) word[words] = p;
        while (*p && !isspace((unsigned char)*p)) p++;
        if (*p) *p++ = '\0';
    }
}

int femd_word_number(const char *word, double *number) {
    char *end;
    *number = strtod(word, &end);
    return end != word && !*end && isfinite(*number);
}

int femd_word_whole(const char *word, double least, double most, double *number) {
    return femd_word_number(word, number) && *number == floor(*number) && *number >= least && *number <= most;
}
