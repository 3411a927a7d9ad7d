# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash source-path=SCRIPTDIR
#
# For the checks of make and run_kselftest.sh: a copy of what stands in
# tools/testing/selftests with the collection of check/harness/fake in it.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_or_skip_all make gcc libc.a setsid

tree=$check_work/tree
selftests=$tree/tools/testing/selftests
fake=$CHECK_TOP/check/harness/fake

# The copy holds what is there in the project now, but no collection of its own.
make_tree()
{
	rm -rf "$tree"
	mkdir -p "$selftests"
	cp -r "$SELFTESTS"/{Makefile,lib.mk,run_kselftest.sh,kselftest.h,kselftest} "$selftests"
	cp -r "$fake" "$fake/../shared" "$selftests"
	chmod -x "$selftests/fake/noexec.sh"
	(cd "$tree" && find . -type f | sort) >"$check_work/pristine"
}
make_tree

# In the tree, as bots call it.
ksft_make()
{
	make --no-print-directory -C "$selftests" TARGETS=fake "$@"
}

# untouched NAME: the tree holds what it held at first, and nothing else.
untouched()
{
	(cd "$tree" && find . -type f | sort) >"$check_work/files"
	same "$1" "$check_work/pristine" "$check_work/files"
}

# The lines of $output that tell results.
results()
{
	grep -E '^(not )?ok ' "$output"
}
