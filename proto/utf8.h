/* UTF-8 (RFC 3629): what is well formed. Private to proto/. */
#ifndef FEMD_UTF8_H
#define FEMD_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed sequence at s, of which n > 0 are there; 0 if there is none. */
size_t femd_utf8_length(const unsigned char *s, size_t n);
/* 1 if the whole text is well formed. */
int femd_utf8_is_valid(const char *text);

#endif
