/* Commands of people, line by line, over any stream: QEMU's words. */
#pragma once
#include "frontends/session.h"

struct chr;
struct chr_host;

/* A monitor at the end of that stream, for the session's life. */
bool monitor_open(struct session *, struct chr_host *, struct error *);
void monitor_close(struct monitor *);

/* One line, its answer to `out`. */
void monitor_command(struct session *, struct chr *out, const char *line);
