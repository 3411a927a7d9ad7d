# SPDX-License-Identifier: GPL-2.0-only
#
# What the migration tests share, for the Makefile.kvm of a kernel tree, which includes this
# after its own rules.  No other test is linked with it.

LIBMIGRATE_C := $(sort $(wildcard lib/migrate/*/*.c lib/$(ARCH)/migrate/*/*.c))
LIBMIGRATE_O := $(LIBMIGRATE_C:%.c=$(OUTPUT)/%.o)
LIBMIGRATE_TESTS := $(foreach test,$(filter %_test,$(TEST_GEN_PROGS)),\
			$(if $(findstring _migrate_,$(notdir $(test))),$(test)))

$(shell mkdir -p $(sort $(dir $(LIBMIGRATE_O))))

$(LIBMIGRATE_O): $(OUTPUT)/%.o: %.c $(GEN_HDRS)
	$(CC) $(CFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c $< -o $@

# An archive: a test needs only the objects that it uses.
LIBMIGRATE_A := $(OUTPUT)/libmigrate.a
$(LIBMIGRATE_A): $(LIBMIGRATE_O)
	rm -f $@ && $(AR) rcs $@ $^

$(LIBMIGRATE_TESTS): $(LIBMIGRATE_A)
$(LIBMIGRATE_TESTS): LIBKVM_OBJS += $(LIBMIGRATE_A)

# Headers of the kernel repeat what those of the C library define: no matter, but a warning
# where they are taken for our own, as those in the tree are when O= says to build elsewhere.
$(LIBMIGRATE_O) $(LIBMIGRATE_TESTS:=.o): CFLAGS += -isystem $(LINUX_HDR_PATH)

# Before Linux 7.3, the library lacks a few of the system calls.
ifeq ($(shell grep -s pthread_create include/kvm_syscalls.h),)
$(LIBMIGRATE_O) $(LIBMIGRATE_TESTS:=.o): CFLAGS += -include migrate/util/compat.h
endif

-include $(LIBMIGRATE_O:.o=.d)
EXTRA_CLEAN += $(LIBMIGRATE_A) $(LIBMIGRATE_O) $(LIBMIGRATE_O:.o=.d)

# To build what the tests share without a test.
.PHONY: libmigrate
libmigrate: $(LIBMIGRATE_O)
