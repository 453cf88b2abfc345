/* The machine's configuration, "rtc.start = ...", from the options. */
#pragma once
#include "frontends/session.h"

bool settings_make(struct session *, struct error *);
/* After the building: a setting of the user's that nothing asked for is named. */
bool settings_check(struct session *, struct error *);
