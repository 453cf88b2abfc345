#include "core/config.h"

#include "core/error.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct setting {
    char           *key, *value;    /* one allocation, at key */
    bool            used;
    struct setting *next;
};

struct config {
    struct setting *first;
    char            complaint[256];
};

struct config *config_create(void)
{
    return calloc(1, sizeof(struct config));
}

static void drop(struct setting *s)
{
    free(s->key);
    free(s);
}

void config_destroy(struct config *c)
{
    while (c && c->first) {
        struct setting *s = c->first;

        c->first = s->next;
        drop(s);
    }
    free(c);
}

static bool is_key(const char *key)
{
    if (!*key)
        return false;
    for (; *key; key++)
        if (!isalnum((unsigned char)*key) && !strchr("._-", *key))
            return false;
    return true;
}

bool config_set(struct config *c, const char *key, const char *value, struct error *err)
{
    struct setting **link = &c->first, *s;
    size_t length = strlen(key) + 1;

    if (!is_key(key))
        return fail(err, "\"%s\" is not a key", key);
    while (*link && strcmp((*link)->key, key))
        link = &(*link)->next;
    s = calloc(1, sizeof *s);
    if (!s || !(s->key = malloc(length + strlen(value) + 1))) {
        free(s);
        return fail(err, "%s: no host memory", key);
    }
    memcpy(s->key, key, length);
    s->value = strcpy(s->key + length, value);
    if (*link) {
        s->next = (*link)->next;
        drop(*link);
    }
    *link = s;
    return true;
}

/* Cuts blanks off both ends, in place. */
static char *trim(char *text)
{
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *end = 0;
    return text;
}

static bool parse_line(struct config *c, char *line, struct error *err)
{
    char *equals;

    line[strcspn(line, "#")] = 0;
    line = trim(line);
    if (!*line)
        return true;
    equals = strchr(line, '=');
    if (!equals)
        return fail(err, "\"%s\" is not of the form key = value", line);
    *equals = 0;
    return config_set(c, trim(line), trim(equals + 1), err);
}

bool config_parse(struct config *c, const char *name, const char *text, struct error *err)
{
    struct error why = { "" };
    char line[1024];

    for (unsigned number = 1; *text; number++) {
        size_t length = strcspn(text, "\n");

        if (length >= sizeof line)
            return fail(err, "%s:%u: line too long", name, number);
        memcpy(line, text, length);
        line[length] = 0;
        if (!parse_line(c, line, &why))
            return fail(err, "%s:%u: %.200s", name, number, why.text);
        text += length + (text[length] == '\n');
    }
    return true;
}

static struct setting *look_up(struct config *c, const char *key)
{
    struct setting *s = c ? c->first : NULL;

    while (s && strcmp(s->key, key))
        s = s->next;
    if (s)
        s->used = true;
    return s;
}

static void complain(struct config *c, const struct setting *s, const char *wanted)
{
    if (!*c->complaint)
        snprintf(c->complaint, sizeof c->complaint, "%.80s = %.80s: %s wanted",
                 s->key, s->value, wanted);
}

const char *config_text(struct config *c, const char *key, const char *otherwise)
{
    struct setting *s = look_up(c, key);

    return s ? s->value : otherwise;
}

bool config_flag(struct config *c, const char *key, bool otherwise)
{
    static const char *const yes[] = { "yes", "on", "true", "1" };
    static const char *const no[] = { "no", "off", "false", "0" };
    struct setting *s = look_up(c, key);

    for (unsigned i = 0; s && i < COUNT(yes); i++) {
        if (!strcmp(s->value, yes[i]))
            return true;
        if (!strcmp(s->value, no[i]))
            return false;
    }
    if (s)
        complain(c, s, "yes or no");
    return otherwise;
}

static unsigned digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at ? (unsigned)(at - digits) : 99;
}

/* 16M and the like; false if it is not a number or beyond 64 bits. */
static bool parse_number(const char *text, u64 *value)
{
    static const char units[] = "KMGT";
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    unsigned base = hex ? 16 : 10;
    u64 factor = 1;
    const char *unit;

    *value = 0;
    text += hex ? 2 : 0;
    if (digit(*text) >= base)
        return false;
    for (; digit(*text) < base; text++)
        if (__builtin_mul_overflow(*value, base, value)
            || __builtin_add_overflow(*value, digit(*text), value))
            return false;
    if (*text) {
        unit = strchr(units, toupper((unsigned char)*text++));
        if (!unit)
            return false;
        factor = BIT(10 * (unit - units + 1));
    }
    return !*text && !__builtin_mul_overflow(*value, factor, value);
}

u64 config_number(struct config *c, const char *key, u64 otherwise)
{
    struct setting *s = look_up(c, key);
    u64 value;

    if (!s)
        return otherwise;
    if (parse_number(s->value, &value))
        return value;
    complain(c, s, "a number");
    return otherwise;
}

const char *config_complaint(struct config *c)
{
    for (struct setting *s = c ? c->first : NULL; s && !*c->complaint; s = s->next)
        if (!s->used)
            snprintf(c->complaint, sizeof c->complaint,
                     "%.200s: nothing here is called so", s->key);
    return c && *c->complaint ? c->complaint : NULL;
}
