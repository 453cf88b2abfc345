#include "tests/support/fake_cpu.h"

#include "core/machine.h"

DEFINE_STATE(struct fake_cpu, FAKE_STATE);

static bool fake_run(struct cpu *cpu, struct clock *c)
{
    struct fake_cpu *f = container_of(cpu, struct fake_cpu, cpu);

    f->runs++;
    while (!f->asleep && c->now < c->deadline) {
        f->sum = f->sum * 31 + c->now + space_read(cpu->ports, 0x10, 1);
        c->now += f->step;
        f->lazy++;
        if (f->nap && --f->left == 0) {
            f->left = f->nap;
            f->asleep = true;
        }
    }
    return !f->asleep;
}

static void fake_settle(struct cpu *cpu)
{
    struct fake_cpu *f = container_of(cpu, struct fake_cpu, cpu);

    cpu->retired += f->lazy;
    f->lazy = 0;
}

static unsigned fake_disassemble(struct cpu *cpu, u64 address, char *text, size_t room)
{
    (void)cpu, (void)address;
    if (room)
        *text = 0;
    return 1;
}

static bool fake_attach(struct device *dev, struct error *err)
{
    static const struct cpu_ops ops = {
        .run = fake_run, .settle = fake_settle, .disassemble = fake_disassemble,
    };

    return cpu_join(container_of(dev, struct cpu, dev), &ops, err);
}

static void fake_reset(struct device *dev, enum reset how)
{
    struct fake_cpu *f = container_of(dev, struct fake_cpu, cpu.dev);

    (void)how;
    f->asleep = false;
    f->left = f->nap;
    f->sum = 0;
}

static void fake_pin(struct device *dev, unsigned pin, bool level)
{
    struct fake_cpu *f = container_of(dev, struct fake_cpu, cpu.dev);

    if (pin == 0 && level)
        f->asleep = false;
    f->pulses += pin == 1 && level;
}

const struct device_type fake_cpu_type = {
    .name = "fake", .title = "A processor that counts",
    .size = sizeof(struct fake_cpu), .state = state_rows,
    .attach = fake_attach, .reset = fake_reset, .pin = fake_pin,
};

struct fake_cpu *fake_cpu(struct machine *m, const char *name, u64 step, u64 nap)
{
    struct device *dev = machine_add(m, &fake_cpu_type, name, NULL);
    struct fake_cpu *f = dev ? container_of(dev, struct fake_cpu, cpu.dev) : NULL;

    if (f) {
        f->step = step;
        f->nap = f->left = nap;
    }
    return f;
}
