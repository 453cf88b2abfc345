/*
 * What an ATAPI drive says of itself and of its disc: SCSI Multimedia Commands - 3
 * (T10/1363D), "Commands for all multi-media devices", "Mode parameters for multi-media
 * devices", "Features and profiles"; SCSI Primary Commands - 3 (T10/1416D), "INQUIRY".
 */
#include "peripherals/storage/atapi_cd_parts.h"

#include <string.h>

enum { DATA_TRACK = 0x14, LEAD_OUT = 0xaa, PREGAP = 150 };

static u32 allocated(const struct cd *c)
{
    return load_be(c->cdb + 7, 2);
}

void cd_inquiry(struct cd *c)
{
    u8 *p = cd_blank(c, 36);

    if (c->cdb[1] & 1 || c->cdb[2]) {
        cd_end(c, INVALID_IN_PACKET);
        return;
    }
    p[0] = 5;                           /* a CD or DVD drive */
    p[1] = 0x80;                        /* removable */
    p[3] = 0x21;                        /* ATAPI: version 2, response format 1 */
    p[4] = 36 - 5;
    memcpy(p + 8, "ORRERY  DVD-ROM         1.0 ", 28);
    cd_reply(c, 36, load_be(c->cdb + 3, 2));
}

/* -- READ TOC -- */

static void put_frames(u8 *p, u32 frames)
{
    p[0] = 0;
    p[1] = (u8)(frames / 75 / 60);
    p[2] = (u8)(frames / 75 % 60);
    p[3] = (u8)(frames % 75);
}

static void put_address(u8 *p, u32 lba, bool msf)
{
    if (msf)
        put_frames(p, lba + PREGAP);
    else
        store_be(p, lba, 4);
}

static u8 *put_track(u8 *p, u8 track, u32 lba, bool msf)
{
    p[1] = DATA_TRACK;
    p[2] = track;
    put_address(p + 4, lba, msf);
    return p + 8;
}

/* Point A0h: first track; A1h: last; A2h: lead-out; then the track. */
static u8 *put_raw(u8 *p, u8 point, u32 lba)
{
    p[0] = 1;                           /* session */
    p[1] = DATA_TRACK;
    p[3] = point;
    if (point == 0xa0 || point == 0xa1)
        p[8] = 1;
    else
        put_address(p + 7, lba, true);
    p[7] = 0;
    return p + 11;
}

static u8 *fill_raw_toc(struct cd *c, u8 *p)
{
    p = put_raw(p, 0xa0, 0);
    p = put_raw(p, 0xa1, 0);
    p = put_raw(p, 0xa2, cd_sectors(c));
    return put_raw(p, 1, 0);
}

void cd_read_toc(struct cd *c)
{
    u8 *p = cd_blank(c, 64), *end = p + 4, first = c->cdb[6];
    u8 format = c->cdb[2] & 15 ? c->cdb[2] & 15 : c->cdb[9] >> 6;
    bool msf = c->cdb[1] & 2;

    if (format > 2 || (format == 0 && first > 1 && first != LEAD_OUT)) {
        cd_end(c, INVALID_IN_PACKET);
        return;
    }
    p[2] = p[3] = 1;                    /* first and last track, or session */
    if (format == 2)
        end = fill_raw_toc(c, end);
    if (format == 1 || (format == 0 && first <= 1))
        end = put_track(end, 1, 0, msf);
    if (format == 0)
        end = put_track(end, LEAD_OUT, cd_sectors(c), msf);
    store_be(p, (u32)(end - p) - 2, 2);
    cd_reply(c, (u32)(end - p), allocated(c));
}

/* -- mode pages: error recovery, audio control, capabilities -- */

enum { RECOVERY = 0x01, AUDIO = 0x0e, CAPABILITIES = 0x2a, ALL_PAGES = 0x3f };

static const u8 default_recovery[6] = { 0, 5 };
static const u8 default_audio[14] = { 4, 0, 0, 0, 0, 75, 1, 0xff, 2, 0xff };

void cd_set_mode_defaults(struct cd *c)
{
    memcpy(c->recovery, default_recovery, sizeof c->recovery);
    memcpy(c->audio, default_audio, sizeof c->audio);
}

static void fill_capabilities(const struct cd *c, u8 *p)
{
    enum { SPEED = 4234 };              /* kB/s: 24 x 176.4 */

    p[0] = 0x3b;                        /* reads CD-R, CD-RW, DVD-ROM, -R, -RAM */
    p[2] = 0x70;                        /* mode 2 forms 1 and 2, several sessions */
    p[4] = (u8)(0x29 | (c->prevented ? 2 : 0));     /* tray, ejects, locks; locked now */
    store_be(p + 6, SPEED, 2);
    store_be(p + 10, 512, 2);           /* KB of buffer */
    store_be(p + 12, SPEED, 2);
}

