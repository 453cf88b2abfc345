/* From options to a machine with everything around it. */
#pragma once
#include "frontends/session.h"

/* False: err says why, and session_end() gives back what there was. */
bool setup(struct session *, const struct options *, struct error *);
void session_end(struct session *);

/* -machine help, -device help, -cpu help, -display help: true if it printed all. */
bool setup_list(const struct options *, struct error *);
