# In the guest: uses its interfaces one after the other, as $port, $name and $ssh of the kernel's
# command line say. $port of 10.0.2.2 has /data, and /cgi-bin/sum answers with what it was sent.
cat > /lease << 'EOF'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/$mask" dev "$interface"
ip route add default via "$router"
echo "nameserver $dns" > /etc/resolv.conf
EOF
chmod +x /lease
while read -r module; do
    case $module in
    ne) insmod /modules/ne.ko io=0x300 || echo "no $module" ;;
    *)  insmod "/modules/$module.ko" || echo "no $module" ;;
    esac
done < /modules/list
mkdir -p /dev/pts /var/run /var/log
mount -t devpts devpts /dev/pts
chown -R 0:0 /root
ip link set lo up
[ -z "$ssh" ] || dropbear -R -s -W 1048576 -P /var/run/dropbear.pid

seconds() { cut -d ' ' -f 1 /proc/uptime; }
sum() { sha256sum | cut -d ' ' -f 1; }

for interface in /sys/class/net/eth*; do
    nic=${interface##*/}
    driver=$(basename "$(readlink "$interface/device/driver")")
    ip link set "$nic" up
    udhcpc -i "$nic" -q -n -f -s /lease > /dev/null 2>&1
    echo "$driver: address $(ip -4 -o addr show dev "$nic" | sed 's/.*inet \([0-9.]*\).*/\1/')"
    if nslookup "$name" 10.0.2.3 > /tmp/names 2>&1; then
        echo "$driver: $name is known"
    else
        echo "$driver: $name is not known"
    fi
    began=$(seconds)
    wget -q -O /tmp/data "http://10.0.2.2:$port/data"
    between=$(seconds)
    echo "$driver: down $(sum < /tmp/data) $began-$between s"
    began=$(seconds)
    {
        printf 'POST /cgi-bin/sum HTTP/1.0\r\nContent-Length: %d\r\n\r\n' "$(stat -c %s /tmp/data)"
        cat /tmp/data
    } | nc 10.0.2.2 "$port" > /tmp/answer
    echo "$driver: up $(tail -n 1 /tmp/answer) $began-$(seconds) s"
    rm -f /tmp/data
    if [ -n "$ssh" ]; then
        echo "$driver: ssh may come"
        until [ -e /tmp/came ]; do sleep 0.2; done
        rm /tmp/came
    fi
    ip addr flush dev "$nic"
    ip link set "$nic" down
done
echo "-- red:"
dmesg -r | grep '^<[0-4]>'
echo "-- end"
echo "the network is done"
exec sleep 100000
