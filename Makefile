# SPDX-License-Identifier: GPL-2.0-only
#
# tools/testing/selftests builds and runs the tests; the targets here are for the whole project.
# "make help" lists them: the lines "target: ... ## what".

selftests := tools/testing/selftests

all:		## build the tests, beside their sources
	$(MAKE) -C $(selftests) TARGETS=kvm all

run_tests:	## build the tests and run them on this machine
	$(MAKE) -C $(selftests) TARGETS=kvm run_tests

# "make check NAMES=unit" runs the checks whose names contain "unit".
check:		## check everything, in the lab too; NAMES="..." chooses
	@check/run $(NAMES)

# All faults of lab/faults; "make check" tries a few.
faults:		## plant each fault in the kernel; the tests must find it
	@lab/faults

mutate:		## change the kernel by rules, a place at a time; the tests must notice
	@lab/mutate

# A hundred runs without a fault, in ten boots.
soak:		## search for false alarms of the tests, for some hours
	@for boot in 1 2 3 4 5 6 7 8 9 10; do \
		lab/run -q --kernel faulty --repeat 10 -t migrate -- -a || exit; \
	done

# The cheapest calls and more memory than usual make the most moves in the time.
stress:		## move pages under running guests ten million times, for some minutes
	lab/run --kernel movable --timeout 7200 -t guest_memfd_migrate_stress \
		-- -t by_range -b 16M -i 64

# Without the TDP MMU, and without nested paging: KVM maps memory by other code.
mmu:		## run the tests in each of the other MMU modes of KVM
	@status=0; for machine in no-tdp-mmu no-npt; do \
		lab/run --machine $$machine || status=1; \
	done; exit $$status

# What the machines for "make check" have no memory for.
contig:		## run the tests of gigantic pages and of virtio-mem
	lab/run --machine gigantic -t guest_memfd_migrate_test -t private_mem -- -t hugetlb_gigantic
	lab/run --machine virtio-mem -t guest_memfd_migrate_test -t private_mem -- -t virtio_mem

# A kernel with gcov, all programs on it: half an hour.
coverage:	## measure which lines of the kernel the tests run
	@lab/coverage

bench:		## measure this project next to its peers, for some minutes
	@bench/run

# RELEASE=DIR for another directory; ARCH and CROSS_COMPILE as for the tests.
RELEASE ?= release
version := $(shell sed -n 's/^.define MIGRATE_VERSION[^"]*"\(.*\)"$$/\1/p' \
	$(selftests)/kvm/include/migrate/runner/version.h)
tarball := kvm-migrate-selftests-$(version)-$(or $(ARCH),$(shell uname -m)).tar.gz

release:	## make a tarball of the installed tests, and its checksum, in release/
	@mkdir -p $(RELEASE) && tmp=$$(mktemp -d $(RELEASE)/.new.XXXXXX) && \
	trap "rm -rf $$tmp" EXIT INT TERM HUP && \
	$(MAKE) -C $(selftests) TARGETS=kvm O=$$(realpath $$tmp) FORMAT=.gz \
		INSTALL_PATH=$$(realpath $$tmp)/installed gen_tar >$$tmp/log || \
		{ cat $$tmp/log; exit 1; } && \
	mv $$tmp/installed/kselftest-packages/kselftest.tar.gz $$tmp/$(tarball) && \
	(cd $$tmp && sha256sum $(tarball) >$(tarball).sha256) && \
	mv $$tmp/$(tarball) $$tmp/$(tarball).sha256 $(RELEASE)/ && \
	ls $(RELEASE)/$(tarball) $(RELEASE)/$(tarball).sha256

docs:		## generate docs/contract.md from the tables of the contracts
	@check/docs >docs/contract.md.new && mv docs/contract.md.new docs/contract.md

clean:		## remove what "all" built
	$(MAKE) -C $(selftests) TARGETS=kvm clean

help:		## print this
	@sed -n 's/^\([a-z_-]*\):.*##/  \1	/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

.PHONY: all run_tests check faults mutate soak stress mmu contig coverage bench release docs clean help
