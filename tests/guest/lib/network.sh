# A guest with network interfaces and a server on the loopback: sourced behind guests.sh.
#
# The guest boots once with all interfaces and uses one after the other: DHCP, a name, data from
# the host and back, ssh from the host. See network-init.sh.
lib=$SRC/tests/guest/lib
answers=10.0.2.15

network_needs()
{
    need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt ssh openssh-client
    need_file /usr/share/seabios/bios-256k.bin seabios
    "$ORRERY" test -machine bare -nic user /dev/null 2>&1 | grep 'built without' && exit 1
}

# Modules of a kernel, each behind what it depends upon, into the tree's /modules.
modules()       # VMLINUZ TREE NAME...
{
    tree=$2 from=${1%/boot/*}/lib/modules
    shift 2
    mkdir -p "$tree/modules"
    for module; do
        cp "$(find "$from" -name "$module.ko")" "$tree/modules/" || return 1
        echo "$module" >> "$tree/modules/list"
    done
}

# dropbear with its libraries, which lets our key in.
ssh_server()    # ARCHITECTURE TREE
{
    mkdir -p "$2/bin" "$2/lib" "$2/root/.ssh" "$2/etc/dropbear"
    for p in libc6 libcrypt1 libtomcrypt1 libtommath1 libgmp10 zlib1g dropbear-bin; do
        package "$1" $p > /dev/null || return 1
    done
    find "$media/$1"/lib[a-z]*[0-9]/ "$media/$1/zlib1g" -path '*-linux-gnu/*' \( -name 'ld-linux*.so.2' -o -name 'libc.so.6' \
        -o -name 'lib*crypt.so.1*' -o -name 'libtommath.so.1*' -o -name 'libgmp.so.10*' \
        -o -name 'libz.so.1*' \) -exec cp -P {} "$2/lib/" \;
    ln -s lib "$2/lib64"
    cp "$media/$1/dropbear-bin/usr/sbin/dropbear" "$2/bin/"
    chmod 700 "$2/root" "$2/root/.ssh"
    [ -e "$media/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$media/key" || return 1
    cp "$media/key.pub" "$2/root/.ssh/authorized_keys"
    echo 'root::0:0:root:/root:/bin/sh' > "$2/etc/passwd"
    echo /bin/sh > "$2/etc/shells"
}

network_initrd()    # ARCHITECTURE VMLINUZ NAME MODULE...: prints the path
{
    architecture=$1 image=$2 name=$3 tree=$media/net-$3
    shift 3
    rm -rf "$tree"
    modules "$image" "$tree" "$@" && ssh_server "$architecture" "$tree" || return 1
    cp "$lib/network-init.sh" "$tree/network"
    initrd "$architecture" "$name" 'dmesg -n 1; . /network' "$tree"
}

# MEGABYTES of noise on the loopback's $port, from busybox of the host's kind.
serve()         # MEGABYTES
{
    served=$(mktemp -d)
    server=$(package "$(dpkg --print-architecture)" busybox-static)/bin/busybox || exit 1
    mkdir "$served/cgi-bin"
    head -c $(($1 << 20)) /dev/urandom > "$served/data"
    wanted=$(sha256sum < "$served/data" | cut -d ' ' -f 1)
    printf '#!/bin/sh\nprintf "\\r\\n"; head -c "$CONTENT_LENGTH" | sha256sum | cut -d " " -f 1\n' \
        > "$served/cgi-bin/sum"
    chmod +x "$served/cgi-bin/sum"
    for port in $(seq 18080 37 20000); do
        "$server" httpd -f -p 127.0.0.1:"$port" -h "$served" 2> /dev/null &
        web=$!
        sleep 0.3
        kill -0 $web 2> /dev/null && break
        web=
    done
    trap 'kill $web; rm -rf "$served"' EXIT
    [ "$web" ] || { echo "no free port on the loopback"; exit 1; }
}

# Comes by ssh when the guest says so; the answer is a line "DRIVER: ssh SUM" in LOG.ssh.
ssh_visit()     # LOG DRIVER PORT
{
    until grep -q "^$2: ssh may come" "$1"; do sleep 0.3; done
    ssh -q -p "$3" -i "$media/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o IdentitiesOnly=yes -o BatchMode=yes root@127.0.0.1 \
        'sha256sum | cut -d " " -f 1; touch /tmp/came' < "$served/data" > "$1.$2"
    echo "$2: ssh $(cat "$1.$2")" >> "$1.ssh"
}

told()          # LOG TEXT: the guest or a visitor has printed it
{
    if cat "$1" "$1.ssh" | tr -d '\r' | grep -q "^$2"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$(basename "$1" .log): it never said \"$2\""
    fi
}

# One guest with interfaces of these kinds; DRIVERs are Linux's names for them, in order.
network_guest() # NAME "MODEL..." "DRIVER..." OPTION...
{
    log=$BUILD/guest/$1.log models=$2 drivers=$3 name=$1
    shift 3
    host_name=deb.debian.org nics= visitors= n=0
    known="not known"
    "$server" nslookup $host_name > /dev/null 2>&1 && known=known
    : > "$log"
    : > "$log.ssh"
    # shellcheck disable=SC2086
    set -- "$@" -append "console=ttyS0 port=$port name=$host_name ssh=1"
    for model in $models; do
        n=$((n + 1))
        forward=$((port + n))
        set -- "$@" -nic "user,model=$model,hostfwd=tcp:127.0.0.1:$forward-:22"
        ssh_visit "$log" "$(echo "$drivers" | cut -d ' ' -f $n)" $forward &
        visitors="$visitors $!"
    done
    guest "$name" --pace real "$@" --expect-serial "the network is done" --max-time 3000
    # shellcheck disable=SC2086
    kill $visitors 2> /dev/null
    for driver in $drivers; do
        told "$log" "$driver: address $answers"
        told "$log" "$driver: $host_name is $known"
        told "$log" "$driver: down $wanted"
        told "$log" "$driver: up $wanted"
        told "$log" "$driver: ssh $wanted"
    done
}
