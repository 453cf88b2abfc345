/* `orrery test`: no window, no host time, a verdict. */
#include "frontends/headless.h"

#include "core/board.h"
#include "core/chr.h"
#include "core/config.h"
#include "core/error.h"
#include "core/machine.h"
#include "core/snapshot.h"
#include "frontends/options.h"
#include "peripherals/boards/boards.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE = 10 * 1000 * 1000 };      /* ns between looks at the instruction count */
enum { ROM_LIMIT = 16 << 20 };

static void print_byte(struct chr *out, u8 byte)
{
    putchar(byte);
}

static const struct chr_ops stdout_ops = { print_byte };

static void print_log(void *ctx, enum log_level level, const struct device *dev, const char *text)
{
    fprintf(stderr, "%s: %s: %s\n", dev ? dev->name : "orrery", log_level_name(level), text);
}

static u8 *read_file(const char *path, size_t *size, struct error *err)
{
    FILE *f = fopen(path, "rb");
    u8 *bytes = malloc(ROM_LIMIT + 1);

    *size = 0;
    if (!f || !bytes) {
        fail(err, "%s: %s", path, strerror(errno));
    } else {
        *size = fread(bytes, 1, ROM_LIMIT + 1, f);
        if (ferror(f) || *size == 0 || *size > ROM_LIMIT)
            fail(err, "%s: not firmware: it has to be of 1 byte to 16 MB", path);
        else
            err->text[0] = '\0';
    }
    if (f)
        fclose(f);
    if (bytes && err->text[0] == '\0')
        return bytes;
    free(bytes);
    return NULL;
}

static bool configure(struct machine *m, const struct options *o, struct error *err)
{
    m->config = config_create();
    if (!m->config)
        return fail(err, "no memory");
    for (unsigned i = 0; i < o->cpus; i++) {
        char key[32];

        snprintf(key, sizeof key, "cpu%u.model", i);
        if (!config_set(m->config, key, o->cpu, err))
            return false;
        snprintf(key, sizeof key, "cpu%u.timing", i);
        if (!config_set(m->config, key, o->timing, err))
            return false;
    }
    return true;
}

/* Firmware, machine, consoles. NULL: err says why. */
static struct machine *power_on(const struct options *o, struct chr *out, struct error *err)
{
    struct board_input in = { .ram_bytes = o->ram_bytes, .cpus = o->cpus };
    u8 *rom = read_file(o->bios, &in.rom_bytes, err);
    struct machine *m = rom ? machine_create(err) : NULL;
    bool good = false;

    if (m) {
        in.rom = rom;
        m->log = print_log;
        good = configure(m, o, err) && boards[0]->build(m, &in, err);
    }
    free(rom);
    if (m && !good) {
        config_destroy(m->config);
        machine_destroy(m);
        return NULL;
    }
    if (!m)
        return NULL;
    for (struct device *d = m->devices; d; d = d->next)
        if (d->type->connect)
            d->type->connect(d, out);
    machine_reset(m, RESET_POWER);
    return m;
}

static enum run run(struct machine *m, const struct options *o)
{
    for (;;) {
        u64 slice = o->step ? 1 : SLICE, until = m->clock.now + slice;
        enum run why;

        if (until > o->max_time)
            until = o->max_time;
        if (o->max_insn && until > m->clock.now + (o->max_insn - machine_retired(m)))
            until = m->clock.now + (o->max_insn - machine_retired(m));
        why = machine_run(m, until);
        if (why != RUN_REACHED || m->clock.now >= o->max_time
            || (o->max_insn && machine_retired(m) >= o->max_insn))
            return why;
    }
}

static int judge(struct machine *m, enum run why)
{
    if (why == RUN_STOPPED && m->stop == STOP_VERDICT)
        return m->exit_code < 64 ? (int)m->exit_code : 63;
    if (why == RUN_STOPPED && m->stop == STOP_SHUTDOWN)
        return VERDICT_TRIPLE_FAULT;
    return why == RUN_REACHED ? VERDICT_BUDGET : VERDICT_DEAD;
}

static const char *verdict_text(int verdict)
{
    switch (verdict) {
    case 0: return "passed";
    case VERDICT_TRIPLE_FAULT: return "TRIPLE FAULT";
    case VERDICT_DEAD: return "DEAD: halted, and nothing can wake it";
    case VERDICT_BUDGET: return "OUT OF BUDGET";
    default: return "FAILED";
    }
}

int headless_test(const struct options *o)
{
    struct chr out = { &stdout_ops };
    struct error err = { "" };
    struct machine *m = power_on(o, &out, &err);
    int verdict;

    if (!m) {
        fprintf(stderr, "orrery: %s\n", err.text);
        return VERDICT_CONFIG;
    }
    verdict = judge(m, run(m, o));
    fflush(stdout);
    fprintf(stderr, "orrery: %s (%d) at instruction %" PRIu64 ", t=%.9f s\n",
            verdict_text(verdict), verdict, machine_retired(m), (double)m->clock.now / SECOND);
    if (o->hash) {
        struct digest d = machine_hash(m);

        printf("%016" PRIx64 "%016" PRIx64 "\n", d.high, d.low);
    }
    config_destroy(m->config);
    machine_destroy(m);
    return verdict;
}
