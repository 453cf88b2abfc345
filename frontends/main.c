/* The command: arguments in, a verdict out. */
#include "core/error.h"
#include "core/version.h"
#include "frontends/headless.h"
#include "frontends/options.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct options o;
    struct error err;

    if (!options_parse(&o, argc, argv, &err)) {
        fprintf(stderr, "orrery: %s\n", err.text);
        return VERDICT_USAGE;
    }
    if (o.version) {
        puts("orrery " ORRERY_VERSION);
        return 0;
    }
    if (o.help) {
        options_help();
        return 0;
    }
    if (!o.command || strcmp(o.command, "test") || !o.bios) {
        fputs("orrery: there is no PC yet, only `orrery test FIRMWARE`; see --help\n", stderr);
        return VERDICT_USAGE;
    }
    return headless_test(&o);
}
