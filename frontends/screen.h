/* What the machine's screen shows, for people and for tests. */
#pragma once
#include "core/types.h"
#include "frontends/options/options.h"

struct error;
struct session;

/* The text screen as UTF-8, a line for each row, blanks at their ends cut off. Freed by the
 * caller; NULL: there is no screen, or it is in a graphics mode. */
char *screen_text(struct session *);
/* Does the text screen show all of these? */
bool  screen_shows_all(struct session *, const struct texts *);
/* The picture, as PPM where the name ends in .ppm or `format` says so, else PNG. */
bool  screen_save(struct session *, const char *path, const char *format, struct error *);
/* Code page 437 in Unicode. */
u32   screen_unicode(u8 character);
