/* The list of keys that may connect. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "femd/keys.h"

enum { LIST_MOST = 1 << 20 /* bytes */, LINE_MOST = 160 };

void femd_allowed_clear(femd_allowed *list) {
    free(list->one);
    *list = (femd_allowed){NULL, 0};
}

const femd_allowed_one *femd_allowed_find(const femd_allowed *list, const char *public_text) {
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->one[i].public_text, public_text) == 0) return &list->one[i];
    return NULL;
}

/* ---- the text ---- */

static const femd_allowed_one *allowed_find_name(const femd_allowed *list, const char *name) {
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->one[i].name, name) == 0) return &list->one[i];
    return NULL;
}

/* 1, or 0 for a line that says nothing. The line is cut up. */
static femd_status allowed_read_line(char *line, femd_allowed_one *one, int *says, femd_error *err) {
    static const char blanks[] = " \t\r";
    char *word[4] = {NULL};
    size_t n = 0;
    *says = 0;
    if (line[strspn(line, blanks)] == '#') return FEMD_OK;
    for (char *rest = line, *next; n < 4 && (next = strtok_r(rest, blanks, &rest));) word[n++] = next;
    if (!n) return FEMD_OK;
    if (n != 3) return femd_fail(err, FEMD_BAD_INPUT, "three words are wanted: ROLE NAME PUBLICKEY");
    memset(one, 0, sizeof *one);
    if (!femd_key_role_of(word[0], &one->role) || !one->role)
        return femd_fail(err, FEMD_BAD_INPUT, "the role is client, worker or admin, not \"%.20s\"", word[0]);
    if (!femd_key_is_name(word[1]))
        return femd_fail(err, FEMD_BAD_INPUT, "a name is 1 to %d letters, digits, '.', '_', '-'", FEMD_KEY_NAME);
    if (!femd_key_is_text(word[2])) return femd_fail(err, FEMD_BAD_INPUT, "the third word is no public key");
    memcpy(one->name, word[1], strlen(word[1]) + 1);
    memcpy(one->public_text, word[2], FEMD_KEY_TEXT + 1);
    *says = 1;
    return FEMD_OK;
}

static femd_status allowed_push(femd_allowed *list, const femd_allowed_one *one, femd_error *err) {
    if (allowed_find_name(list, one->name))
        return femd_fail(err, FEMD_BAD_INPUT, "the name %s stands twice", one->name);
    if (femd_allowed_find(list, one->public_text))
        return femd_fail(err, FEMD_BAD_INPUT, "the key of %s stands twice", one->name);
    if (list->n == FEMD_ALLOWED_MAX) return femd_fail(err, FEMD_LIMIT, "more than %d keys", FEMD_ALLOWED_MAX);
    if ((list->n & (list->n - 1)) == 0) { /* room for a power of two */
        femd_allowed_one *fresh = realloc(list->one, (list->n ? 2 * list->n : 1) * sizeof *fresh);
        if (!fresh) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a list of keys");
        list->one = fresh;
    }
    list->one[list->n++] = *one;
    return FEMD_OK;
}

femd_status femd_allowed_parse(const char *text, size_t size, const char *title, femd_allowed *list, femd_error *err) {
    *list = (femd_allowed){NULL, 0};
    femd_status rc = FEMD_OK;
    size_t number = 1;
    for (const char *at = text, *end = text + size; at < end && rc == FEMD_OK; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t length = (size_t)((stop ? stop : end) - at);
        char line[LINE_MOST];
        femd_allowed_one one;
        int says = 0;
        if (memchr(at, 0, length))
            rc = femd_fail(err, FEMD_BAD_INPUT, "a zero byte");
        else if (length >= sizeof line && *at != '#')
            rc = femd_fail(err, FEMD_BAD_INPUT, "longer than %d characters", LINE_MOST - 1);
        else if (length < sizeof line) {
            memcpy(line, at, length);
            line[length] = '\0';
            rc = allowed_read_line(line, &one, &says, err);
        }
        if (rc == FEMD_OK && says) rc = allowed_push(list, &one, err);
        at = stop ? stop + 1 : end;
    }
    if (rc == FEMD_OK) return rc;
    femd_allowed_clear(list);
    return femd_error_prefix(err, "%s, line %zu", title, number - 1);
}

/* ---- the file ---- */

/* *text is the caller's to free. */
static femd_status allowed_load(const char *path, char **text, size_t *size, struct stat *about, femd_error *err) {
    *text = NULL;
    *size = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return femd_fail(err, FEMD_IO, "%s: %s", path, strerror(errno));
    femd_status rc = FEMD_OK;
    if (fstat(file, about) != 0)
        rc = femd_fail(err, FEMD_IO, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(about->st_mode))
        rc = femd_fail(err, FEMD_REFUSED, "%s: not a file", path);
    else if (about->st_mode & 022 || (about->st_uid != geteuid() && about->st_uid != 0))
        rc = femd_fail(err, FEMD_REFUSED,
                       "%s: others may write it (mode %04o, user %lu); who may write it, may let "
                       "anybody in: chmod 600",
                       path, (unsigned)(about->st_mode & 07777), (unsigned long)about->st_uid);
    else if (about->st_size > LIST_MOST)
        rc = femd_fail(err, FEMD_LIMIT, "%s: larger than %d bytes", path, LIST_MOST);
    else if (!(*text = malloc(LIST_MOST + 1)))
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for a list of keys");
    for (ssize_t n = 1; rc == FEMD_OK && n > 0 && *size < LIST_MOST;) {
        n = read(file, *text + *size, LIST_MOST - *size);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            rc = femd_fail(err, FEMD_IO, "%s: %s", path, strerror(errno));
        else
            *size += (size_t)n;
    }
    close(file);
    return rc;
}

