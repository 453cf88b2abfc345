#!/bin/sh
# Traffic that leads each device into its deep states ends in one state when it is repeated, and
# a machine that was saved on the way does not notice.
set -eu
exec "$BUILD/tests/fuzz_devices" "$SRC"/tests/corpus/*.case
