/* The command: arguments in, a machine, a verdict out. */
#include "core/error.h"
#include "core/machine.h"
#include "core/snapshot.h"
#include "core/version.h"
#include "frontends/loop.h"
#include "frontends/options/options.h"
#include "frontends/pace.h"
#include "frontends/report.h"
#include "frontends/screen.h"
#include "frontends/setup/setup.h"
#include "frontends/verdict.h"

#include <inttypes.h>
#include <stdio.h>

static int complain(const struct error *err, int verdict)
{
    fprintf(stderr, "orrery: %s\n", err->text);
    return verdict;
}

/* What is written when all is over; false: one of it could not be. */
static bool leave_papers(struct session *s, const struct outcome *out)
{
    const struct options *o = s->options;
    struct error err;

    if (o->screenshot && !screen_save(s, o->screenshot, NULL, &err))
        return complain(&err, false);
    if (o->report && !report_write(s, out, o->report, &err))
        return complain(&err, false);
    if (o->hash) {
        struct digest d = machine_hash(s->machine);

        printf("%016" PRIx64 "%016" PRIx64 "\n", d.high, d.low);
    }
    return true;
}

static int run(struct session *s)
{
    u64 began = host_now();
    enum end end = loop(s);
    u64 ended = host_now();
    struct outcome out = {
        .verdict = verdict_of(s, end), .instructions = machine_retired(s->machine),
        .virtual_ns = s->machine->clock.now, .host_ns = ended - began,
    };

    session_close_screen(s);            /* a terminal is for words again */

    if (s->options->command == COMMAND_TEST)
        report_print(s, &out);
    else if (end == END_SHUTDOWN || end == END_DEAD || end == END_BUDGET || end == END_WALL)
        report_print(s, &out);
    if (!leave_papers(s, &out))
        return VERDICT_CONFIG;
    return s->options->command == COMMAND_TEST ? out.verdict : status_of_run(s, end);
}

int main(int argc, char **argv)
{
    struct options o;
    struct session s;
    struct error err = { "" };
    int status = 0;

    if (!options_parse(&o, argc, argv, &err))
        return complain(&err, VERDICT_USAGE);
    if (o.version)
        puts("orrery " ORRERY_VERSION);
    else if (o.help)
        options_help();
    else if (o.listing)
        status = setup_list(&o, &err) ? 0 : complain(&err, VERDICT_CONFIG);
    else {
        bool test = o.command == COMMAND_TEST;

        status = setup(&s, &o, &err) ? run(&s) : complain(&err, test ? VERDICT_CONFIG : 1);
        session_end(&s);
    }
    options_free(&o);
    return status;
}
