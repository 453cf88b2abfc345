# Debian's kernels with a shell: sourced behind guests.sh by the scripts that boot them.

# An initramfs that shows the kernel's warnings and worse, then a shell; prints its path.
shell_initrd()  # ARCHITECTURE NAME
{
    initrd "$1" "$2" 'dmesg -n 1; echo "-- red:"; dmesg -r | grep "^<[0-4]>"; echo "-- end"
exec sh'
}

# What a person types at the prompt, and sees; prints the script's path.
shell_script()  # NAME PROCESSORS MACHINE
{
    cat > "$media/$1.script" << EOF
wait-serial / #
type-serial echo \$((6 * 7)): \$(grep -c ^processor /proc/cpuinfo) of \$(uname -m)\\n
wait-serial 42: $2 of $3
EOF
    echo "$media/$1.script"
}

# The warnings of a log, without level and time.
red_lines()     # LOG
{
    tr -d '\r' < "$1" | sed -n '/^-- red:/,/^-- end/s/^<[0-4]>\[[ 0-9.]*\] //p'
}

# Nothing red that a file of known lines does not have.
check_red()     # NAME KNOWN
{
    if ! grep -q '^-- end' "$BUILD/guest/$1.log"; then
        failed=$((failed + 1))
        echo "$1: the kernel's messages were not shown"
    elif red_lines "$BUILD/guest/$1.log" | grep -v -x -F -f "$2"; then
        failed=$((failed + 1))
        echo "$1: QEMU does not show these"
    else
        passed=$((passed + 1))
    fi
}
