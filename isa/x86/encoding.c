/* isa/x86/encoding.c */
/* Reads the encodings of opcodes.def; opcode.h has the notation. */
#include "isa/x86/opcode.h"

#include <string.h>

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "XX", or -1. */
static int hex_byte(const char *s)
{
    int high = hex_digit(s[0]);
    int low = high < 0 ? -1 : hex_digit(s[1]);

    return low < 0 ? -1 : high << 4 | low;
}

/* Is the next word this one, and not the last? Then it is passed over. */
static bool word(const char **s, const char *w)
{
    size_t n = strlen(w);

    if (strncmp(*s, w, n) != 0 || (*s)[n] != ' ')
        return false;
    *s += n + 1;
    return true;
}

static u8 operand_mod(u8 operand)
{
    switch (operand) {
    case Rw: case Rd: case Rq: case Rv: case Ry: case U: case N: case STi:
        return MOD_REGISTER;
    case M: case Mb: case Mw: case Md: case Mq: case Mv: case My: case Mt: case Mx: case Mp:
    case VSIB:
        return MOD_MEMORY;
    default:
        return MOD_ANY;
    }
}

/* Behind the opcode: "/r", "/n", "=XX" or nothing. */
static bool parse_modrm(const char *s, struct encoding *e)
{
    if (*s == '\0')
        return true;
    e->modrm = true;
    if (strcmp(s, "/r") == 0)
        return true;
    if (s[0] == '/' && s[1] >= '0' && s[1] <= '7' && s[2] == '\0') {
        e->digit = (s8)(s[1] - '0');
        return true;
    }
    if (s[0] != '=' || hex_byte(s + 1) < 0 || s[3] != '\0')
        return false;
    e->exact = (s16)hex_byte(s + 1);
    e->digit = (s8)(e->exact >> 3 & 7);
    return true;
}

static void parse_prefixes(const char **s, struct encoding *e)
{
    e->prefix = word(s, "NP") ? PREFIX_NONE : word(s, "66") ? PREFIX_66
        : word(s, "F3") ? PREFIX_F3 : word(s, "F2") ? PREFIX_F2 : PREFIX_ANY;
    e->w = word(s, "W0") ? 0 : word(s, "W1") ? 1 : -1;
    e->b0 = word(s, "B0");
    if (word(s, "0F"))
        e->map = word(s, "38") ? MAP_0F38 : word(s, "3A") ? MAP_0F3A : MAP_0F;
}

/* ".text", and then a dot or a space? Then it is passed over. */
static bool part(const char **s, const char *text)
{
    size_t n = strlen(text);

    if (**s != '.' || strncmp(*s + 1, text, n) != 0 || !strchr(". ", (*s)[n + 1]))
        return false;
    *s += n + 1;
    return true;
}

/* Behind "VEX"; false: W or the map is not given, or something else is. */
static bool parse_vex(const char **s, struct encoding *e)
{
    bool wig;

    e->length = part(s, "128") || part(s, "LZ") ? LENGTH_0 : part(s, "256") ? LENGTH_1
        : part(s, "LIG") ? LENGTH_IGNORED : LENGTH_CHOOSES;
    e->prefix = part(s, "66") ? PREFIX_66 : part(s, "F3") ? PREFIX_F3
        : part(s, "F2") ? PREFIX_F2 : PREFIX_NONE;
    e->map = part(s, "0F38") ? MAP_VEX_0F38 : part(s, "0F3A") ? MAP_VEX_0F3A
        : part(s, "0F") ? MAP_VEX_0F : MAP_VEX;
    wig = part(s, "WIG");
    e->w = part(s, "W0") ? 0 : part(s, "W1") ? 1 : -1;
    return e->map != MAP_VEX && wig == (e->w < 0) && *(*s)++ == ' ';
}

static void look_at_operands(const struct row *row, struct encoding *e)
{
    for (unsigned i = 0; i < COUNT(row->operand); i++) {
        if (e->mod == MOD_ANY)
            e->mod = operand_mod(row->operand[i]);
        e->vvvv |= row->operand[i] == H || row->operand[i] == By;
        e->vsib |= row->operand[i] == VSIB;
    }
}

bool encoding_is_vex(const struct row *row)
{
    return strncmp(row->encoding, "VEX", 3) == 0;
}

bool encoding_parse(const struct row *row, struct encoding *e)
{
    const char *s = row->encoding;
    int opcode;

    *e = (struct encoding){ .w = -1, .digit = -1, .exact = -1 };
    if (!encoding_is_vex(row)) {
        parse_prefixes(&s, e);
    } else {
        s += 3;
        if (!parse_vex(&s, e))
            return false;
    }
    opcode = hex_byte(s);
    if (opcode < 0)
        return false;
    e->opcode = (u8)opcode;
    s += 2;
    if (s[0] == '+' && s[1] == 'r') {
        e->plus_r = true;
        s += 2;
    }
    if (*s == ' ')
        s++;
    look_at_operands(row, e);
    return parse_modrm(s, e);
}
