# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash source-path=SCRIPTDIR
#
# For the checks of make and run_kselftest.sh: makes a copy of tools/testing/selftests with the
# collection check/harness/fake.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_or_skip_all make gcc libc.a setsid

tree=$check_work/tree
selftests=$tree/tools/testing/selftests
fake=$CHECK_TOP/check/harness/fake

# Copies the shared files of the project, without its own collection.
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

# Runs make in the tree, as bots do.
ksft_make()
{
	make --no-print-directory -C "$selftests" TARGETS=fake "$@"
}

# untouched NAME: checks that the tree has the same files as after make_tree
untouched()
{
	(cd "$tree" && find . -type f | sort) >"$check_work/files"
	same "$1" "$check_work/pristine" "$check_work/files"
}

# Prints the result lines of $output.
results()
{
	grep -E '^(not )?ok ' "$output"
}
