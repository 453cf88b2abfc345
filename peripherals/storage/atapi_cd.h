#pragma once
#include "core/device.h"

/*
 * An ATAPI drive for CDs and DVDs, with or without a medium; offers "drive" and "ata". Key
 * "serial" is its serial number. A medium of INPUT_MEDIUM goes in, whatever the guest locked.
 */
extern const struct device_type atapi_cd_type;