/* Control 0: now; 1: what can be changed; 2: at first. */
static u8 *put_page(const struct cd *c, u8 *p, u8 page, u8 control)
{
    u8 count = page == RECOVERY ? sizeof c->recovery : page == AUDIO ? sizeof c->audio : 18;

    p[0] = page;
    p[1] = count;
    if (page == CAPABILITIES && control != 1)
        fill_capabilities(c, p + 2);
    else if (page == RECOVERY && control == 1)
        memset(p + 2, 0xff, 2);
    else if (page == RECOVERY)
        memcpy(p + 2, control ? default_recovery : c->recovery, count);
    else if (page == AUDIO && control == 1)
        memset(p + 8, 0xff, 4);
    else if (page == AUDIO)
        memcpy(p + 2, control ? default_audio : c->audio, count);
    return p + 2 + count;
}

static u8 medium_type(const struct cd *c)
{
    return c->open ? 0x71 : c->drive.medium ? 0x01 : 0x70;
}

void cd_mode_sense(struct cd *c)
{
    static const u8 pages[] = { RECOVERY, AUDIO, CAPABILITIES };
    bool ten = c->cdb[0] == 0x5a;
    u8 wanted = c->cdb[2] & 0x3f, control = c->cdb[2] >> 6;
    u8 *p = cd_blank(c, 96), *start = p + (ten ? 8 : 4), *end = start;

    for (unsigned i = 0; i < COUNT(pages); i++)
        if (wanted == pages[i] || wanted == ALL_PAGES)
            end = put_page(c, end, pages[i], control);
    if (end == start || control == 3) {
        cd_end(c, end == start ? INVALID_IN_PACKET : NO_SAVING);
        return;
    }
    if (ten) {
        store_be(p, (u32)(end - p) - 2, 2);
        p[2] = medium_type(c);
    } else {
        p[0] = (u8)(end - p - 1);
        p[1] = medium_type(c);
    }
    cd_reply(c, (u32)(end - p), ten ? allocated(c) : c->cdb[4]);
}

void cd_mode_select(struct cd *c)
{
    u32 count = c->cdb[0] == 0x55 ? allocated(c) : c->cdb[4];

    if (c->cdb[1] & 1)                  /* SP: saving pages */
        cd_end(c, INVALID_IN_PACKET);
    else if (count > CD_PARAMETERS)
        cd_end(c, BAD_LIST_LENGTH);
    else if (count == 0)
        cd_end(c, NO_SENSE);
    else
        cd_take(c, count);
}

void cd_mode_selected(struct cd *c)
{
    bool ten = c->cdb[0] == 0x55;
    u32 count = c->parameter_at, head = ten ? 8 : 4;
    const u8 *p = c->parameters;
    u32 at = head + (count < head ? 0 : ten ? load_be(p + 6, 2) : p[3]);

    while (at + 2 <= count && at + 2 + p[at + 1] <= count) {
        if ((p[at] & 0x3f) == RECOVERY && p[at + 1] == sizeof c->recovery)
            memcpy(c->recovery, p + at + 2, 2);
        else if ((p[at] & 0x3f) == AUDIO && p[at + 1] == sizeof c->audio)
            memcpy(c->audio + 6, p + at + 8, 4);
        else if ((p[at] & 0x3f) != CAPABILITIES)
            break;
        at += 2 + p[at + 1];
    }
    cd_end(c, at == count ? NO_SENSE : count < head || at < count ? INVALID_IN_LIST
                                                                   : BAD_LIST_LENGTH);
}

/* -- features and events -- */

enum { PROFILE_CD = 0x08, PROFILE_DVD = 0x10 };

/* A CD of 80 minutes has 360000 sectors. */
static u16 profile(const struct cd *c)
{
    return !cd_loaded(c) ? 0 : cd_sectors(c) > 360000 ? PROFILE_DVD : PROFILE_CD;
}

struct feature { u16 code; u8 flags, count; u8 data[8]; };

/* Flags: the version, 2 persistent, 1 current; 4 and 8: current with a CD, with a DVD. */
enum { PERSISTENT = 2, CURRENT = 1, WITH_CD = 4, WITH_DVD = 8 };

static const struct feature features[] = {
    { 0x0000, PERSISTENT | CURRENT, 8, { 0, PROFILE_DVD, 0, 0, 0, PROFILE_CD, 0, 0 } },
    { 0x0001, PERSISTENT | CURRENT, 4, { 0, 0, 0, 2 } },            /* core: ATAPI */
    { 0x0002, PERSISTENT | CURRENT, 4, { 0 } },                     /* morphing: events polled */
    { 0x0003, PERSISTENT | CURRENT, 4, { 0x29 } },                  /* tray, ejects, locks */
    { 0x0010, WITH_CD | WITH_DVD, 8, { 0, 0, 8, 0, 0, 16, 1, 0 } }, /* random readable */
    { 0x001e, WITH_CD, 4, { 0 } },                                  /* CD read */
    { 0x001f, WITH_DVD, 0, { 0 } },                                 /* DVD read */
    { 0x0100, PERSISTENT | CURRENT, 0, { 0 } },                     /* power management */
};

