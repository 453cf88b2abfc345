/*
 * The command: arguments in, a verdict out. So far it can only introduce itself;
 * machines are made by the library's users.
 */
#include "core/version.h"

#include <stdio.h>
#include <string.h>

static void help(void)
{
    puts("Usage: orrery --version | --help\n"
         "\n"
         "Orrery emulates x86 PCs. The processor and the core of the machine are\n"
         "there, as the library liborrery; a PC around them is not yet: this command\n"
         "starts no guest so far.");
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--version")) {
        puts("orrery " ORRERY_VERSION);
        return 0;
    }
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        help();
        return 0;
    }
    fputs("orrery: see --help\n", stderr);
    return 2;
}
