/* For the files that hold the monitor's words. */
#pragma once
#include "frontends/session.h"

struct chr;
struct device;

enum { WORDS = 16 };

/* A command under way: its words, and where its answer goes. */
struct order {
    struct session *s;
    struct chr     *out;
    unsigned        count;
    char           *word[WORDS];
    const char     *rest;           /* behind the first word, as it was typed */
    unsigned       *cpu;            /* whose registers are meant */
};

struct word {
    const char *name, *arguments, *help;
    void      (*run)(struct order *);
};

/* Each ended by a NULL name. */
extern const struct word info_words[], memory_words[], people_words[], media_words[],
                         cpu_words[];

void say(struct order *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The word of that number, or NULL. */
const char *word_at(const struct order *, unsigned i);
/* "0x7c00+$ebx-4"; false, and it was said: not a number. */
bool number_at(struct order *, unsigned i, u64 *value);
/* A device's rows, for people. */
void say_rows(struct order *, struct device *);
/* Where page tables lead: "info mem", "info tlb". */
void say_mappings(struct order *, bool each_page);
