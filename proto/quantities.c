/* The list of quantities as a table. Knows neither the wire nor any text but the list's own. */
#include "femd/quantities.h"

#include <string.h>

#include "femd/types.h"

static const femd_quantity quantities[FEMD_QUANTITIES] = {
#define QUANTITY_LINE(name, bit_, held_, want_, member, key_, shape_, error_, over_, unit_, row_, scale_, row_unit_,   \
                      words_)                                                                                          \
    {.bit = (bit_),                                                                                                    \
     .numbers = FEMD_NUMBERS_##shape_,                                                                                 \
     .held = FEMD_HELD_##held_,                                                                                        \
     .shape = FEMD_SHAPE_##shape_,                                                                                     \
     .over = FEMD_OVER_##over_,                                                                                        \
     FEMD_IF_SAMPLED_##error_(.sampled = 1, .error = offsetof(femd_response, member##_err), )                          \
         FEMD_IF_WANTED_##held_(.want = FEMD_WANT_##name, )                                                            \
             .value = offsetof(femd_response, member),                                                                 \
     .want_key = (want_),                                                                                              \
     .key = (key_),                                                                                                    \
     .unit = (unit_),                                                                                                  \
     .row = (row_),                                                                                                    \
     .row_unit = (row_unit_),                                                                                          \
     .words = (words_),                                                                                                \
     .row_scale = (scale_)},
    FEMD_QUANTITY_LIST(QUANTITY_LINE)
#undef QUANTITY_LINE
};

/* Place of each bit's quantity in the list, plus 1; 0: the bit has none. */
static const uint8_t place_of_bit[64] = {
#define QUANTITY_PLACE(name, bit, ...) [bit] = FEMD_QUANTITY_##name + 1,
    FEMD_QUANTITY_LIST(QUANTITY_PLACE)
#undef QUANTITY_PLACE
};

const femd_quantity *femd_quantity_at(size_t place) {
    return place < FEMD_QUANTITIES ? &quantities[place] : NULL;
}

const femd_quantity *femd_quantity_of_bit(unsigned bit) {
    return bit < 64 && place_of_bit[bit] ? &quantities[place_of_bit[bit] - 1] : NULL;
}

const femd_quantity *femd_quantity_of_want(const char *want_key) {
    for (size_t i = 0; i < FEMD_QUANTITIES; i++)
        if (quantities[i].want_key && strcmp(quantities[i].want_key, want_key) == 0) return &quantities[i];
    return NULL;
}

const char *femd_held_words(femd_held held) {
    static const char *const words[FEMD_HELDS] = {
#define HELD_WORDS(name, text) [FEMD_HELD_##name] = (text),
        FEMD_HELD_LIST(HELD_WORDS)
#undef HELD_WORDS
    };
    return words[held];
}

const char *femd_shape_words(femd_shape shape) {
    static const char *const words[FEMD_SHAPES] = {
#define SHAPE_WORDS(name, n, text) [FEMD_SHAPE_##name] = (text),
        FEMD_SHAPE_LIST(SHAPE_WORDS)
#undef SHAPE_WORDS
    };
    return words[shape];
}

const char *femd_over_word(femd_over over) {
    static const char *const words[FEMD_OVERS] = {
#define OVER_WORD(name, text) [FEMD_OVER_##name] = (text),
        FEMD_OVER_LIST(OVER_WORD)
#undef OVER_WORD
    };
    return words[over];
}