femd_status femd_allowed_read(const char *path, femd_allowed *list, struct stat *about, femd_error *err) {
    struct stat here;
    char *text;
    size_t size;
    *list = (femd_allowed){NULL, 0};
    femd_status rc = allowed_load(path, &text, &size, about ? about : &here, err);
    if (rc == FEMD_OK) rc = femd_allowed_parse(text, size, path, list, err);
    free(text);
    return rc;
}

/* Another file takes the place of the old one as a whole: a server that looks meanwhile sees one or the other. */
static femd_status allowed_replace(const char *path, const char *text, size_t size, femd_error *err) {
    char fresh[4200];
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.XXXXXX", path) >= sizeof fresh)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: the path is too long", path);
    const int file = mkostemp(fresh, O_CLOEXEC);
    if (file < 0) return femd_fail(err, FEMD_IO, "%s: %s", fresh, strerror(errno));
    int bad = 0;
    for (size_t done = 0; done < size && !bad;) {
        const ssize_t n = write(file, text + done, size - done);
        if (n > 0)
            done += (size_t)n;
        else
            bad = n == 0 || errno != EINTR;
    }
    bad = bad || fsync(file) != 0;
    close(file);
    if (!bad && rename(fresh, path) == 0) return FEMD_OK;
    femd_fail(err, FEMD_IO, "%s: %s", path, strerror(errno));
    unlink(fresh);
    return FEMD_IO;
}

/* The text with its list; what is not there is an empty one. */
static femd_status allowed_open(const char *path, char **text, size_t *size, femd_allowed *list, femd_error *err) {
    struct stat about;
    *list = (femd_allowed){NULL, 0};
    *text = NULL;
    *size = 0;
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        *text = calloc(1, LIST_MOST + 1);
        return *text ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a list of keys");
    }
    FEMD_TRY(allowed_load(path, text, size, &about, err));
    return femd_allowed_parse(*text, *size, path, list, err);
}

femd_status femd_allowed_add(const char *path, const femd_allowed_one *one, femd_error *err) {
    femd_allowed list;
    char *text;
    size_t size;
    femd_status rc = allowed_open(path, &text, &size, &list, err);
    if (rc == FEMD_OK && (allowed_find_name(&list, one->name) || femd_allowed_find(&list, one->public_text)))
        rc = femd_fail(err, FEMD_REFUSED, "%s: %s, or its key, stands there already", path, one->name);
    if (rc == FEMD_OK && size + LINE_MOST + 1 > LIST_MOST) rc = femd_fail(err, FEMD_LIMIT, "%s is full", path);
    if (rc == FEMD_OK) {
        if (size && text[size - 1] != '\n') text[size++] = '\n';
        size += (size_t)snprintf(text + size, LINE_MOST, "%s %s %s\n", femd_key_role_name(one->role), one->name,
                                 one->public_text);
        rc = allowed_replace(path, text, size, err);
    }
    femd_allowed_clear(&list);
    free(text);
    return rc;
}

/* The line of a name is cut out of the text. */
static void allowed_cut(char *text, size_t *size, const char *name) {
    for (char *at = text; at < text + *size;) {
        char *stop = memchr(at, '\n', (size_t)(text + *size - at)), line[LINE_MOST];
        char *next = stop ? stop + 1 : text + *size;
        const size_t length = (size_t)(next - at);
        femd_allowed_one one;
        int says = 0;
        if (length < sizeof line) {
            memcpy(line, at, length);
            line[length - (stop != NULL)] = '\0';
            if (allowed_read_line(line, &one, &says, NULL) != FEMD_OK) says = 0;
        }
        if (says && strcmp(one.name, name) == 0) {
            memmove(at, next, (size_t)(text + *size - next));
            *size -= length;
            return;
        }
        at = next;
    }
}

femd_status femd_allowed_remove(const char *path, const char *name, femd_error *err) {
    femd_allowed list;
    char *text;
    size_t size;
    femd_status rc = allowed_open(path, &text, &size, &list, err);
    if (rc == FEMD_OK && !allowed_find_name(&list, name))
        rc = femd_fail(err, FEMD_BAD_INPUT, "%s: there is no %s", path, name);
    if (rc == FEMD_OK) {
        allowed_cut(text, &size, name);
        rc = allowed_replace(path, text, size, err);
    }
    femd_allowed_clear(&list);
    free(text);
    return rc;
}
