/* Serial lines, printer, debug consoles and monitors, each to its end on the host. */
#pragma once
#include "frontends/setup/parts.h"

/* After the board was built: connects what the options say, or what is usual. */
bool streams_connect(struct session *, const struct parts *, struct error *);
