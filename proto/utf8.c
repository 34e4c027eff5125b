/* Judge of UTF-8; see utf8.h. */
#include "utf8.h"

#include <string.h>

size_t femd_utf8_length(const unsigned char *s, size_t n) {
    if (s[0] < 0x80) return 1;
    size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n < len) return 0;
    for (size_t k = 1; k < len; k++)
        if ((s[k] & 0xc0) != 0x80) return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)) return 0; /* overlong; surrogates */
    if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) return 0;
    return len;
}

int femd_utf8_is_valid(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    for (size_t n = strlen(text), len; n > 0; s += len, n -= len)
        if ((len = femd_utf8_length(s, n)) == 0) return 0;
    return 1;
}
