# What system.sh and tests/guest/bench_programs.sh share: the rows, the program that does them, and
# the script that has a guest do one after the other. Sourced with $SRC, $BUILD and lib/guests.sh.

# NAME FULL TINY: how often, or how many bytes.
rows="sieve 2 1
sort 1 1
hash 1 1
bytecode 2 1
calls 4 1
strings 3 1
copy 1 1
chase 4 1
nbody 3 1
x87 2 1
packed 2 1
syscalls 1000000 2000
pipe 15000 500
fork 250 20
faults 60000 5000
data 4000000 100000
sha256 1 1
gzip 1 1
gunzip 2 1
shell 15000 1000"

# The program `rows` in $1.
build_rows()
{
    gcc=${CC_X86:-$(command -v x86_64-linux-gnu-gcc || command -v gcc)} objects=
    "$gcc" -dumpmachine 2> /dev/null | grep -q '^x86_64' || return 1
    for p in sieve sort hash bytecode calls strings copy chase nbody x87 packed; do
        "$gcc" -O2 -fno-tree-vectorize -Drun="run_$p" -c -o "$1/$p.o" "$SRC/tests/bench/programs/$p.c" ||
            return 1
        objects="$objects $1/$p.o"
    done
    # shellcheck disable=SC2086
    "$gcc" -O2 -static -o "$1/rows" "$SRC/tests/bench/system/rows.c" $objects
}

# The commands of a row for a shell that has busybox's tools; SIZE is $2.
row_command()
{
    case $1 in
    data)   echo "rows data $2 > data" ;;
    sha256) echo "sha256sum < data" ;;
    gzip)   echo "gzip -c < data > packed; sha256sum < packed" ;;
    gunzip) echo "for i in \$(seq $2); do gunzip -c < packed | wc -c; done" ;;
    shell)  echo "i=0 s=0; while [ \$i -lt $2 ]; do i=\$((i + 1)); s=\$(((s * 5 + i) & 65535)); done; echo \$s" ;;
    *)      echo "rows $1 $2" ;;
    esac
}

# Each row is announced with the guest's time-stamp counter, its result stands behind "= ".
rows_script()   # COLUMN of the size: 2 or 3
{
    echo "$rows" | while read -r line; do
        set -- "$1" $line
        name=$2
        [ "$1" = 2 ] && size=$3 || size=$4
        echo "echo \"@ $name \$(rows clock)\""
        row_command "$name" "$size" | sed 's/^/{ /; s/$/; } | sed "s|^|= '"$name"' |"/'
    done
    echo 'echo "@ end $(rows clock)"'
}

# What the host's own run of the same script gives.
expected()      # COLUMN DIRECTORY BUSYBOX
{
    mkdir -p "$2/tools" && cp "$2/rows" "$2/tools/" || return 1
    for tool in sha256sum gzip gunzip wc sed seq; do ln -sf "$3" "$2/tools/$tool"; done
    rows_script "$1" > "$2/script-$1"
    (cd "$2" && PATH=$2/tools:$PATH "$3" sh "./script-$1") | grep '^= '
}
