# SPDX-License-Identifier: GPL-2.0-only
#
# Rules that every selftest directory shares.  Its Makefile sets some of the lists
# below and includes this file, which defines the targets all, run_tests, install,
# gen_tar, clean and headers.
#
#			  built by	run by		kind
#   TEST_PROGS		  -		run_tests	scripts
#   TEST_GEN_PROGS	  this file	run_tests	compiled, NAME from NAME.c
#   TEST_CUSTOM_PROGS	  own rule	run_tests	programs, by full path
#   TEST_PROGS_EXTENDED, TEST_GEN_PROGS_EXTENDED	programs that tests call
#   TEST_FILES, TEST_GEN_FILES				data that tests read
#   TEST_GEN_MODS_DIR	directory of kernel modules for tests, with a Makefile that has the
#			targets all and clean; its *.ko are installed
#   TEST_INCLUDES	files of other directories here, installed at the same
#			place relative to the tests
#   EXTRA_CLEAN		further files that "clean" removes
#   OVERRIDE_TARGETS=1	the Makefile has its own compile rules
#   LOCAL_HDRS		headers that every program depends on
#
# From the command line: ARCH, CROSS_COMPILE, LLVM, O or KBUILD_OUTPUT, OUTPUT,
# KHDR_INCLUDES, USERCFLAGS, USERLDFLAGS, INSTALL_PATH, V=1, summary=1.

include $(dir $(lastword $(MAKEFILE_LIST)))kselftest/common.mk

COLLECTION := $(patsubst $(selfdir)/%,%,$(CURDIR))
override OUTPUT := $(abspath $(or $(OUTPUT),$(objtree:%=%/kselftest/$(COLLECTION)),$(CURDIR)))

# ---- Compiler: LLVM=1, LLVM=/path/ or LLVM=-18; else gcc behind CROSS_COMPILE.
ifneq ($(LLVM),)
llvm = $(filter %/,$(LLVM))$(1)$(filter -%,$(LLVM))

triple_arm64		:= aarch64-linux-gnu
triple_i386		:= i386-linux-gnu
triple_loongarch	:= loongarch64-linux-gnu
triple_powerpc		:= powerpc64le-linux-gnu
triple_riscv		:= riscv64-linux-gnu
triple_s390		:= s390x-linux-gnu
triple_x86		:= x86_64-linux-gnu

llvm_target := $(patsubst %-,%,$(notdir $(lastword $(CROSS_COMPILE))))
ifeq ($(llvm_target)$(filter $(ARCH),$(HOST_ARCH)),)
llvm_target := $(or $(triple_$(ARCH)),$(error LLVM=$(LLVM): no target known for ARCH=$(ARCH),\
	say it with CROSS_COMPILE=<triple>-))
endif
CC := $(call llvm,clang) $(llvm_target:%=--target=%)
# Distributions package llvm-ar apart from clang; any ar reads ELF.
AR := $(firstword $(shell command -v $(call llvm,llvm-ar)) $(CROSS_COMPILE)ar)
else
CC := $(CROSS_COMPILE)gcc
AR := $(CROSS_COMPILE)ar
endif

# ---- Print one line for each file that is built; V=1 prints the commands instead.
# A recipe starts with $(call msg,STEP,FLAVOUR,FILE) and has $(Q) before its commands.
ifeq ($(V),1)
Q :=
msg =
else
Q := @
msg = @printf '  %-8s%s\n' '$(1)' '$(2:%= [%] )$(patsubst $(OUTPUT)/%,%,$(3))';
MAKEFLAGS += --no-print-directory
endif

# ---- Flags.  In a kernel tree, use its headers.
ifeq ($(KHDR_INCLUDES),)
KHDR_INCLUDES := $(patsubst %,-isystem %,$(wildcard $(top_srcdir)/usr/include))
endif
TOOLS_INCLUDES := $(patsubst %,-isystem %,$(wildcard $(top_srcdir)/tools/include/uapi))

CFLAGS += -D_GNU_SOURCE= -I$(selfdir) $(USERCFLAGS)
LDFLAGS += $(USERLDFLAGS)

