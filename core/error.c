#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>

bool fail(struct error *err, const char *fmt, ...)
{
    va_list args;

    if (err) {
        va_start(args, fmt);
        vsnprintf(err->text, sizeof err->text, fmt, args);
        va_end(args);
    }
    return false;
}
