#pragma once
#include "core/types.h"

struct config;
struct error;

/*
 * What a user said: lines of "rtc.localtime = yes", # begins a comment. Looking a
 * key up marks it used, so that a misspelt one can be named. Later settings win.
 * The lookups take a NULL config for an empty one.
 */
struct config *config_create(void);                     /* NULL: no host memory */
void           config_destroy(struct config *);

bool config_set(struct config *, const char *key, const char *value, struct error *);
/* `name` is for messages: "pc.conf". */
bool config_parse(struct config *, const char *name, const char *text, struct error *);

/*
 * A value that is not of the kind asked for gives `otherwise` and is remembered:
 * config_complaint() names the first such, or a key nobody asked for. NULL: all well.
 */
const char *config_text(struct config *, const char *key, const char *otherwise);
/* yes no on off true false 1 0 */
bool        config_flag(struct config *, const char *key, bool otherwise);
/* 16, 0x10, 64K, 16M, 2G, 1T */
u64         config_number(struct config *, const char *key, u64 otherwise);
const char *config_complaint(struct config *);
