# No arrow points up: who may include whom. Usage: awk -f layers.awk FILE...
BEGIN {
    may["core"]               = "core"
    may["bus"]                = "core bus"
    may["isa"]                = "core isa"
    may["peripherals"]        = "core bus peripherals"
    may["peripherals/boards"] = "core bus isa peripherals peripherals/boards roms"
    may["frontends"]          = "core peripherals/boards roms frontends"
    may["roms"]               = "core roms"
    libc = "^(stdint|stddef|stdbool|stdlib|string|stdarg|stdio|stdalign|stdnoreturn|assert|ctype|limits|inttypes|setjmp)[.]h$"
}
FNR == 1                                 { from = storey(FILENAME); shelf = dir[2]; package = dir[1] "/" dir[2] }
!(from in may)                           { next }                # tests look at everything
/^#[ \t]*include "/                      { split($0, part, "\""); project(part[2]) }
/^#[ \t]*include </ && from != "frontends" { split($0, part, /[<>]/); outside(part[2]) }

function storey(path) {
    split(path, dir, "/")
    return dir[1] "/" dir[2] == "peripherals/boards" ? "peripherals/boards" : dir[1]
}
# A CPU package's dispatch.h is one of two, found by the include path.
function project(path,    to) {
    if (path == "dispatch.h" && from == "isa") return
    to = storey(path)
    if (index(" " may[from] " ", " " to " ") == 0)                                  refuse(path)
    else if (to == "isa" && dir[1] "/" dir[2] != package && dir[3] != dir[2] ".h")  refuse(path)
    else if (to == "peripherals" && from == to && dir[2] != shelf)                  refuse(path)
}
# The one library of the guest half: text for people, in a directory of its own.
function outside(header) {
    if (header ~ libc) return
    if (header ~ /^Zydis\// && FILENAME ~ /^isa\/[^\/]+\/disassembler\/zydis\//) return
    refuse(header)
}
function refuse(what) { printf "%s:%d: %s may not include %s\n", FILENAME, FNR, from, what; bad = 1 }
END { exit bad }
