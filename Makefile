# GNU make. ./configure writes config.mk; everything is built below build/.
ifeq ($(wildcard config.mk),)
$(error Run ./configure first)
endif
include config.mk
.DEFAULT_GOAL := all

all:

config.mk: $(SRC)/configure
	$(if $(filter undefined,$(origin AGAIN)),$(error configure has changed: run it again))
	@env -u CC -u NASM $(SRC)/configure $(AGAIN)

all: build/orrery build/liborrery.a build/liborrery.so build/orrery.pc build/orrery.1

VERSION := $(shell sed -n 's/.*ORRERY_VERSION "\(.*\)"/\1/p' $(SRC)/core/version.h)
# `make V=1` shows the commands, `make -s` nothing.
Q = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '  $@';)
CPPFLAGS := -I$(SRC) -I$(SRC)/isa/x86/dispatch/$(DISPATCH) -MMD -MP
WARNINGS := -Wall -Wextra -Wno-unused-parameter -Wstrict-prototypes -Wpointer-arith \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types -Werror=return-type
# One rounding per operation and no addresses of the build: the same results everywhere.
COMPILE = $(CC) -std=gnu11 $(OPTIMISE) $(WARNINGS) -ffp-contract=off -fno-math-errno \
	-fmacro-prefix-map=$(SRC)/= -pipe $(CPPFLAGS)

GUEST := core bus isa/x86 isa/x86/ops isa/x86/fpu isa/x86/disassembler/$(DISASSEMBLER) \
	$(patsubst $(SRC)/%/,%,$(wildcard $(SRC)/peripherals/*/))
FRONT := frontends $(filter-out $(NO_FRONTENDS:%=frontends/%),$(patsubst $(SRC)/%/,%,$(wildcard $(SRC)/frontends/*/)))
objects = $(patsubst $(SRC)/%.c,build/%.o,$(foreach d,$(1),$(wildcard $(SRC)/$(d)/*.c)))

ROMS := $(patsubst $(SRC)/%.asm,build/%.bin,$(wildcard $(SRC)/roms/*.asm))
GUEST_OBJS := $(call objects,$(GUEST) roms) build/roms/images.o
FRONT_OBJS := $(call objects,$(FRONT))
SUPPORT_OBJS := $(call objects,tests/support tests/insn)
programs = $(patsubst $(SRC)/%.c,build/%,$(wildcard $(SRC)/$(1)))
lacking := $(if $(filter no,$(CRITERION)),criterion.h) $(if $(filter no,$(MPFR)),mpfr.h) \
	$(if $(filter no,$(ZSTD)),zstd.h)
without = $(filter-out $(foreach h,$(lacking),$(shell grep -l 'include <.*$(h)>' $(1))),$(1))
UNIT := $(patsubst $(SRC)/%.c,build/%,$(call without,$(wildcard $(SRC)/tests/unit/*/test_*.c)))
UNIT_FRONT := $(filter build/tests/unit/frontends/%,$(UNIT))
UNIT_GUEST := $(filter-out $(UNIT_FRONT),$(UNIT))
PLAIN := $(call programs,tests/*.c)

# Only core is seen in the shared library, and what says EXPORT: the rest binds directly.
build/isa/%.o build/bus/%.o build/peripherals/%.o build/roms/%.o: FLAGS := -fPIC -fvisibility=hidden
build/isa/x86/%.o: FLAGS := -fPIC -fvisibility=hidden $(INTERPRETER)
build/core/%.o: FLAGS := -fPIC
build/frontends/sdl/%.o: FLAGS := $(filter -I% -D%,$(SDL))
build/frontends/png/%.o: FLAGS := $(filter -I% -D%,$(PNG))

build/%.o: $(SRC)/%.c config.mk
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(FLAGS) -c -o $@ $<

# NASM's own -MD forgets what a second pass includes.
build/roms/%.bin: $(SRC)/roms/%.asm $(wildcard $(SRC)/roms/*/*.inc)
	@mkdir -p $(@D)
	$(Q)$(NASM) -f bin -I $(SRC)/roms/ -o $@ $<

build/roms/images.o: $(SRC)/roms/images.S $(SRC)/roms/roms.def $(ROMS)
	$(Q)$(CC) $(filter -m%,$(OPTIMISE)) -I$(SRC) -Wa,-Ibuild -c -o $@ $<

