/* What the machine has to tell people: to a file, or standard error. */
#pragma once
#include "frontends/session.h"

void tell_begin(struct session *);
/* Opens -D's file, heeds -d, and traces the devices of --trace, which the board has. */
bool tell_trace(struct session *, struct error *);
void tell_end(struct session *);
