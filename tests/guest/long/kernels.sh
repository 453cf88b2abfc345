#!/bin/sh
# Linux older and newer than the other tests': Debian's cloud kernels of bullseye (5.10), trixie (6.12) and
# sid, with one processor of every feature and with four, to a shell; each single one twice to the same
# state. Needs Debian's packages seabios, cpio, debian-archive-keyring, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt
need_file /usr/share/seabios/bios-256k.bin seabios
keys=/usr/share/keyrings/debian-archive-keyring.gpg
need_file $keys debian-archive-keyring

# Where the host's own packages of Debian come from.
mirror()
{
    lists amd64 && apt_for amd64 indextargets --format '$(REPO_URI)' 'Label: Debian' \
        'Component: main' | head -n 1
}

# An apt that knows one suite alone.
suite_apt()     # SUITE apt-get|apt-cache WORD...
{
    suite=$1 tool=$2 state=$media/suite-$1
    shift 2
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    touch "$state/status"
    echo "deb [signed-by=$keys] $mirror $suite main" > "$state/sources.list"
    $tool -q -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o Dir::State="$state" \
        -o Dir::State::Lists="$state/lists" -o Dir::State::Status="$state/status" \
        -o Dir::Cache="$state/cache" -o Dir::Etc::SourceList="$state/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null -o Acquire::Languages=none \
        -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

# What a package of the suite depends on first, of a kind.
first_of()      # SUITE PACKAGE KIND
{
    suite_apt "$1" apt-cache depends "$2" | sed -n "s/.*Depends: \\($3.*\\)/\\1/p" | head -n 1
}

# The kernel of a suite, in its package or in one beside it; prints its path.
suite_kernel()  # SUITE
{
    dir=$media/kernel-$1
    if [ ! -e "$dir/.done" ]; then
        rm -rf "$dir"
        mkdir -p "$dir/deb"
        suite_apt "$1" apt-get update >&2 || return 1
        image=$(first_of "$1" linux-image-cloud-amd64 linux-image)
        [ -n "$image" ] || return 1
        binary=$(first_of "$1" "$image" linux-binary)
        (cd "$dir/deb" && suite_apt "$1" apt-get download "${binary:-$image}" >&2) &&
            dpkg-deb -x "$dir"/deb/*.deb "$dir" && rm -r "$dir/deb" && touch "$dir/.done" || return 1
    fi
    find "$dir" -type f -name 'vmlinuz*' | head -n 1
}

mirror=$(mirror)
initrd=$(shell_initrd amd64 kernels) || { echo "no initramfs"; exit 1; }
for suite in bullseye trixie sid; do
    kernel=$(suite_kernel $suite)
    [ -n "$kernel" ] || { echo "$suite: no kernel"; failed=$((failed + 1)); continue; }
    set -- -cpu max -m 512 -kernel "$kernel" -initrd "$initrd" -append console=ttyS0 --max-time 60
    guest_twice "kernel-$suite" "$@" --script "$(shell_script "kernel-$suite" 1 x86_64)"
    guest "kernel-$suite-four" "$@" -smp 4 --script "$(shell_script "kernel-$suite-four" 4 x86_64)"
done
finish
