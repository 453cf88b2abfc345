/*
 * Firmware, option ROMs, and the files of -fw_cfg. Looked for in the -L directories first,
 * then where Debian's and Fedora's packages (seabios, ipxe-qemu) put them.
 */
#include "frontends/setup/parts.h"

#include "core/bits.h"
#include "core/error.h"
#include "frontends/options/options.h"
#include "frontends/setup/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROM_LIMIT = 16 << 20, FILE_LIMIT = 256 << 20, PATH_ROOM = 1024 };

static const char *const directories[] = {
    "/usr/share/seabios", "/usr/share/seavgabios", "/usr/lib/ipxe/qemu", "/usr/share/ipxe/qemu",
    "/usr/share/qemu", "/usr/share/ipxe", "/usr/local/share/qemu",
};

/* Option ROMs of network interfaces, by device type. */
static const struct { const char *type, *file; } nic_roms[] = {
    { "e1000", "pxe-e1000.rom" }, { "rtl8139", "pxe-rtl8139.rom" },
    { "ne2k_pci", "pxe-ne2k_pci.rom" },
};

static bool is_in(const char *directory, const char *name, char *path)
{
    snprintf(path, PATH_ROOM, "%s/%s", directory, name);
    return file_exists(path);
}

static bool find(const struct options *o, const char *name, char *path)
{
    for (unsigned i = 0; i < o->firmware_dir.count; i++)
        if (is_in(o->firmware_dir.at[i], name, path))
            return true;
    for (unsigned i = 0; i < COUNT(directories); i++)
        if (is_in(directories[i], name, path))
            return true;
    return false;
}

/* -bios FILE: a path, or a name to look for. */
static bool add_bios(struct parts *p, const struct session *s, struct error *err)
{
    const struct options *o = s->options;
    bool old = !strcmp(s->board->name, "isapc");
    const char *name = o->bios ? o->bios : old ? "bios.bin" : "bios-256k.bin";
    char path[PATH_ROOM];

    if (o->bios && file_exists(o->bios))
        snprintf(path, sizeof path, "%s", o->bios);
    else if (!find(o, name, path))
        return fail(err, "%s: no such firmware here, nor below -L, %s, %s; Debian's package "
                    "seabios has it", name, directories[0], directories[4]);
    p->rom = file_read(path, ROM_LIMIT, &p->input.rom_bytes, err);
    p->input.rom = p->rom;
    return p->rom;
}

/* A ROM that is not there is left out: the machine starts without it. */
static bool add_rom(struct parts *p, const struct options *o, const char *name, const char *file,
                    struct error *err)
{
    char path[PATH_ROOM];
    size_t count;
    u8 *bytes;

    if (!find(o, file, path))
        return true;
    bytes = file_read(path, ROM_LIMIT, &count, err);
    return bytes && parts_add_file(p, name, bytes, count, err);
}

static bool add_nic_roms(struct parts *p, const struct options *o, struct error *err)
{
    for (unsigned i = 0; i < COUNT(nic_roms); i++)
        for (unsigned d = 0; d < p->input.device_count; d++) {
            char name[48];

            if (strcmp(p->device[d].type, nic_roms[i].type))
                continue;
            snprintf(name, sizeof name, "nicrom:%s", nic_roms[i].type);
            if (!add_rom(p, o, name, nic_roms[i].file, err))
                return false;
            break;
        }
    return true;
}

static bool add_fw_cfg(struct parts *p, const char *text, struct error *err)
{
    struct suboptions s;
    const char *name, *file, *string;
    u8 *bytes = NULL;
    size_t count = 0;
    bool good;

    if (!options_inside(&s, "fw_cfg", text, err))
        return false;
    name = suboption(&s, "name");
    file = suboption(&s, "file");
    string = suboption(&s, "string");
    if (!name || !file == !string)
        fail(err, "-fw_cfg %s: name= and one of file= and string= are wanted", text);
    else if (strlen(name) >= 56)
        fail(err, "-fw_cfg %s: a name has at most 55 characters", name);
    else if (file)
        bytes = file_read(file, FILE_LIMIT, &count, err);
    else if ((bytes = (u8 *)strdup(string)))
        count = strlen(string);
    good = bytes && parts_add_file(p, name, bytes, count, err);
    suboptions_free(&s);
    return good;
}

/* Numbers that SeaBIOS reads from files: -boot splash-time= and reboot-timeout=, in ms. */
static bool add_waits(struct parts *p, const char *text, struct error *err)
{
    static const struct { const char *word, *file; size_t bytes; } waits[] = {
        { "splash-time", "etc/boot-menu-wait", 2 }, { "reboot-timeout", "etc/boot-fail-wait", 4 },
    };
    struct suboptions s;
    bool good = true;

    if (!options_inside(&s, "boot", text, err))
        return false;
    for (unsigned i = 0; good && i < COUNT(waits); i++) {
        u64 ms;
        u8 *bytes;

        if (!suboption(&s, waits[i].word))
            continue;
        bytes = calloc(1, 8);
        if (!suboption_number(&s, waits[i].word, &ms) || !bytes) {
            free(bytes);
            good = fail(err, "-boot %s=: milliseconds are wanted", waits[i].word);
        } else {
            store_le64(bytes, ms);
            good = parts_add_file(p, waits[i].file, bytes, waits[i].bytes, err);
        }
    }
    suboptions_free(&s);
    return good;
}

bool parts_add_firmware(struct parts *p, const struct session *s, struct error *err)
{
    const struct options *o = s->options;
    bool old = !strcmp(s->board->name, "isapc");

    if (!add_bios(p, s, err))
        return false;
    if ((!o->vga || strcmp(o->vga, "none"))
        && !add_rom(p, o, "vgabios", old ? "vgabios-isavga.bin" : "vgabios-stdvga.bin", err))
        return false;
    if (!add_nic_roms(p, o, err))
        return false;
    for (unsigned i = 0; i < o->boot.count; i++)
        if (!add_waits(p, o->boot.at[i], err))
            return false;
    for (unsigned i = 0; i < o->fw_cfg.count; i++)
        if (!add_fw_cfg(p, o->fw_cfg.at[i], err))
            return false;
    return true;
}

bool parts_add_file(struct parts *p, const char *name, u8 *bytes, size_t count, struct error *err)
{
    size_t i = p->input.file_count;

    if (i == PARTS_FILES) {
        free(bytes);
        return fail(err, "%s: too many files", name);
    }
    snprintf(p->file_name[i], sizeof p->file_name[i], "%s", name);
    p->file[i] = (struct board_file){ p->file_name[i], bytes, count };
    p->input.files = p->file;
    p->input.file_count = i + 1;
    return true;
}

void parts_forget_bytes(struct parts *p)
{
    for (size_t i = 0; i < p->input.file_count; i++)
        free((u8 *)p->file[i].bytes);
    p->input.file_count = 0;
    free(p->rom);
    p->rom = NULL;
}

void parts_rest(const struct parts *p)
{
    kept_rest(&p->image);
    kept_rest(&p->initrd);
}

void parts_free(struct parts *p)
{
    parts_forget_bytes(p);
    kept_free(&p->image);
    kept_free(&p->initrd);
    free(p);
}
