/*
 * An ATAPI drive that reads CDs and DVDs: AT Attachment with Packet Interface - 6
 * (T13/1410D), "PACKET command feature set"; SCSI Multimedia Commands - 3 (T10/1363D),
 * "Command descriptions"; SCSI Primary Commands - 3 (T10/1416D). Here are the task file's
 * commands, the protocol of packets, sense data and the tray.
 *
 * A medium is one session of one data track in mode 1. Not modelled: audio, writing,
 * DVD structures and keys, error correction codes (READ CD has zeros there).
 */
#include "peripherals/storage/atapi_cd.h"

#include "core/bits.h"
#include "core/input.h"
#include "core/machine.h"
#include "peripherals/storage/ata_identify.h"
#include "peripherals/storage/atapi_cd_parts.h"

#include <string.h>

DEFINE_STATE(struct cd, CD_STATE);

enum { PACKET = 0xa0, IDENTIFY_PACKET = 0xa1, SET_FEATURES = 0xef, CHECK_POWER = 0xe5 };

/* What crosses the cable between PACKET and its end. */
enum { STAGE_NONE, STAGE_PACKET, STAGE_DATA, STAGE_PARAMETERS };

enum { REASON_COMMAND = 1, REASON_TO_HOST = 2 };    /* [Interrupt reason register] */

static struct cd *cd_of(struct ata_drive *a)
{
    return container_of(a, struct cd, ata);
}

/* -- the protocol -- */

/* [Byte count register]: even, and FFFFh means FFFEh. */
static u32 block_limit(const struct cd *c)
{
    u32 limit = (u32)c->task->high[1] << 8 | c->task->mid[1];

    limit &= ~1u;
    return limit ? limit : 0xfffe;
}

static bool by_dma(const struct cd *c)
{
    return c->task->feature[0] & 1;
}

void cd_end(struct cd *c, enum sense sense)
{
    c->stage = STAGE_NONE;
    c->key = (u8)(sense >> 16);
    c->asc = (u8)(sense >> 8);
    c->ascq = (u8)sense;
    c->task->count[0] = REASON_COMMAND | REASON_TO_HOST;
    if (sense)
        trace(&c->ata.dev, "packet %02xh: sense %06xh", c->cdb[0], sense);
    ata_finish(&c->ata, ATA_DSC, (u8)(c->key << 4 | (sense == UNKNOWN_COMMAND ? ATA_ABRT : 0)));
}

u8 *cd_blank(struct cd *c, u32 count)
{
    return memset(c->task->buffer, 0, count);
}

void cd_send(struct cd *c, u64 bytes, u32 ready)
{
    c->stage = STAGE_DATA;
    ata_send(&c->ata, bytes, ready, block_limit(c), by_dma(c));
}

void cd_reply(struct cd *c, u32 count, u32 allocated)
{
    if (count > allocated)
        count = allocated;
    if (count == 0) {
        cd_end(c, NO_SENSE);
        return;
    }
    cd_send(c, count, count);
}

void cd_take(struct cd *c, u32 count)
{
    c->stage = STAGE_PARAMETERS;
    c->parameter_at = 0;
    c->task->granule = count;
    ata_receive(&c->ata, count, block_limit(c), true, by_dma(c));
}

static void cd_offer(struct ata_drive *a, u32 count)
{
    struct cd *c = cd_of(a);

    if (c->task->command != PACKET)
        return;
    c->task->count[0] = c->stage == STAGE_PACKET ? REASON_COMMAND
                      : c->stage == STAGE_DATA ? REASON_TO_HOST : 0;
    if (c->stage == STAGE_PACKET)
        return;
    c->task->mid[0] = (u8)count;
    c->task->high[0] = (u8)(count >> 8);
}

static bool cd_store(struct ata_drive *a, const u8 *from, u32 count)
{
    struct cd *c = cd_of(a);

    if (c->stage == STAGE_PACKET) {
        memcpy(c->cdb, from, count < sizeof c->cdb ? count : sizeof c->cdb);
        return true;
    }
    for (u32 i = 0; i < count && c->parameter_at < CD_PARAMETERS; i++)
        c->parameters[c->parameter_at++] = from[i];
    return true;
}

/* -- packets of a few lines -- */

static void test_unit_ready(struct cd *c)
{
    cd_end(c, NO_SENSE);
}

/* [REQUEST SENSE]: fixed format; what it tells is told once. */
static void request_sense(struct cd *c)
{
    u8 *p = cd_blank(c, 18);
    bool pending = c->attention && c->key == 0;

    p[0] = 0x70;
    p[2] = pending ? 6 : c->key;
    p[7] = 10;
    p[12] = pending ? c->attention : c->asc;
    p[13] = pending ? 0 : c->ascq;
    if (pending)
        c->attention = 0;
    c->key = c->asc = c->ascq = 0;
    cd_reply(c, 18, c->cdb[4]);
}

static void read_capacity(struct cd *c)
{
    u8 *p = cd_blank(c, 8);

    store_be(p, cd_sectors(c) - 1, 4);
    store_be(p + 4, CD_SECTOR, 4);
    cd_reply(c, 8, 8);
}

