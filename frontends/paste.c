#include "frontends/paste.h"

#include "frontends/session.h"

#include <stdlib.h>
#include <string.h>

enum { AHEAD = 64 };                /* movements of keys: so soon it can be called off */

void paste_begin(struct paste *p, const char *text)
{
    paste_end(p);
    p->text = strdup(text);
}

/* The end of a line is one key, however it is written. */
static char next_character(struct paste *p)
{
    char c = p->text[p->at++];

    if (c == '\r' && p->text[p->at] == '\n')
        p->at++;
    return c;
}

void paste_step(struct paste *p, struct session *s)
{
    while (p->text && s->typing.count < AHEAD) {
        char one[2] = { 0 };

        if (!p->text[p->at]) {
            paste_end(p);
            return;
        }
        *one = next_character(p);
        typing_text(s, one);
    }
}

void paste_end(struct paste *p)
{
    free(p->text);
    *p = (struct paste){ 0 };
}