# kbuild calls make with -rR, which disables the built-in definitions of these.
COMPILE.c = $(CC) $(CFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c
COMPILE.S = $(CC) $(ASFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c
LINK.c = $(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)
RM := rm -f

# ---- Lists.  "override", because bots pass TEST_PROGS=one TEST_GEN_PROGS="" on the
# command line; "one" may be a program that make must compile first.
# A program of an architecture is given without its directory.
program = $(patsubst %.c,%,$(firstword $(wildcard $(1).c $(ARCH)/$(1).c)))
compiled := $(foreach p,$(TEST_PROGS),$(call program,$(p)))
override TEST_PROGS := $(foreach p,$(TEST_PROGS),$(if $(call program,$(p)),,$(p)))
override TEST_GEN_PROGS := $(addprefix $(OUTPUT)/,$(TEST_GEN_PROGS) $(compiled))
override TEST_GEN_PROGS_EXTENDED := $(addprefix $(OUTPUT)/,$(TEST_GEN_PROGS_EXTENDED))
override TEST_GEN_FILES := $(addprefix $(OUTPUT)/,$(TEST_GEN_FILES))

generated = $(TEST_GEN_PROGS) $(TEST_GEN_PROGS_EXTENDED) $(TEST_GEN_FILES)
unbuilt = $(TEST_PROGS) $(TEST_PROGS_EXTENDED) $(TEST_FILES)

.DEFAULT_GOAL := all
all: $(generated) $(TEST_CUSTOM_PROGS) $(if $(TEST_GEN_MODS_DIR),gen_mods_dir)
	@:

gen_mods_dir:
	$(Q)$(MAKE) -C $(TEST_GEN_MODS_DIR)

# In a kernel tree: the headers for user space, which KHDR_INCLUDES finds.
headers:
	$(if $(wildcard $(top_srcdir)/Kbuild),,\
		$(error headers: no kernel tree in $(top_srcdir): the compiler has headers of its own))
	$(Q)$(MAKE) -C $(top_srcdir) $(objtree:%=O=%) headers

# ---- Compile rules
ifeq ($(OVERRIDE_TARGETS),)
LOCAL_HDRS += $(wildcard $(selfdir)/kselftest*.h)

$(OUTPUT)/%: %.c $(LOCAL_HDRS)
	$(call msg,CC,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LINK.c) $(filter-out $(LOCAL_HDRS),$^) $(LDLIBS) -o $@

$(OUTPUT)/%.o: %.S
	$(call msg,AS,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE.S) $< -o $@

$(OUTPUT)/%: %.S
	$(call msg,AS,,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ASFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH) $< $(LDLIBS) -o $@
endif

# $(call copy,FILES,DIRECTORY); $(call copy_includes,DIRECTORY) copies TEST_INCLUDES
copy = $(if $(strip $(1)),mkdir -p $(2) && cp -RLpf $(1) $(2)/)
include_path = $(or $(filter-out /%,$(patsubst $(selfdir)/%,%,$(abspath $(1)))),\
	$(error TEST_INCLUDES: $(1) is outside of $(selfdir)))
copy_modules = $(foreach d,$(TEST_GEN_MODS_DIR),$(call copy,$(d)/*.ko,$(1)/$(notdir $(d))) &&) :
copy_includes = $(foreach f,$(TEST_INCLUDES),$(call copy,$(f),$(1)/$(dir $(call include_path,$(f)))) &&) :

# ---- Run.  As upstream, make succeeds even if a test fails; see the result lines.
run_tests: all
ifneq ($(OUTPUT),$(CURDIR))
	@$(or $(call copy,$(unbuilt),$(OUTPUT)),:)
	@$(call copy_modules,$(OUTPUT))
	@$(call copy_includes,$(patsubst %/$(COLLECTION),%,$(OUTPUT)))
endif
	@BASE_DIR=$(selfdir); . $(selfdir)/kselftest/runner.sh; \
	per_test_logging=$(summary); \
	run_collection $(COLLECTION) $(TEST_GEN_PROGS) $(TEST_CUSTOM_PROGS) \
		$(addprefix $(OUTPUT)/,$(TEST_PROGS))

# ---- Install
install: all
	$(if $(INSTALL_PATH),,$(error install: say where with INSTALL_PATH=<directory>))
	$(Q)mkdir -p $(INSTALL_PATH)
	$(Q)$(call copy,$(unbuilt) $(generated) $(TEST_CUSTOM_PROGS) $(wildcard config settings),\
		$(INSTALL_PATH))
	$(Q)$(call copy_modules,$(INSTALL_PATH))
	$(Q)$(call copy_includes,$(patsubst %/$(COLLECTION),%,$(INSTALL_PATH)))

gen_tar:
	$(Q)$(MAKE) -C $(selfdir) TARGETS=$(COLLECTION) OUTPUT= gen_tar

# Prints one "collection:test" line for each test, for kselftest-list.txt
emit_tests:
	@for test in $(notdir $(TEST_GEN_PROGS) $(TEST_CUSTOM_PROGS) $(TEST_PROGS)); do \
		echo "$(COLLECTION):$$test"; \
	done

clean: $(if $(TEST_GEN_MODS_DIR),clean_mods_dir)
	$(Q)$(RM) -r $(generated) $(EXTRA_CLEAN)

clean_mods_dir:
	$(Q)$(MAKE) -C $(TEST_GEN_MODS_DIR) clean

.DELETE_ON_ERROR:
.PHONY: all run_tests install gen_tar emit_tests clean headers gen_mods_dir clean_mods_dir
