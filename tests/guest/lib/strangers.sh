# Programs that others wrote to judge a processor, on Debian's amd64 kernel (the cloud one has no
# 16-bit segments): sourced behind guests.sh. They are built on the host from Debian's source
# packages, run there, and must print the same in the guest; nothing of theirs is part of this
# project. A file PROGRAM.filter beside a program is a shell's: both outputs go through it.

# The programs in a directory but those named, a line each.
programs()      # DIRECTORY NAME...
{
    (
        cd "$1" && shift &&
            find . -maxdepth 1 -type f -perm -1 | sed 's,^\./,,' |
            grep -v -x -F "$(printf '%s\n' "$@")" | LC_ALL=C sort
    )
}

# The unpacked source package, fetched once below $media; or what the variable NAME holds.
sources()       # PACKAGE DIRECTORY-NAMED-BY-THE-ENVIRONMENT
{
    [ -z "$2" ] || { echo "$2"; return 0; }
    (
        flock 9
        dir=$media/src-$1 state=$media/apt-src
        [ -e "$dir/.done" ] || {
            mkdir -p "$dir" "$state/lists/partial" "$state/cache/archives/partial"
            touch "$state/status"
            echo 'deb-src http://deb.debian.org/debian bookworm main' > "$state/sources.list"
            for word in update "source --download-only $1"; do
                # shellcheck disable=SC2086
                (cd "$dir" && apt-get -q -o Dir::Etc::SourceList="$state/sources.list" \
                    -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$state" \
                    -o Dir::State::Lists="$state/lists" -o Dir::State::Status="$state/status" \
                    -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root $word >&2) || exit 1
            done
            tar -C "$dir" -xf "$dir"/*.orig.tar.* && touch "$dir/.done" || exit 1
        }
        find "$dir" -mindepth 1 -maxdepth 1 -type d
    ) 9> "$media/lock-src-$1"
}

# A compiler for 32-bit programs that are linked statically; prints its command.
compiler32()
{
    for c in "gcc -m32" i686-linux-gnu-gcc; do
        echo 'int main(void) { return 0; }' |
            $c -static -x c -o "$media/try32" - 2> "$media/try32.log" && echo "$c" && return
    done
    return 1
}

# What each program of DIRECTORY prints here and how it ends. One that prints other words each
# time is judged by its end alone; an output that is there already is the authors' own.
host_answers()  # DIRECTORY PROGRAM...
{
    (
        cd "$1" || exit 1
        shift
        for p in "$@"; do
            [ -e "$p.filter" ] || echo cat > "$p.filter"
            timeout 100 "./$p" < /dev/null > "$p.raw" 2>&1
            echo $? > "$p.status"
            sh "$p.filter" < "$p.raw" > "$p.first"
            timeout 100 "./$p" < /dev/null > "$p.raw" 2>&1
            sh "$p.filter" < "$p.raw" > "$p.again"
            [ -e "$p.want" ] || ! cmp -s "$p.first" "$p.again" || mv "$p.first" "$p.want"
            rm -f "$p.first" "$p.again" "$p.raw"
        done
        printf '%s\n' "$@" > list
    )
}

# All of them in the guest. A program counts as one test.
guest_answers() # NAME DIRECTORY OPTION...
{
    name=$1 tree=$media/strangers-$1
    rm -rf "$tree"
    mkdir -p "$tree"
    cp -R "$2" "$tree/tests"
    shift 2
    kernel=$(kernel amd64) && initrd=$(initrd amd64 "$name" '
dmesg -n 1; ulimit -c 0; ip link set lo up; cd /tests
for p in $(cat list); do
    timeout 600 ./$p < /dev/null > /tmp/raw 2>&1
    status=$?
    sh $p.filter < /tmp/raw > /tmp/out
    if [ $status != $(cat $p.status) ]; then
        echo "not so: $p ended with $status, on the host with $(cat $p.status)"
        tail -n 3 /tmp/out
    elif [ -e $p.want ] && ! cmp -s /tmp/out $p.want; then
        echo "not so: $p printed other words"
        diff $p.want /tmp/out | head -n 6
    else
        echo "so: $p"
    fi
done
echo "-- end"
poweroff -f' "$tree") || { echo "no kernel"; exit 1; }
    log=$BUILD/guest/$name.log
    "$ORRERY" test -nic none -kernel "$kernel" -initrd "$initrd" \
        -append "console=ttyS0 quiet" --ok-on poweroff --max-time 3000 "$@" > "$log.raw" 2>&1
    tr -d '\r' < "$log.raw" > "$log"
    passed=$((passed + $(grep -a -c '^so: ' "$log")))
    bad=$(grep -a -c '^not so: ' "$log")
    failed=$((failed + bad))
    [ "$bad" -eq 0 ] || sed -n '/^not so: /,/^so: /{/^so: /d;p}' "$log"
    grep -a -q '^-- end' "$log" || {
        failed=$((failed + 1))
        echo "$name: $(tail -n 3 "$log")"
    }
}
