#!/bin/sh
# Debian's cloud kernel suspends to RAM and comes back through SeaBIOS to the same shell, with its
# memory, its clock and its IDE disk: woken by the power button, then by the clock's alarm, and
# again by both; twice to the same state, with one processor and four.
# Needs Debian's packages seabios, cpio, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/network.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt
need_file /usr/share/seabios/bios-256k.bin seabios

tree=$media/s3-files
rm -rf "$tree"
kernel=$(kernel cloud-amd64) &&
    modules "$kernel" "$tree" scsi_common scsi_mod libata ata_piix sd_mod &&
    initrd=$(initrd amd64 s3 'for m in $(cat /modules/list); do insmod /modules/$m.ko; done
until [ -e /dev/sda ]; do sleep 0.1; done; exec sh' "$media/s3-files") || { echo "no kernel"; exit 1; }

seq 200000 | head -c 1M > "$media/s3.img"
sum=$(sha256sum < "$media/s3.img" | cut -d ' ' -f 1)

# What a person types to sleep for SECONDS at least, and what shows that all is as it was.
slept()         # HOW SECONDS
{
    cat << END
type-serial began=\$(date +%s); $1; woke=\$(date +%s); echo \$kept \$((woke - began >= $2)) w''oke\\n
END
}

# The disk is read once more: nothing of it is remembered.
back()          # PROCESSORS
{
    cat << END
wait-serial here 1 woke
type-serial echo 3 > /proc/sys/vm/drop_caches; echo n=\$(grep -c ^processor /proc/cpuinfo); sha256sum < /dev/sda\\n
wait-serial n=$1
wait-serial $sum
END
}

s3_script()     # PROCESSORS: prints the path
{
    {
        printf '%s\n' 'wait-serial / #' 'type-serial kept=here\n'
        for _ in 1 2; do
            slept 'echo mem > /sys/power/state' 4
            printf '%s\n' 'sleep 5' 'system_powerdown'
            back "$1"
            slept 'echo +60 > /sys/class/rtc/rtc0/wakealarm; echo mem > /sys/power/state' 59
            back "$1"
        done
        printf '%s\n' 'type-serial dmesg | grep -c "Waking up from system sleep state S3"; echo e''nd\n' \
            'wait-serial 4' 'wait-serial end'
    } > "$media/s3-$1.script"
    echo "$media/s3-$1.script"
}

set -- -m 256 -kernel "$kernel" -initrd "$initrd" -append "console=ttyS0 quiet" -hda "$media/s3.img"
guest_twice s3-one "$@" --script "$(s3_script 1)" --max-time 400
guest_twice s3-four -smp 4 "$@" --script "$(s3_script 4)" --max-time 400
finish
