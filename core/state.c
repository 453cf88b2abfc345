#include "core/state.h"

#include "core/bits.h"

#include <string.h>

/* The name of a row while its list is visited; what does not fit is cut off. */
struct name {
    size_t used;
    char   text[144];
};

static void add_text(struct name *n, const char *text)
{
    while (*text && n->used < sizeof n->text - 1)
        n->text[n->used++] = *text++;
    n->text[n->used] = 0;
}

static void add_index(struct name *n, u32 i)
{
    char digits[12], *at = digits + sizeof digits;

    *--at = 0;
    *--at = ']';
    do
        *--at = (char)('0' + i % 10);
    while (i /= 10);
    add_text(n, "[");
    add_text(n, at);
}

static void cut_name(struct name *n, size_t used)
{
    n->used = used;
    n->text[used] = 0;
}

static void visit(const struct state_row *r, u8 *base, struct name *n,
                  state_visitor *see, void *ctx)
{
    size_t used = n->used;

    for (; r && r->name; r++, cut_name(n, used)) {
        u8 *data = base + r->offset;
        size_t named;

        add_text(n, ".");
        add_text(n, r->name);
        if (r->kind != STATE_PART) {
            see(ctx, &(struct state_view){ n->text, r->about, data, r->size, r->count, r->kind });
            continue;
        }
        named = n->used;
        for (u32 i = 0; i < r->count; i++, cut_name(n, named)) {
            if (r->count > 1)
                add_index(n, i);
            visit(r->part(), data + (size_t)i * r->size, n, see, ctx);
        }
    }
}

void state_visit(const struct state_row *r, void *base, const char *prefix,
                 state_visitor *see, void *ctx)
{
    struct name n = { 0 };

    add_text(&n, prefix);
    visit(r, base, &n, see, ctx);
}

/* "[7]." of several parts, "." of one: which it is, and where the rest of the name begins. */
static const char *after_part(const char *at, u32 count, u32 *i)
{
    *i = 0;
    if (count > 1) {
        if (*at++ != '[' || *at < '0' || *at > '9')
            return NULL;
        while (*at >= '0' && *at <= '9' && *i < count)
            *i = 10 * *i + (u32)(*at++ - '0');
        if (*at++ != ']')
            return NULL;
    }
    return *at == '.' && *i < count ? at + 1 : NULL;
}

bool state_find(const struct state_row *r, void *base, const char *name, struct state_view *v)
{
    for (; r && r->name; r++) {
        size_t length = strlen(r->name);
        u8 *data = (u8 *)base + r->offset;
        const char *rest;
        u32 i;

        if (strncmp(name, r->name, length))
            continue;
        if (r->kind != STATE_PART && !name[length]) {
            *v = (struct state_view){ name, r->about, data, r->size, r->count, r->kind };
            return true;
        }
        if (r->kind == STATE_PART && (rest = after_part(name + length, r->count, &i))
            && state_find(r->part(), data + (size_t)i * r->size, rest, v))
            return true;
    }
    return false;
}

u64 state_get(const struct state_view *v, u32 i)
{
    const u8 *p = v->data + (size_t)i * v->size;
    u64 value = 0;

    switch (v->size) {
    case 1: value = *p; break;
    case 2: { u16 x; memcpy(&x, p, 2); value = x; break; }
    case 4: { u32 x; memcpy(&x, p, 4); value = x; break; }
    case 8: memcpy(&value, p, 8);
    }
    return v->kind == STATE_SIGNED ? sign_extend(value, 8 * v->size) : value;
}

void state_set(const struct state_view *v, u32 i, u64 value)
{
    u8 *p = v->data + (size_t)i * v->size;

    if (v->kind == STATE_BOOL)
        value = value != 0;
    switch (v->size) {
    case 1: *p = (u8)value; break;
    case 2: { u16 x = (u16)value; memcpy(p, &x, 2); break; }
    case 4: { u32 x = (u32)value; memcpy(p, &x, 4); break; }
    case 8: memcpy(p, &value, 8);
    }
}
