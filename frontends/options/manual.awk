# orrery(1) from options.def: a section for each SECTION, an entry for each option with help.
BEGIN {
    print ".TH ORRERY 1 \"\" \"orrery " version "\"\n.SH NAME\norrery \\- x86 PC emulator"
    print ".SH SYNOPSIS\n.B orrery\n[run] [options] [IMAGE]\n.br\n.B orrery test\n[options] IMAGE"
    print ".SH DESCRIPTION\nRuns a PC that boots IMAGE: a disk, CD, diskette or kernel, which its"
    print "bytes tell. Options are QEMU's, with one dash or two.\n.B orrery test\nruns without a"
    print "window, repeatably, and exits with a verdict, which --help lists."
}
function plain(s) { gsub(/\\/, "\\\\", s); gsub(/-/, "\\-", s); return s }
/^SECTION/ { split($0, part, "\""); print ".SH " toupper(part[2]) }
/^OPTION/ { while ($0 !~ /\)$/ && (getline more) > 0) $0 = $0 more }
# Between quotation marks stand the odd fields: name, ... , help. What is not here has kind ABSENT.
/^OPTION/ && !/, ABSENT,/ && !/NULL\)$/ {
    n = split($0, part, "\"")
    argument = part[3] ~ /^, NULL, $/ ? part[4] : part[3] ~ /^, $/ && part[5] ~ /^, $/ ? part[6] : ""
    print ".TP\n\\fB\\-" plain(part[2]) "\\fR \\fI" plain(argument) "\\fR"
    print plain(part[n - 1])
}
