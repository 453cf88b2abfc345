#pragma once

/* A new file without a name, read and written, where large ones are at home (TMPDIR, /var/tmp,
 * /tmp), else in memory. -1: none can be made, errno says why. */
int unlinked_file(void);