static void seek(struct cd *c)
{
    cd_end(c, load_be(c->cdb + 2, 4) < cd_sectors(c) ? NO_SENSE : OUT_OF_RANGE);
}

static void prevent_removal(struct cd *c)
{
    c->prevented = c->drive.locked = c->cdb[4] & 1;
    cd_end(c, NO_SENSE);
}

void cd_set_open(struct cd *c, bool open)
{
    if (c->open == open)
        return;
    c->open = open;
    c->event = open ? EVENT_REMOVED : EVENT_NEW;
    if (!open && c->drive.medium)
        c->attention = ATTENTION_MEDIUM;
}

/* [START STOP UNIT]: LoEj moves the tray, out where Start is 0. */
static void start_stop(struct cd *c)
{
    bool load_eject = c->cdb[4] & 2, start = c->cdb[4] & 1;

    if (load_eject && !start && c->prevented) {
        cd_end(c, REMOVAL_PREVENTED);
        return;
    }
    if (load_eject)
        cd_set_open(c, !start);
    cd_end(c, NO_SENSE);
}

/* -- which packet -- */

enum { QUIET = 1, MEDIUM = 2 };     /* reports no unit attention; needs a medium */

struct packet {
    u8    code, flags;
    void (*run)(struct cd *);
};

static const struct packet packets[] = {
    { 0x28, MEDIUM, cd_read },              { 0xa8, MEDIUM, cd_read },
    { 0x00, MEDIUM, test_unit_ready },      { 0x03, QUIET,  request_sense },
    { 0x12, QUIET,  cd_inquiry },           { 0x25, MEDIUM, read_capacity },
    { 0x43, MEDIUM, cd_read_toc },          { 0xbe, MEDIUM, cd_read_cd },
    { 0xb9, MEDIUM, cd_read_cd },           { 0x5a, 0,      cd_mode_sense },
    { 0x1a, 0,      cd_mode_sense },        { 0x55, 0,      cd_mode_select },
    { 0x15, 0,      cd_mode_select },       { 0x1b, 0,      start_stop },
    { 0x1e, 0,      prevent_removal },      { 0x46, QUIET,  cd_get_configuration },
    { 0x4a, QUIET,  cd_get_event },         { 0x51, MEDIUM, cd_read_disc_information },
    { 0x52, MEDIUM, cd_read_track_information },
    { 0xbd, 0,      cd_mechanism_status },  { 0x42, MEDIUM, cd_read_sub_channel },
    { 0x2b, MEDIUM, seek },                 { 0x35, 0,      test_unit_ready },
    { 0x2f, MEDIUM, seek },                 { 0xbb, 0,      test_unit_ready },
    { 0x4e, 0,      test_unit_ready },
};

static const struct packet *find_packet(u8 code)
{
    for (unsigned i = 0; i < COUNT(packets); i++)
        if (packets[i].code == code)
            return &packets[i];
    return NULL;
}

static void report_attention(struct cd *c)
{
    u8 code = c->attention;

    c->attention = 0;
    cd_end(c, (enum sense)(0x060000 | code << 8));
}

static void run_packet(struct cd *c)
{
    const struct packet *p = find_packet(c->cdb[0]);

    trace(&c->ata.dev, "packet %02x %02x %02x%02x%02x%02x %02x%02x %02x%02x %02x%02x",
          c->cdb[0], c->cdb[1], c->cdb[2], c->cdb[3], c->cdb[4], c->cdb[5], c->cdb[6],
          c->cdb[7], c->cdb[8], c->cdb[9], c->cdb[10], c->cdb[11]);
    if (c->attention && !(p && p->flags & QUIET))
        report_attention(c);
    else if (!p)
        cd_end(c, UNKNOWN_COMMAND);
    else if (p->flags & MEDIUM && !cd_loaded(c))
        cd_end(c, c->open ? NO_MEDIUM_OPEN : NO_MEDIUM_CLOSED);
    else
        p->run(c);
}

static void cd_done(struct ata_drive *a)
{
    struct cd *c = cd_of(a);

    if (c->task->command != PACKET)
        ata_finish(a, ATA_DSC, 0);
    else if (c->stage == STAGE_PACKET)
        run_packet(c);
    else if (c->stage == STAGE_PARAMETERS)
        cd_mode_selected(c);
    else
        cd_end(c, NO_SENSE);
}

/* -- commands of the task file -- */

/* The byte count limit is kept in [1], where offering the packet does not reach. */
static void packet(struct cd *c)
{
    c->task->mid[1] = c->task->mid[0];
    c->task->high[1] = c->task->high[0];
    c->stage = STAGE_PACKET;
    ata_receive(&c->ata, sizeof c->cdb, sizeof c->cdb, false, false);
}