build/liborrery.a: $(GUEST_OBJS)
build/libsupport.a: $(SUPPORT_OBJS)
build/libfront.a: $(filter-out %/main.o,$(FRONT_OBJS))
build/%.a:
	@mkdir -p $(@D); rm -f $@
	$(Q)$(AR) rcs $@ $^

build/liborrery.so: $(GUEST_OBJS)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-Bsymbolic -Wl,-soname,liborrery.so.0 -o $@ $^ $(LIBS)

build/orrery: $(FRONT_OBJS) build/liborrery.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(SDL) $(SLIRP) $(CURSES) $(PNG)

build/orrery.pc: $(SRC)/core/version.h config.mk
	@mkdir -p $(@D)
	$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'Name: orrery' 'Description: PC emulator library' \
	    'Version: $(VERSION)' 'Cflags: -I$${prefix}/include/orrery' \
	    'Libs: -L$${prefix}/lib -lorrery' 'Libs.private: $(LIBS)' > $@

# A real system to try it with: Debian's kernel and a shell, fetched once.
run: build/orrery
	@sh $(SRC)/tests/guest/lib/run.sh

# -- tests --

$(UNIT_GUEST): build/tests/unit/%: build/tests/unit/%.o build/libsupport.a build/liborrery.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcriterion $(TEST_LIBS) $(LIBS)
$(UNIT_FRONT): build/tests/unit/%: build/tests/unit/%.o build/libfront.a build/libsupport.a \
		build/liborrery.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcriterion $(TEST_LIBS) $(LIBS) $(SDL) $(SLIRP) $(CURSES) $(PNG)
$(PLAIN): build/tests/%: build/tests/%.o build/libsupport.a build/liborrery.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
.SECONDARY:

export ORRERY := $(abspath build/orrery)
export BUILD := $(abspath build)
export SRC CC NASM

unit-programs: $(UNIT) $(PLAIN)
ifneq ($(CRITERION),yes)
	$(error make check needs Criterion (Debian package libcriterion-dev): configure did not find it)
endif

check: unit-programs build/orrery build/house
	@sh $(SRC)/tests/run.sh build/logs/check $(UNIT) $(wildcard $(SRC)/tests/unit/*/test_*.sh) build/house

house: build/house
	@build/house

build/house: build/liborrery.a config.mk
	@printf '%s\n' '#!/bin/sh' 'exec sh "$$SRC/tests/house/run.sh" "$$BUILD/liborrery.a"' > $@
	@chmod +x $@

check-guest: build/orrery $(PLAIN)
	@TEST_SECONDS=$${TEST_SECONDS-600} sh $(SRC)/tests/run.sh build/logs/guest $(wildcard $(SRC)/tests/guest/*.sh)

check-guest-long: build/orrery $(PLAIN)
	@TEST_SECONDS=$${TEST_SECONDS:-3600} sh $(SRC)/tests/run.sh build/logs/guest-long \
	    $(wildcard $(SRC)/tests/guest/long/*.sh)

programs: $(PLAIN)

bench: build/orrery $(PLAIN)
	@set -e; for script in $(wildcard $(SRC)/tests/bench/*.sh); do $$script; done

# -- the rest --

HEADERS := core/*.h isa/x86/x86.h peripherals/boards/boards.h

# The manual page is the table of options.
build/orrery.1: $(SRC)/frontends/options/options.def $(SRC)/frontends/options/manual.awk
	@mkdir -p $(@D)
	$(Q)awk -f $(SRC)/frontends/options/manual.awk -v version=$(VERSION) $< > $@

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install build/orrery $(DESTDIR)$(PREFIX)/bin
	install -m 644 build/liborrery.a $(DESTDIR)$(PREFIX)/lib
	install build/liborrery.so $(DESTDIR)$(PREFIX)/lib/liborrery.so.$(VERSION)
	ln -sf liborrery.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/liborrery.so.0
	ln -sf liborrery.so.0 $(DESTDIR)$(PREFIX)/lib/liborrery.so
	install -m 644 build/orrery.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -D -m 644 build/orrery.1 $(DESTDIR)$(PREFIX)/share/man/man1/orrery.1
	cd $(SRC) && for h in $(HEADERS); do \
	    test ! -f $$h || install -D -m 644 $$h $(DESTDIR)$(PREFIX)/include/orrery/$$h; done

clean:
	rm -rf build

.PHONY: all run check house check-guest bench install clean programs unit-programs
-include $(shell find build -path build/guest -prune -o -name '*.d' -type f -print 2>/dev/null)