static bool is_current(const struct cd *c, u8 flags)
{
    u16 now = profile(c);

    return flags & CURRENT || (flags & WITH_CD && now == PROFILE_CD)
        || (flags & WITH_DVD && now == PROFILE_DVD);
}

static u8 *put_feature(const struct cd *c, u8 *p, const struct feature *f)
{
    bool current = is_current(c, f->flags);

    store_be(p, f->code, 2);
    p[2] = (u8)((f->flags & PERSISTENT) | current);
    p[3] = f->count;
    memcpy(p + 4, f->data, f->count);
    if (f->code == 0x0000) {
        p[6] = profile(c) == PROFILE_DVD;
        p[10] = profile(c) == PROFILE_CD;
    }
    return p + 4 + f->count;
}

void cd_get_configuration(struct cd *c)
{
    u8 type = c->cdb[1] & 3, *p = cd_blank(c, 128), *end = p + 8;
    u32 from = load_be(c->cdb + 2, 2);

    if (type == 3) {
        cd_end(c, INVALID_IN_PACKET);
        return;
    }
    for (unsigned i = 0; i < COUNT(features); i++) {
        const struct feature *f = &features[i];
        bool wanted = type == 2 ? f->code == from
                    : f->code >= from && (type == 0 || is_current(c, f->flags));

        if (wanted)
            end = put_feature(c, end, f);
    }
    store_be(p, (u32)(end - p) - 4, 4);
    store_be(p + 6, profile(c), 2);
    cd_reply(c, (u32)(end - p), allocated(c));
}

/* [GET EVENT STATUS NOTIFICATION]: polled, media class alone; an event is told once. */
void cd_get_event(struct cd *c)
{
    enum { MEDIA = 4, NO_EVENT = 0x80 };
    u8 *p = cd_blank(c, 8);

    if (!(c->cdb[1] & 1)) {
        cd_end(c, INVALID_IN_PACKET);
        return;
    }
    p[3] = BIT(MEDIA);
    if (!(c->cdb[4] & BIT(MEDIA))) {
        p[1] = 2;
        p[2] = NO_EVENT;
        cd_reply(c, 4, allocated(c));
        return;
    }
    p[1] = 6;
    p[2] = MEDIA;
    p[4] = c->event;
    p[5] = (u8)((cd_loaded(c) ? 2 : 0) | (c->open ? 1 : 0));
    if (allocated(c) > 4)
        c->event = 0;
    cd_reply(c, 8, allocated(c));
}

void cd_mechanism_status(struct cd *c)
{
    u8 *p = cd_blank(c, 8);

    p[1] = c->open ? 0x10 : 0;
    cd_reply(c, 8, load_be(c->cdb + 8, 2));
}

/* -- the disc -- */

void cd_read_disc_information(struct cd *c)
{
    u8 *p = cd_blank(c, 34);

    store_be(p, 32, 2);
    p[2] = 0x0e;                        /* complete, and so is its last session */
    p[3] = p[4] = p[5] = p[6] = 1;      /* first track, sessions, tracks of the last */
    p[7] = 0x20;                        /* not restricted in use */
    memset(p + 16, 0xff, 8);            /* nowhere to go on writing */
    cd_reply(c, 34, allocated(c));
}

void cd_read_track_information(struct cd *c)
{
    u8 *p = cd_blank(c, 36), type = c->cdb[1] & 3;
    u32 where = load_be(c->cdb + 2, 4);

    if (type == 3 || (type ? where != 1 : where >= cd_sectors(c))) {
        cd_end(c, INVALID_IN_PACKET);
        return;
    }
    store_be(p, 34, 2);
    p[2] = p[3] = 1;                    /* track, session */
    p[5] = 0x04;                        /* data */
    p[6] = 0x01;                        /* mode 1 */
    store_be(p + 24, cd_sectors(c), 4);
    cd_reply(c, 36, allocated(c));
}

/* Where the pickup is: on the disc, then from the track's start. */
static void put_position(const struct cd *c, u8 *p)
{
    bool msf = c->cdb[1] & 2;

    p[1] = DATA_TRACK;
    p[2] = p[3] = 1;                    /* track, index */
    put_address(p + 4, c->lba, msf);
    if (msf)
        put_frames(p + 8, c->lba);
    else
        store_be(p + 8, c->lba, 4);
}

/* [READ SUB-CHANNEL]: no audio plays; without a catalogue number or ISRC. */
void cd_read_sub_channel(struct cd *c)
{
    enum { NOTHING_TO_TELL = 0x15, POSITION = 1, ISRC = 3 };
    u8 *p = cd_blank(c, 24), format = c->cdb[3];
    bool wanted = c->cdb[2] & 0x40;
    u32 count = !wanted ? 4 : format == POSITION ? 16 : 24;

    if (wanted && (format < POSITION || format > ISRC)) {
        cd_end(c, INVALID_IN_PACKET);
        return;
    }
    p[1] = NOTHING_TO_TELL;
    store_be(p + 2, count - 4, 2);
    p[4] = wanted ? format : 0;
    if (wanted && format == POSITION)
        put_position(c, p + 4);
    cd_reply(c, count, allocated(c));
}
