# What is too long to read, and conditional compilation in the guest half.
# Functions open and close in column 0, so their length is easy to see.
# Usage: awk -f sizes.awk FILE...
FNR == 1                  { body = 0; guest = FILENAME !~ /^(frontends|tests)\// }
/^{/                      { body = FNR }
/^}/ && body              { if (FNR - body > 60) say("function of " FNR - body " lines"); body = 0 }
FNR == 801                { say("file beyond 800 lines") }
length($0) > 100          { say("line beyond 100 columns") }
/[ \t]$/                  { say("blank at the end of the line") }
/\t/                      { say("tab") }
/^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)/ && guest { say("conditional compilation in the guest half") }
toupper($0) ~ /TODO|FIXME|[^A-Z]XXX[^A-Z]/ && guest { say("what is missing is an oddity or an issue") }
function say(what)        { printf "%s:%d: %s\n", FILENAME, FNR, what; bad = 1 }
END                       { exit bad }
