#!/bin/sh
# Programs compiled for x86-64-v3 -- AVX2, FMA, F16C, BMI1, BMI2, LZCNT, MOVBE -- compute under
# Linux what they compute on the host; on the models that have it, and on max.
# Needs Debian's packages cpio, gcc, libc6-dev, a mirror, and a host that has it.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need cpio cpio gzip gzip dpkg-deb dpkg

tree=$media/v3
rm -rf "$tree"
mkdir -p "$tree/usr/bin"
"${CC_X86:-gcc}" -O3 -march=x86-64-v3 -static -o "$tree/usr/bin/v3" "$SRC/tests/guest/lib/v3.c" -lm ||
    { echo "the program does not build"; exit 1; }
for bit in avx2 fma f16c bmi2 movbe abm; do
    grep -qw "$bit" /proc/cpuinfo || { echo "the host has no $bit"; exit 0; }
done
"$tree/usr/bin/v3" > "$BUILD/guest/v3.want" || { echo "the program fails on the host"; exit 1; }

kernel=$(kernel cloud-amd64) &&
    initrd=$(initrd amd64 v3 '/usr/bin/v3
echo "-- end"
exec sh' "$tree") || { echo "no kernel"; exit 1; }
for model in Haswell Skylake-Client max; do
    guest "v3.$model" -cpu "$model" -m 256 -kernel "$kernel" -initrd "$initrd" \
        -append "console=ttyS0 quiet" -nic none --expect-serial "-- end"
    while read -r line; do
        grep -q "^$line" "$BUILD/guest/v3.$model.log" ||
            { failed=$((failed + 1)); echo "$model: no $line"; }
    done < "$BUILD/guest/v3.want"
done
finish
