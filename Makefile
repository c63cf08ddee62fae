# baredot: `make demo` and `make check` are all a newcomer needs.

VERSION = 0.1.0
PREFIX = /usr/local
UNITDIR = $(PREFIX)/lib/systemd/system
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d
UNITS = baredot-recover.service baredot-scan.service baredot-scan.timer
CC = gcc
CLANG = clang
PYTHON = /usr/bin/python3
OPT = -O2 -g
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wmissing-prototypes -Wvla
WERROR = -Werror
HARDEN = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
# CFLAGS, CPPFLAGS and LDFLAGS are the user's.
CFLAGS =
CPPFLAGS =
LDFLAGS =
LDLIBS = -lcrypto -lz -lpcre2-8 -lconfuse -ljansson -larchive -lsqlite3
DEFINES = -D_GNU_SOURCE -DBAREDOT_VERSION='"$(VERSION)"'
ALLCFLAGS = -std=c11 $(WARN) $(WERROR) $(DEFINES) $(CPPFLAGS) $(CFLAGS)

MACHINE := $(shell $(CC) -dumpmachine)
ifneq ($(filter x86_64-%,$(MACHINE)),)
AVX2 = -mavx2 -mbmi -mbmi2 -mpopcnt
AVX512 = -mavx512bw -mavx512f -mbmi -mbmi2 -mpopcnt
endif

# Who may include whom (docs/architecture.md): the compiler enforces it.
INC_base = -Iscanner/base
INC_rules = -Iscanner/base -Irules
INC_formats = -Iscanner/base -Iformats
INC_scanner = -Iscanner/base -Irules -Iformats -Iscanner -Iscanner/report -Iscanner/act

