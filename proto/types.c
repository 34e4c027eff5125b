/* Hashes, wants and notes as text. Never touches the wire. */
#include "femd/types.h"

#include <stdio.h>
#include <string.h>

int femd_hash_is_zero(const femd_hash *h) {
    static const femd_hash zero = FEMD_HASH_ZERO;
    return memcmp(h->b, zero.b, sizeof zero.b) == 0;
}

int femd_hash_equal(const femd_hash *a, const femd_hash *b) {
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

void femd_hash_text(const femd_hash *h, char text[65]) {
    static const char digit[] = "0123456789abcdef";
    for (int i = 0; i < 32; i++) {
        text[2 * i] = digit[h->b[i] >> 4];
        text[2 * i + 1] = digit[h->b[i] & 15];
    }
    text[64] = '\0';
}

static int types_hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

femd_status femd_hash_parse(const char *text, femd_hash *h) {
    if (!text || strnlen(text, 65) != 64) return FEMD_BAD_INPUT;
    for (int i = 0; i < 32; i++) {
        int hi = types_hex_value(text[2 * i]), lo = types_hex_value(text[2 * i + 1]);
        if (hi < 0 || lo < 0) return FEMD_BAD_INPUT;
        h->b[i] = (uint8_t)(hi << 4 | lo);
    }
    return FEMD_OK;
}

uint32_t femd_want_from_key(const char *key) {
    const femd_quantity *q = key ? femd_quantity_of_want(key) : NULL;
    return q ? q->want : 0;
}

const char *femd_want_key(uint32_t bit) {
    for (size_t i = 0; i < FEMD_QUANTITIES; i++)
        if (bit && femd_quantity_at(i)->want == bit) return femd_quantity_at(i)->want_key;
    return NULL;
}

static const struct {
    uint32_t bit;
    const char *key, *words;
} notes[] = {
#define NOTE_ENTRY(name, bit, key, words) {1u << (bit), key, words},
    FEMD_NOTE_LIST(NOTE_ENTRY)
#undef NOTE_ENTRY
};
enum { NOTES = sizeof notes / sizeof notes[0] };

const char *femd_note_key(uint32_t bit) {
    for (int i = 0; i < NOTES; i++)
        if (notes[i].bit == bit) return notes[i].key;
    return NULL;
}

const char *femd_note_words(uint32_t bit) {
    for (int i = 0; i < NOTES; i++)
        if (notes[i].bit == bit) return notes[i].words;
    return NULL;
}

const char *femd_engine_name(uint32_t engine) {
    switch (engine) {
#define ENGINE_NAME(name, number, word)                                                                                \
    case number: return word;
        FEMD_ENGINE_LIST(ENGINE_NAME)
#undef ENGINE_NAME
    default: return "unknown";
    }
}

void femd_wants_text(uint32_t set, char *text, size_t size) {
    if (!size) return;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        if (!(set & q->want)) continue;
        int n = snprintf(text + used, size - used, "%s%s", used ? ", " : "", q->want_key);
        if (n < 0 || (size_t)n >= size - used) return;
        used += (size_t)n;
    }
}
