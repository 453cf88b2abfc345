#include "frontends/options/suboptions.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

/* Up to the next single comma, which is cut off; doubled ones become one, in place. */
static char *cut(char **rest)
{
    char *word = *rest, *to = word, *from = word;

    while (*from && !(from[0] == ',' && from[1] != ',')) {
        from += *from == ',';
        *to++ = *from++;
    }
    *rest = *from ? from + 1 : NULL;
    *to = '\0';
    return word;
}

/* Is it one of the words? A colon behind one marks the implied key; a star is any. */
static bool is_allowed(const char *allowed, const char *key)
{
    size_t length = strlen(key);

    while (*allowed) {
        size_t word = strcspn(allowed, " ");
        size_t name = allowed[word - 1] == ':' ? word - 1 : word;

        if (*allowed == '*' || (name == length && !strncmp(allowed, key, length)))
            return true;
        allowed += word;
        allowed += *allowed == ' ';
    }
    return false;
}

/* A copy of the word before the colon, or NULL. */
static char *implied_key(const char *allowed)
{
    const char *colon = allowed ? strchr(allowed, ':') : NULL, *start = colon;

    if (!colon)
        return NULL;
    while (start > allowed && start[-1] != ' ')
        start--;
    return strndup(start, (size_t)(colon - start));
}

static bool add(struct suboptions *s, const char *key, const char *value)
{
    if (s->count == SUBOPTIONS)
        return false;
    s->at[s->count].key = key;
    s->at[s->count++].value = value;
    return true;
}

static bool take(struct suboptions *s, const char *option, char *word, const char *allowed,
                 struct error *err)
{
    char *equals = strchr(word, '=');

    if (equals)
        *equals = '\0';
    if (allowed && !is_allowed(allowed, word))
        return fail(err, "-%s: \"%s\" is no suboption; there are: %s", option, word, allowed);
    if (!add(s, word, equals ? equals + 1 : "on"))
        return fail(err, "-%s: too many suboptions", option);
    return true;
}

/* The implied key's name is kept behind the text itself. */
static bool copy(struct suboptions *s, const char *text, const char *allowed, const char **implied)
{
    char *key = implied_key(allowed);
    size_t length = strlen(text) + 1;

    s->count = 0;
    s->text = malloc(length + (key ? strlen(key) : 0) + 1);
    *implied = NULL;
    if (s->text) {
        memcpy(s->text, text, length);
        if (key)
            *implied = strcpy(s->text + length, key);
    }
    free(key);
    return s->text;
}

bool suboptions_parse(struct suboptions *s, const char *option, const char *text,
                      const char *allowed, struct error *err)
{
    const char *implied;
    char *rest;

    if (!copy(s, text, allowed, &implied))
        return fail(err, "no host memory");
    rest = s->text;
    for (bool first = true; rest; first = false) {
        char *word = cut(&rest);

        if (first && implied && *word && !strchr(word, '='))
            add(s, implied, word);
        else if (*word && !take(s, option, word, allowed, err)) {
            suboptions_free(s);
            return false;
        }
    }
    return true;
}

void suboptions_free(struct suboptions *s)
{
    free(s->text);
    s->text = NULL;
    s->count = 0;
}

const char *suboption(const struct suboptions *s, const char *key)
{
    for (unsigned i = s->count; i-- > 0;)
        if (!strcmp(s->at[i].key, key))
            return s->at[i].value;
    return NULL;
}

bool suboption_flag(const struct suboptions *s, const char *key, bool otherwise)
{
    const char *v = suboption(s, key);

    if (!v)
        return otherwise;
    return !strcmp(v, "on") || !strcmp(v, "yes") || !strcmp(v, "true") || !strcmp(v, "1");
}

bool suboption_number(const struct suboptions *s, const char *key, u64 *value)
{
    const char *v = suboption(s, key);
    char *end;

    if (!v)
        return true;
    *value = strtoull(v, &end, 0);
    return end != v && *end == '\0';
}
