# A build for aarch64 beside, run by qemu-user: sourced behind guests.sh.
far=$BUILD/guest/aarch64

# Another build, by the same sources and names; what the caller's make exports is not for it.
build_far()
{
    need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu qemu-aarch64 qemu-user make make
    need_file /usr/aarch64-linux-gnu/include/stdio.h libc6-dev-arm64-cross
    sources=$(cd "$SRC" && pwd)
    mkdir -p "$far"
    (
        cd "$far" && unset CC AR CFLAGS LDFLAGS MAKEFLAGS MFLAGS MAKELEVEL &&
            { [ config.mk -nt "$sources/configure" ] || "$sources/configure" --host=aarch64-linux-gnu; } &&
            make -s -j2 build/orrery
    ) > "$BUILD/guest/aarch64-build.log" 2>&1 ||
        { tail -n 20 "$BUILD/guest/aarch64-build.log"; exit 1; }
}

# Here and there: the same last line, which is the state's hash.
same_state()    # NAME OPTION...
{
    name=$1 log=$BUILD/guest/$1
    shift
    "$ORRERY" test --state-hash "$@" > "$log.here" 2> "$log.here-verdict"
    here=$?
    qemu-aarch64 -L /usr/aarch64-linux-gnu "$far/build/orrery" test --state-hash "$@" \
        > "$log.there" 2> "$log.there-verdict"
    there=$?
    if [ $here -eq $there ] && cmp "$log.here" "$log.there" &&
        tail -n 1 "$log.here" | grep -q '[0-9a-f]\{32\}$'; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name: here $here $(tail -n 1 "$log.here"), on aarch64 $there $(tail -n 1 "$log.there")"
        cat "$log.here-verdict" "$log.there-verdict"
    fi
}
