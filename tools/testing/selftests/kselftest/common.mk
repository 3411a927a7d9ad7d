# SPDX-License-Identifier: GPL-2.0-only
#
# Variables that the top Makefile and lib.mk share.  A test directory whose list of
# programs depends on ARCH includes this file before the list.
#
#   ARCH	target architecture, with the name of its source directory
#		(ARCH=x86_64 becomes x86); the host's by default
#   HOST_ARCH	the same for the build machine
#   objtree	build directory of the tree, from O= or else KBUILD_OUTPUT; empty
#		for a build beside the sources.  As in kbuild, a relative path
#		starts at the top of the tree.

ifndef HOST_ARCH

# With white space in a path, "rm -r $(OUTPUT)/file" would remove other files.
$(foreach v,CURDIR O KBUILD_OUTPUT OUTPUT INSTALL_PATH KSFT_INSTALL_PATH,\
	$(if $(word 2,$($(v))),$(error $(v) is '$($(v))': a path with white space cannot be used)))

selfdir := $(patsubst %/kselftest/,%,$(abspath $(dir $(lastword $(MAKEFILE_LIST))))/)
top_srcdir := $(abspath $(selfdir)/../../..)

arch_dir_x86_64		:= x86
arch_dir_i686		:= i386
arch_dir_aarch64	:= arm64
arch_dir_s390x		:= s390
arch_dir_riscv64	:= riscv
arch_dir_loongarch64	:= loongarch
arch_dir_ppc64le	:= powerpc

arch_dir = $(or $(arch_dir_$(strip $(1))),$(strip $(1)))
HOST_ARCH := $(call arch_dir,$(shell uname -m))
override ARCH := $(call arch_dir,$(or $(ARCH),$(HOST_ARCH)))

ifeq ("$(origin O)","command line")
KBUILD_OUTPUT := $(O)
endif
objtree := $(patsubst ~/%,$(HOME)/%,$(KBUILD_OUTPUT))
objtree := $(abspath $(if $(filter-out /%,$(objtree)),$(top_srcdir)/)$(objtree))

endif
