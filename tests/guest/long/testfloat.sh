#!/bin/sh
# TestFloat at level 1 in a Linux guest, as it comes in QEMU's source package: each of its functions
# that an instruction of the x87, SSE, AVX, F16C or FMA computes, in all directions and precisions
# of rounding, is SoftFloat's to the bit, with its flags, NaNs, and integers of what has none
# (-checkAll; tininess is found behind the rounding). One answer is the processor's own: infinity
# times zero, and a NaN added, is that NaN, and invalid if it was signalling (SDM volume 1, "FMA
# Instruction Operand Order and Arithmetic Behavior"); SoftFloat's is another.
# 64-bit programs, and 32-bit ones. lib/testfloat is the part that TestFloat leaves to its user.
# Needs Debian's packages cpio, make and, for 32-bit programs, libc6-dev-i386 and gcc-12-multilib,
# and a mirror for the source package; or a tree of QEMU 7.2 in QEMU_SOURCE.
# Seconds: 3600
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/strangers.sh"
need make make cpio cpio dpkg-deb dpkg apt-get apt
qemu=$(sources qemu "${QEMU_SOURCE-}") && [ -d "$qemu/tests/fp/berkeley-testfloat-3/source" ] ||
    { echo "passed over: no sources of TestFloat"; exit 0; }

# Their makefiles, in a copy; the flags of SoftFloat go by a name that QEMU's copy has lost.
# shellcheck disable=SC2016
build()         # BITS PLATFORM COMPILER OPTION
{
    tree=$media/testfloat-$1 platform=$2 compiler=$3
    rm -rf "$tree"
    mkdir -p "$tree/run"
    cp -R "$qemu"/tests/fp/berkeley-*-3 "$tree"
    make -s -C "$tree/berkeley-softfloat-3/build/$platform" SPECIALIZE_TYPE=8086-SSE \
        "COMPILE_C=$compiler"' -c $(SOFTFLOAT_OPTS) '"$4"' $(C_INCLUDES) -w -O2 -o $@' || return 1
    for form in x87 scalar packed wide; do
        subject=sse
        [ $form != x87 ] || subject=x87
        cp -R "$tree/berkeley-testfloat-3/build/$platform" "$tree/berkeley-testfloat-3/build/$form"
        make -s -C "$tree/berkeley-testfloat-3/build/$form" "PLATFORM=$platform" \
            "SUBJ_SOURCE_DIR=$SRC/tests/guest/lib/testfloat/$subject" \
            "COMPILE_C=$compiler"' -c $(TESTFLOAT_OPTS) $(C_INCLUDES) -w -O2 -o $@' \
            TESTFLOAT_OPTS="-DFLOAT16 -DFLOAT64 -DEXTFLOAT80 -DFLOAT128 -DFLOAT_ROUND_ODD \
                -Dslowfloat_exceptionFlags=softfloat_exceptionFlags \
                -DFORM=$(echo $form | tr "[:lower:]" "[:upper:]")" \
            "LINK=$compiler -static"' -o $@' testfloat || return 1
        cp "$tree/berkeley-testfloat-3/build/$form/testfloat" "$tree/run/$form.testfloat"
    done
}

# A run that must end with STATUS, and if it is not 0, say nothing behind its filter.
program()       # NAME STATUS FORM OPTION...
{
    file=$tree/run/$1
    echo "$2" > "$file.status"
    echo cat > "$file.filter"
    shift 2
    echo "#!/bin/sh
exec ./$1.testfloat -level 1 -checkAll -tininessafter $2" > "$file"
    chmod +x "$file"
    echo "${file##*/}" >> "$tree/run/list"
}

# Lets pass what else than an infinity times zero plus a NaN is not SoftFloat's, and what of this
# is not that NaN.
nan_kept='tr "\r" "\n" | awk "
/^[+-]/ {
    split(\$0, x)
    a = substr(x[1], 2); b = substr(x[2], 2)
    known = (a ~ /^0+[.]0+\$/ && b ~ /F+[.]0+\$/ || b ~ /^0+[.]0+\$/ && a ~ /F+[.]0+\$/)
    operands = \$0
}
/=>/ {
    split(\$0, z)
    quiet = x[3] ~ /F[.][4-7]..... *\$/ || x[3] ~ /F[.][89A-F]............ *\$/
    same = substr(z[2], 1, 4) == substr(x[3], 1, 4) && (z[2] == x[3] || !quiet)
    if (!known || !same || z[3] != (quiet ? \".....\" : \"v....\"))
        print operands \$0
}"'

for bits in 64 32; do
    if [ $bits = 64 ]; then
        build 64 Linux-x86_64-GCC "${CC_X86:-gcc}" -DSOFTFLOAT_FAST_INT64 || exit 1
    else
        compiler=$(compiler32) ||
            { echo "passed over: no compiler for 32-bit programs"; continue; }
        build 32 Linux-386-GCC "$compiler -msse2" "" || exit 1
    fi
    for form in x87 scalar packed wide; do
        program $form-1 0 $form -all1
        program $form-2 0 $form -all2
        [ $form != x87 ] && [ $bits = 64 ] || continue      # long, and nothing new in 32 bits
        for format in f32 f64; do
            program $form-$format-mulAdd 1 $form "-errors 100000 ${format}_mulAdd"
            echo "$nan_kept" > "$tree/run/$form-$format-mulAdd.filter"
            : > "$tree/run/$form-$format-mulAdd.want"
        done
    done
    guest_answers testfloat-$bits "$tree/run" -m 512 -smp 1
done
finish