BASE = $(wildcard scanner/base/*.c)
RULES = $(wildcard rules/*.c)
FORMATS = $(wildcard formats/*.c)
SCANNER = $(filter-out scanner/main.c,$(wildcard scanner/*.c \
	scanner/report/*.c scanner/act/*.c))
DATA = build/gen/targets_conf.c build/gen/receivers_conf.c \
	build/gen/senders_conf.c build/gen/default_rules.c \
	build/gen/page_css.c build/gen/page_js.c \
	build/gen/database_sql.c build/gen/database_end_sql.c \
	build/gen/completion_bash.c build/gen/completion_zsh.c \
	build/gen/completion_fish.c
LIB = $(BASE) $(RULES) $(FORMATS) $(SCANNER) $(DATA)
TESTS = $(wildcard tests/test_*.c)
FUZZ = $(wildcard tests/fuzz/fuzz_*.c)
TESTLIB = $(filter-out $(TESTS),$(wildcard tests/*.c))
FUZZLIB = tests/oracle.c tests/conform_oracle.c tests/fixlaws.c \
	tests/headlaws.c tests/encodelaws.c tests/mendlaws.c \
	tests/replay_oracle.c
ACTING = $(wildcard scanner/act/*.c) scanner/base/buf.c scanner/base/err.c \
	scanner/base/hash.c formats/listing.c formats/names.c \
	formats/gzip.c formats/input.c formats/packing.c scanner/child.c

all: build/baredot

build/baredot: $(LIB:%.c=build/opt/%.o) build/opt/scanner/main.o
	$(CC) -pie -Wl,-z,relro,-z,now $(LDFLAGS) -o $@ $^ $(LDLIBS)
# With all libraries in it.  The linker would warn of what glibc loads when it is
# asked for: users, hosts (nobody asks), and OpenSSL's modules (openssl.cnf may).
build/baredot-static: $(LIB:%.c=build/opt/%.o) build/opt/scanner/main.o
	$(CC) -static-pie -Wl,-z,relro,-z,now,--no-warnings $(LDFLAGS) -o $@ \
	    $^ $(LDLIBS) $$(pkg-config --static --libs libarchive libxml-2.0) \
	    -lstdc++
build/san/baredot: $(LIB:%.c=build/san/%.o) build/san/scanner/main.o
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# What a report is made by: the rules' own source (header record, rules_sha256).
RULES_HASH := $(shell cat $(sort $(wildcard rules/*.[ch] rules/data/*)) | sha256sum | cut -c1-64)
SCAN_CMD = $(addsuffix /scanner/scan_cmd.o,build/opt build/san build/fuzz)
$(SCAN_CMD): DEFINES += -DRULES_HASH='"$(RULES_HASH)"'
$(SCAN_CMD): $(wildcard rules/*.[ch] rules/data/*)

# What the text of a report is made by, beside them: kept text is of no use
# where any of it is another.
SOURCE_HASH := $(shell cat $(sort $(wildcard formats/*.[ch] scanner/scan*.[ch] scanner/judge.[ch] scanner/report/*.[ch])) | sha256sum | cut -c1-16)
SCAN_KEEPING = $(addsuffix /scanner/scan_keeping.o,build/opt build/san build/fuzz)
$(SCAN_KEEPING): DEFINES += -DSOURCE_HASH='"$(SOURCE_HASH)"'
$(SCAN_KEEPING): $(wildcard formats/*.[ch] scanner/scan*.[ch] scanner/judge.[ch] scanner/report/*.[ch])

# Files that the program needs, in the program: NAME.rules is NAME_rules[].
define embed
@mkdir -p $(@D)
@{ echo '#include <stddef.h>'; echo '#include <stdint.h>'; \
echo 'extern const uint8_t $(1)[];'; \
echo 'extern const size_t $(1)_size;'; \
echo 'const uint8_t $(1)[] = {'; \
od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g'; \
echo '};'; \
echo 'const size_t $(1)_size = sizeof($(1));'; } >$@
endef
build/gen/%_conf.c: rules/data/%.conf
	$(call embed,$*_conf)
build/gen/%_rules.c: rules/data/%.rules
	$(call embed,$*_rules)
build/gen/%_css.c: scanner/report/%.css
	$(call embed,$*_css)
build/gen/%_js.c: scanner/report/%.js
	$(call embed,$*_js)
build/gen/%_sql.c: scanner/report/%.sql
	$(call embed,$*_sql)
build/gen/%_bash.c: scanner/%.bash
	$(call embed,$*_bash)
build/gen/%_zsh.c: scanner/%.zsh
	$(call embed,$*_zsh)
build/gen/%_fish.c: scanner/%.fish
	$(call embed,$*_fish)

%_avx2.o: SIMD = $(AVX2)
%_avx512.o: SIMD = $(AVX512)

define compile
@mkdir -p $(@D)
@echo "  CC  $@"
@$(1) $(ALLCFLAGS) $(2) $(SIMD) $(INC) -MMD -MP -c -o $@ $<
endef
build/%.o: INC = $(INC_scanner)
build/opt/scanner/base/%.o build/san/scanner/base/%.o build/fuzz/scanner/base/%.o: INC = $(INC_base)
build/opt/rules/%.o build/san/rules/%.o build/fuzz/rules/%.o: INC = $(INC_rules)
build/opt/formats/%.o build/san/formats/%.o build/fuzz/formats/%.o: INC = $(INC_formats)
build/opt/%.o: %.c
	$(call compile,$(CC),$(OPT) $(HARDEN))
build/san/%.o: %.c
	$(call compile,$(CC),$(SANITIZE))
build/fuzz/%.o: %.c
	$(call compile,$(CLANG),$(SANITIZE) -fsanitize=fuzzer-no-link)

build/tests/%: build/san/tests/%.o $(TESTLIB:%.c=build/san/%.o) $(LIB:%.c=build/san/%.o)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) -o $@ $^ $(LDLIBS) -lcmocka
build/tests/fuzz_%: build/fuzz/tests/fuzz/fuzz_%.o $(FUZZLIB:%.c=build/fuzz/%.o) $(LIB:%.c=build/fuzz/%.o)
	@mkdir -p $(@D)
	$(CLANG) $(SANITIZE) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)
build/tests/smoke_%: build/san/tests/fuzz/fuzz_%.o build/san/tests/fuzz/smoke.o $(FUZZLIB:%.c=build/san/%.o) $(LIB:%.c=build/san/%.o)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) -o $@ $^ $(LDLIBS)
build/tests/archive_driver: $(ACTING:%.c=build/opt/%.o) build/opt/tests/archive/driver.o
	@mkdir -p $(@D)
	$(CC) -pie -o $@ $^ $(LDLIBS)
build/tests/wire: $(LIB:%.c=build/san/%.o) build/san/tests/real/wire.o
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) -o $@ $^ $(LDLIBS)
# The acting core alone, every call by its plain name, and what breaks them.
build/faults/%.o: %.c
	$(call compile,$(CC),-O1 -g)
build/faults/act_driver: $(ACTING:%.c=build/faults/%.o) build/faults/tests/faults/act_driver.o
	$(CC) -o $@ $^ -lcrypto -larchive -lz
build/faults/act_fault.so: tests/faults/act_fault.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Werror -D_GNU_SOURCE -shared -fPIC -o $@ $<
.SECONDARY:

deps:
	@packaging/install-deps.sh
demo:
	@packaging/install-deps.sh build
	@$(MAKE) --no-print-directory -j2 all
	@packaging/demo.sh
check: deps
	@tests/run.sh
check-long: deps
	@CHECK_LONG=1 tests/run.sh
fuzz: $(FUZZ:tests/fuzz/%.c=build/tests/%)
	@tests/fuzz/run.sh $(or $(SECONDS),20)
bench: deps
	@$(MAKE) --no-print-directory -j2 all
	@tests/bench/run.sh
lint:
	@tests/lint.sh
faults: deps build/faults/act_driver build/faults/act_fault.so
	@tests/faults/act.py --long --jobs $$(nproc)
	@tests/faults/act_mutants.py --jobs $$(nproc)

# Pages that are made of documents, and commands that share another's page.
PAGES = build/man/baredot-report.5 build/man/baredot-rules.5 \
	build/man/baredot-nightly.7 build/man/baredot-queries.7 \
	build/man/baredot-repair.7 \
	build/man/baredot-replay.7
SHARED = restore:quarantine runs:undo recover:undo explain: completion: help:
MAN = $(DESTDIR)$(PREFIX)/share/man
define page
@mkdir -p $(@D)
awk -f man/from-md.awk $< >$@.new && mv $@.new $@
endef
build/man/baredot-%.5: docs/%.md man/from-md.awk
	$(page)
build/man/baredot-%.7: docs/%.md man/from-md.awk
	$(page)
man: $(PAGES)

install: all man
	install -d $(DESTDIR)$(PREFIX)/bin $(MAN)/man1 $(MAN)/man5 $(MAN)/man7 \
	    $(DESTDIR)$(PREFIX)/share/baredot/cluster
	install -m 755 build/baredot $(DESTDIR)$(PREFIX)/bin/baredot
	install -m 644 man/*.1 $(MAN)/man1/
	install -m 644 $(filter %.5,$(PAGES)) $(MAN)/man5/
	install -m 644 $(filter %.7,$(PAGES)) $(MAN)/man7/
	for s in $(SHARED); do p=$${s#*:}; ln -sf baredot$${p:+-$$p}.1 \
	    $(MAN)/man1/baredot-$${s%%:*}.1 || exit 1; done
	install -m 644 scanner/report/report.schema.json rules/data/default.rules $(DESTDIR)$(PREFIX)/share/baredot/
	install -m 644 $(wildcard packaging/cluster/*) $(DESTDIR)$(PREFIX)/share/baredot/cluster/
	cd $(DESTDIR)$(PREFIX)/share/baredot/cluster && chmod 755 *.sh *.sbatch
	install -d $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	build/baredot completion bash >$(DESTDIR)$(BASHDIR)/baredot
	build/baredot completion zsh >$(DESTDIR)$(ZSHDIR)/_baredot
	build/baredot completion fish >$(DESTDIR)$(FISHDIR)/baredot.fish
	chmod 644 $(DESTDIR)$(BASHDIR)/baredot $(DESTDIR)$(ZSHDIR)/_baredot \
	    $(DESTDIR)$(FISHDIR)/baredot.fish
ifneq ($(UNITDIR),)
	install -d $(DESTDIR)$(UNITDIR)
	for u in $(UNITS); do sed 's|^ExecStart=baredot |ExecStart=$(PREFIX)/bin/baredot |' packaging/systemd/$$u >$(DESTDIR)$(UNITDIR)/$$u && chmod 644 $(DESTDIR)$(UNITDIR)/$$u || exit 1; done
endif
.PHONY: dist deb static
dist:
	@mkdir -p build
	@packaging/dist.sh baredot-$(VERSION) build/baredot-$(VERSION).tar.gz
	@echo build/baredot-$(VERSION).tar.gz
deb:
	@packaging/install-deps.sh package
	@packaging/deb.sh $(VERSION)
static:
	@packaging/install-deps.sh static
	@$(MAKE) --no-print-directory build/baredot-static
clean:
	rm -rf build

-include $(shell find build/opt build/san build/fuzz build/faults -name '*.d' \
	2>/dev/null)
.PHONY: all man deps demo check check-long fuzz bench lint faults install clean
