/* A material as one block of bytes. Layout: proto/README.md, "Pack". Files are put in the order of their names, so the
 * same content has the same id whoever packs it. */
#include "femd/pack.h"

#include "femd/hash.h"

enum { HEAD_BYTES = 16, FILE_HEAD = 16 };
static const uint8_t magic[4] = {'F', 'M', 'P', '1'};

/* A plain base name: nothing that could lead out of a folder or break a message. */
static int pack_name_is_plain(const char *name, size_t n) {
    if (n == 0 || n > FEMD_PACK_NAME_MAX || name[0] == '.') return 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x20 || c == 0x7f || c == '/' || c == '\\') return 0;
    }
    return 1;
}

/* Indices of the files in the order of their names; NULL-free because checked before. */
static void pack_sort_by_name(const femd_pack *pack, size_t *order) {
    for (size_t i = 0; i < pack->nfiles; i++) {
        size_t j = i;
        for (; j > 0 && strcmp(pack->file[order[j - 1]].name, pack->file[i].name) > 0; j--) order[j] = order[j - 1];
        order[j] = i;
    }
}

static femd_status pack_append_file(femd_buffer *out, const femd_pack_file *f, femd_error *err) {
    size_t n = strlen(f->name);
    uint8_t head[FILE_HEAD] = {0};
    femd_put32(head, (uint32_t)n);
    femd_put64(head + 8, f->bytes.size);
    FEMD_TRY(femd_buffer_append(out, head, sizeof head, err));
    FEMD_TRY(femd_buffer_append(out, f->name, n + 1, err));
    return femd_buffer_append(out, f->bytes.data, f->bytes.size, err);
}

femd_status femd_pack_encode(const femd_pack *pack, femd_buffer *out, femd_error *err) {
    if (!pack->json) return femd_fail(err, FEMD_BAD_ARGUMENT, "pack: no JSON text");
    if (pack->nfiles > FEMD_PACK_FILES_MAX)
        return femd_fail(err, FEMD_LIMIT, "a material of %zu files; at most %d can travel", pack->nfiles,
                         FEMD_PACK_FILES_MAX);
    for (size_t i = 0; i < pack->nfiles; i++)
        if (!pack->file[i].name || !pack_name_is_plain(pack->file[i].name, strlen(pack->file[i].name)))
            return femd_fail(err, FEMD_BAD_INPUT, "\"%s\" is not a plain file name",
                             pack->file[i].name ? pack->file[i].name : "");
    size_t order[FEMD_PACK_FILES_MAX], length = strlen(pack->json);
    pack_sort_by_name(pack, order);
    for (size_t i = 1; i < pack->nfiles; i++)
        if (strcmp(pack->file[order[i - 1]].name, pack->file[order[i]].name) == 0)
            return femd_fail(err, FEMD_BAD_INPUT, "two files of one material are named \"%s\"",
                             pack->file[order[i]].name);
    uint8_t head[HEAD_BYTES];
    memcpy(head, magic, 4);
    femd_put32(head + 4, (uint32_t)pack->nfiles);
    femd_put64(head + 8, length);
    FEMD_TRY(femd_buffer_append(out, head, sizeof head, err));
    FEMD_TRY(femd_buffer_append(out, pack->json, length + 1, err));
    for (size_t i = 0; i < pack->nfiles; i++) FEMD_TRY(pack_append_file(out, &pack->file[order[i]], err));
    return FEMD_OK;
}

/* n characters and their NUL at p, with no NUL among them. */
static int pack_is_text(const uint8_t *p, const uint8_t *end, uint64_t n) {
    return n < (uint64_t)(end - p) && p[n] == 0 && !memchr(p, 0, (size_t)n);
}

static femd_status pack_decode_file(const uint8_t **at, const uint8_t *end, femd_pack_file *f, femd_error *err) {
    const uint8_t *p = *at;
    if (end - p < FILE_HEAD) return femd_fail(err, FEMD_PROTOCOL, "pack: a file is cut off");
    uint32_t n = femd_get32(p), reserved = femd_get32(p + 4);
    uint64_t size = femd_get64(p + 8);
    p += FILE_HEAD;
    if (reserved || !pack_is_text(p, end, n) || !pack_name_is_plain((const char *)p, n))
        return femd_fail(err, FEMD_PROTOCOL, "pack: a file has no plain name");
    f->name = (const char *)p;
    p += n + 1;
    if (size > (uint64_t)(end - p)) return femd_fail(err, FEMD_PROTOCOL, "pack: file \"%s\" is cut off", f->name);
    f->bytes = (femd_bytes){p, (size_t)size};
    *at = p + size;
    return FEMD_OK;
}

femd_status femd_pack_decode(const void *data, size_t size, femd_pack *pack, femd_error *err) {
    const uint8_t *p = data;
    if (size < HEAD_BYTES || memcmp(p, magic, 4) != 0) return femd_fail(err, FEMD_PROTOCOL, "not an encoded material");
    const uint8_t *end = p + size;
    uint32_t nfiles = femd_get32(p + 4);
    uint64_t length = femd_get64(p + 8);
    if (nfiles > FEMD_PACK_FILES_MAX)
        return femd_fail(err, FEMD_PROTOCOL, "pack: %u files, at most %d", nfiles, FEMD_PACK_FILES_MAX);
    p += HEAD_BYTES;
    if (!pack_is_text(p, end, length)) return femd_fail(err, FEMD_PROTOCOL, "pack: the JSON text is cut off");
    pack->json = (const char *)p;
    pack->nfiles = nfiles;
    p += length + 1;
    for (uint32_t i = 0; i < nfiles; i++) {
        FEMD_TRY(pack_decode_file(&p, end, &pack->file[i], err));
        if (i && strcmp(pack->file[i - 1].name, pack->file[i].name) >= 0)
            return femd_fail(err, FEMD_PROTOCOL, "pack: the files are not in the order of their names");
    }
    if (p != end) return femd_fail(err, FEMD_PROTOCOL, "pack: %zu bytes follow the last file", (size_t)(end - p));
    return FEMD_OK;
}

void femd_pack_id(const void *data, size_t size, femd_hash *id) {
    femd_hash_domain("material", data, size, id);
}

const femd_pack_file *femd_pack_find(const femd_pack *pack, const char *name) {
    for (size_t i = 0; i < pack->nfiles; i++)
        if (strcmp(pack->file[i].name, name) == 0) return &pack->file[i];
    return NULL;
}
