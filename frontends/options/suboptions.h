/* "file=disk.img,if=ide,snapshot": what stands behind an option, as QEMU writes it. */
#pragma once
#include "core/types.h"

struct error;

enum { SUBOPTIONS = 64 };

struct suboptions {
    char    *text;                          /* what the others point into */
    unsigned count;
    struct { const char *key, *value; } at[SUBOPTIONS];
};

/*
 * A comma inside a value is written twice; a word without "=" is a key that is "on". `allowed`
 * are the keys there are, with blanks between; the one that ends in a colon is meant where the
 * first word has no "=" ("pc,accel=tcg"); a "*" is any. `option` is for messages.
 */
bool suboptions_parse(struct suboptions *, const char *option, const char *text,
                      const char *allowed, struct error *);
void suboptions_free(struct suboptions *);

/* The last such value, or NULL. */
const char *suboption(const struct suboptions *, const char *key);
/* on off yes no true false */
bool suboption_flag(const struct suboptions *, const char *key, bool otherwise);
/* Decimal or 0x; false: it is there and no number. */
bool suboption_number(const struct suboptions *, const char *key, u64 *value);
