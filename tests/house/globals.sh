#!/bin/sh
# Several machines live in one process: the guest half has no writable globals.
# Usage: globals.sh ARCHIVE
# .data.rel.ro is constant but for relocation; it is nm's "d" too, so sections are asked.
${OBJDUMP:-objdump} -t "$1" | awk '
    / O / && ($0 ~ /[ \t]\.(data|bss)[ \t]/ || $0 ~ /[ \t]\.(data|bss)\.[^r]/ || /\*COM\*/) {
        name = $NF
        if (name !~ /^(__gcov|__asan|__ubsan|__odr|\.L|L?asan)/) { print "writable global: " name; bad = 1 }
    }
    END { exit bad }'
