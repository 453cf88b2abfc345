#include "tests/support/mailbox.h"

DEFINE_STATE(struct mailbox, MAILBOX_STATE);

static void mailbox_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct mailbox *b = container_of(dev, struct mailbox, dev);
    u32 i = b->count++ % MAILBOX_ROOM;

    b->address[i] = 0xfee00000 + (u32)offset;
    b->data[i] = (u32)value;
    b->when[i] = device_now(dev);
}

static const struct io_ops mailbox_io = { NULL, mailbox_write, 4 };

static bool mailbox_attach(struct device *dev, struct error *err)
{
    struct mailbox *b = container_of(dev, struct mailbox, dev);

    b->region = (struct region){ .name = "mailbox", .owner = dev, .io = &mailbox_io,
                                 .size = 0x100000 };
    space_map(dev->machine->memory, &b->region, 0xfee00000, NORMAL);
    return true;
}

static const struct device_type mailbox_type = {
    .name = "mailbox", .title = "what hears messages", .size = sizeof(struct mailbox),
    .state = state_rows, .attach = mailbox_attach,
};

struct mailbox *mailbox(struct machine *m)
{
    struct device *dev = machine_add(m, &mailbox_type, "mailbox", NULL);

    return dev ? container_of(dev, struct mailbox, dev) : NULL;
}
