/* Network interfaces and what they are plugged into. */
#pragma once
#include "frontends/session.h"

bool network_connect(struct session *, struct error *);
void network_close(struct session *);

/* For the run loop: see host/net.h. */
void network_pump(struct session *);
u64  network_until(const struct session *, u64 until);
bool network_waits(const struct session *);