static void identify(struct cd *c)
{
    const struct identity id = { "ORRERY DVD-ROM", c->serial, c->dma_mode };
    u8 *w = c->task->buffer;

    identify_begin(&c->ata, w, &id);
    identify_word(w, 0, 0x85c0);        /* CD, removable, DRQ within 50 us, packets of 12 */
    identify_word(w, 49, 0x0f00);       /* IORDY, LBA, DMA */
    identify_word(w, 53, 6);            /* words 64-70 and 88 hold */
    identify_word(w, 82, 0x4218);       /* NOP, DEVICE RESET, PACKET, power management */
    identify_word(w, 83, 0x4000);
    identify_word(w, 84, 0x4000);
    identify_word(w, 85, 0x4218);
    identify_word(w, 87, 0x4000);
    identify_seal(w);
    ata_send(&c->ata, 512, 512, 512, false);
}

static bool set_mode(struct cd *c, u8 mode)
{
    u8 family = mode & 0xf8, n = mode & 7;

    if (family == 0x20 ? n <= 2 : family == 0x40 && n <= 5)
        c->dma_mode = mode;
    else if (mode < 2 || (family == 0x08 && n <= 4))
        c->pio_mode = mode;
    else
        return false;
    return true;
}

static void set_features(struct cd *c)
{
    u8 code = c->task->feature[0];

    if (code == 0x66 || code == 0xcc || (code == 3 && set_mode(c, c->task->count[0])))
        ata_finish(&c->ata, ATA_DSC, 0);
    else
        ata_abort(&c->ata);
}

static void set_power(struct cd *c, u8 power)
{
    c->power = power;
    ata_finish(&c->ata, ATA_DSC, 0);
}

/* [Signature]: a disk's commands abort and tell what we are. */
static void refuse(struct cd *c)
{
    c->task->count[0] = c->task->low[0] = 1;
    c->task->mid[0] = 0x14;
    c->task->high[0] = 0xeb;
    ata_abort(&c->ata);
}

static void cd_command(struct ata_drive *a)
{
    struct cd *c = cd_of(a);

    switch (c->task->command) {
    case PACKET:                        packet(c); break;
    case IDENTIFY_PACKET:               identify(c); break;
    case SET_FEATURES:                  set_features(c); break;
    case 0xe0: case 0xe2: case 0x94: case 0x96:
    case 0xe6: case 0x99:               set_power(c, 0x00); break;
    case 0xe1: case 0xe3: case 0x95: case 0x97:
                                        set_power(c, 0x80); break;
    case CHECK_POWER: case 0x98:
        c->task->count[0] = c->power;
        ata_finish(a, ATA_DSC, 0);
        break;
    default:                            refuse(c); break;
    }
}

/* -- life -- */

static void cd_reset(struct ata_drive *a, bool hardware)
{
    struct cd *c = cd_of(a);

    c->stage = STAGE_NONE;
    c->key = c->asc = c->ascq = 0;
    if (!hardware)
        return;
    c->attention = ATTENTION_RESET;
    c->event = 0;
    c->prevented = c->drive.locked = false;
    c->power = 0xff;
    c->pio_mode = 0x0c;
    c->dma_mode = 0x45;
    cd_set_mode_defaults(c);
}

static void cd_insert(struct drive *drive, struct block *medium)
{
    drive->medium = medium && medium->sectors >= CD_BLOCKS ? medium : NULL;
}

/* A drive that is changed by force is not locked any more. */
static void cd_input(struct device *dev, u32 kind, const u8 *bytes, size_t count)
{
    struct cd *c = container_of(dev, struct cd, ata.dev);

    if (kind != INPUT_MEDIUM)
        return;
    cd_insert(&c->drive, count ? machine_medium(dev->machine, bytes, count) : NULL);
    c->open = false;
    c->prevented = c->drive.locked = false;
    c->event = c->drive.medium ? EVENT_NEW : EVENT_REMOVED;
    c->attention = c->drive.medium ? ATTENTION_MEDIUM : 0;
}

static void *cd_drive_offer(struct device *dev, const char *interface)
{
    struct cd *c = container_of(dev, struct cd, ata.dev);

    if (!strcmp(interface, "drive"))
        return &c->drive;
    return strcmp(interface, "ata") ? NULL : &c->ata;
}

static void cd_resume(struct device *dev)
{
    struct cd *c = container_of(dev, struct cd, ata.dev);

    ata_resume(&c->ata);
    c->drive.locked = c->prevented;
}

static bool cd_attach(struct device *dev, struct error *err)
{
    static const struct ata_ops ops = {
        .packet = true, .command = cd_command, .fetch = cd_fetch, .store = cd_store,
        .done = cd_done, .offer = cd_offer, .reset = cd_reset,
    };
    struct cd *c = container_of(dev, struct cd, ata.dev);

    ata_attach(&c->ata, &ops, c->task);
    c->drive = (struct drive){ .dev = dev, .insert = cd_insert, .removable = true };
    c->serial = device_text(dev, "serial", NULL);
    return true;
}

const struct device_type atapi_cd_type = {
    .name = "atapi-cd", .title = "ATAPI drive for CDs and DVDs", .size = sizeof(struct cd),
    .state = state_rows, .attach = cd_attach, .input = cd_input, .resume = cd_resume,
    .offer = cd_drive_offer,
};
