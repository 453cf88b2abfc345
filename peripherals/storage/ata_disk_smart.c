/*
 * Self-monitoring of an ATA disk that never ails: AT Attachment with Packet Interface - 6
 * (T13/1410D), "SMART feature set". Offline routines and self-tests end at once, well.
 * Not modelled: captive self-tests of some duration, WRITE LOG.
 */
#include "peripherals/storage/ata_disk_parts.h"

#include "core/bits.h"

#include <string.h>

enum {
    READ_DATA = 0xd0, READ_THRESHOLDS = 0xd1, AUTOSAVE = 0xd2, SAVE_VALUES = 0xd3,
    OFF_LINE = 0xd4, READ_LOG = 0xd5, ENABLE = 0xd8, DISABLE = 0xd9, RETURN_STATUS = 0xda,
};

enum { KEY_MID = 0x4f, KEY_HIGH = 0xc2 };

enum { LOG_DIRECTORY = 0, LOG_ERRORS = 1, LOG_SELF_TESTS = 6 };

#define HOUR    (UINT64_C(3600) * SECOND)

/* What makers agreed on: id, flags, value, worst; the raw value follows. */
struct attribute { u8 id, flags, value, threshold, raw; };

static const struct attribute attributes[] = {
    {   1, 0x0b, 100,  6,  0 },         /* read error rate */
    {   3, 0x07, 100,  0, 16 },         /* spin-up time */
    {   4, 0x12, 100, 20,  1 },         /* starts and stops */
    {   5, 0x33, 100, 36,  0 },         /* reallocated sectors */
    {   9, 0x32, 100,  0,  0 },         /* hours of power */
    {  12, 0x32, 100,  0,  1 },         /* power cycles */
    { 190, 0x22,  69, 50, 31 },         /* temperature, 100 - value */
    { 194, 0x22,  31,  0, 31 },         /* temperature */
    { 197, 0x32, 100,  0,  0 },         /* sectors pending */
    { 199, 0x3e, 200,  0,  0 },         /* CRC errors */
};

static u16 hours(const struct disk *d)
{
    return (u16)(device_now(&d->ata.dev) / HOUR);
}

static void seal(u8 page[512])
{
    u8 sum = 0;

    for (unsigned i = 0; i < 511; i++)
        sum = (u8)(sum + page[i]);
    page[511] = (u8)-sum;
}

static void fill_data(const struct disk *d, u8 *page)
{
    store_le16(page, 0x0010);                   /* revision */
    for (unsigned i = 0; i < COUNT(attributes); i++) {
        const struct attribute *a = &attributes[i];
        u8 *at = page + 2 + 12 * i;

        at[0] = a->id;
        at[1] = a->flags;
        at[3] = at[4] = a->value;
        store_le16(at + 5, a->id == 9 ? hours(d) : a->raw);
    }
    page[362] = 0x02;                           /* off-line collection has been completed */
    page[363] = 0x00;                           /* self-test: none or without error */
    page[367] = 0x1b;                           /* off-line and self-tests are implemented */
    store_le16(page + 368, 0x0003);             /* saves before standby, autosave */
    page[370] = 0x01;                           /* error log */
    page[372] = page[373] = 1;                  /* minutes of self-tests */
}

static void fill_thresholds(u8 *page)
{
    store_le16(page, 0x0010);
    for (unsigned i = 0; i < COUNT(attributes); i++) {
        page[2 + 12 * i] = attributes[i].id;
        page[3 + 12 * i] = attributes[i].threshold;
    }
}

/* [Self-test log data structure]: the last test only. */
static void fill_self_tests(const struct disk *d, u8 *page)
{
    store_le16(page, 1);
    if (d->self_test == 0)
        return;
    page[2] = d->self_test;
    store_le16(page + 4, hours(d));
    page[508] = 1;
}

static bool fill_log(const struct disk *d, u8 *page, u8 log)
{
    switch (log) {
    case LOG_DIRECTORY:
        store_le16(page, 1);
        page[2 * LOG_ERRORS] = 1;
        page[2 * LOG_SELF_TESTS] = 1;
        return true;
    case LOG_ERRORS:        page[0] = 1; break;
    case LOG_SELF_TESTS:    fill_self_tests(d, page); break;
    default:                return false;
    }
    seal(page);
    return true;
}

static bool fill(struct disk *d, u8 *page)
{
    memset(page, 0, 512);
    switch (d->task->feature[0]) {
    case READ_DATA:         fill_data(d, page); break;
    case READ_THRESHOLDS:   fill_thresholds(page); break;
    case READ_LOG:          return d->task->count[0] == 1 && fill_log(d, page, d->task->low[0]);
    default:                return false;
    }
    seal(page);
    return true;
}

static bool set(struct disk *d)
{
    switch (d->task->feature[0]) {
    case AUTOSAVE:          d->smart_autosave = d->task->count[0] == 0xf1; return true;
    case SAVE_VALUES:       return true;
    case ENABLE:            d->smart = true; return true;
    case DISABLE:           d->smart = false; return true;
    case RETURN_STATUS:     return true;        /* the key comes back: no threshold exceeded */
    case OFF_LINE:
        if ((d->task->low[0] & 0x7f) > 2)
            return false;
        d->self_test = d->task->low[0] & 0x7f ? d->task->low[0] : d->self_test;
        return true;
    }
    return false;
}

void disk_smart(struct disk *d)
{
    const struct ata_task *t = d->task;

    if (t->mid[0] != KEY_MID || t->high[0] != KEY_HIGH
        || (!d->smart && t->feature[0] != ENABLE))
        ata_abort(&d->ata);
    else if (fill(d, d->task->buffer))
        disk_reply(d);
    else if (set(d))
        ata_finish(&d->ata, ATA_DSC, 0);
    else
        ata_abort(&d->ata);
}
