# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# Kernels NAME-coverage: gcov counts how often each line of some files runs.  lib-source.sh
# sources this file.  kbuild takes the objects to instrument from make variables, so no tree
# needs a change.

# Files with the code under test, besides those that the patches of the kernel touch, and those
# in the variable LAB_GCOV.
LAB_GCOV_FILES="virt/kvm/guest_memfd.c mm/migrate.c mm/rmap.c mm/mempolicy.c mm/compaction.c
mm/gup.c mm/memory-failure.c mm/memory_hotplug.c arch/x86/kvm/mmu/*.[ch]"

# For these files.  gcc instruments a function after its early inlining: without it, each function
# is seen.  Others may need it: kernel/sched/fair.c calls functions that are not there, in code
# that goes away by inlining.
LAB_GCOV_CFLAGS="-fno-early-inlining -fno-partial-inlining"

# lab_gcov_files TREE NAME: prints the files of TREE, headers too, that the kernel NAME counts.
lab_gcov_files()
{
	(cd "$1" && {
		# shellcheck disable=SC2086 # patterns
		printf '%s\n' $LAB_GCOV_FILES ${LAB_GCOV:-}
		lab_series_patches "$2" | xargs -r -d '\n' sed -n 's|^+++ b/||p'
	} | sort -u | while IFS= read -r file; do
		[[ $file != *.[ch] || ! -e $file ]] || echo "$file"
	done)
}

# lab_gcov_args TREE NAME: adds the variables that instrument the files to make_args.
lab_gcov_args()
{
	local file dir stem own

	[[ $2 == *-coverage ]] || return 0
	# shellcheck disable=SC2086 # patterns
	own=$(cd "$1" && echo $LAB_GCOV_FILES)
	while IFS= read -r file; do
		dir=${file%/*}
		until [[ -e $1/$dir/Makefile || $dir != */* ]]; do
			dir=${dir%/*}
		done
		stem=${file#"$dir/"}
		# Only the makefile of an architecture's KVM compiles these.
		[[ $file != virt/kvm/* ]] || stem=../../../$file
		make_args+=("GCOV_PROFILE_${stem%.c}.o=y")
		[[ " $own " != *" $file "* ]] ||
			make_args+=("CFLAGS_${stem%.c}.o=$LAB_GCOV_CFLAGS")
	done < <(lab_gcov_files "$1" "$2" | grep '[.]c$')
}

# lab_gcov_keep TREE OUT NAME STAGING: keeps gcc's notes and the source of the files.
lab_gcov_keep()
{
	[[ $3 == *-coverage ]] || return 0
	{
		mkdir "$4/notes" "$4/source" && lab_gcov_files "$1" "$3" >"$4/files" &&
			(cd "$2" && find . -name '*.gcno' -exec cp --parents -t "$4/notes" {} +) &&
			(cd "$1" && xargs -d '\n' cp --parents -t "$4/source") <"$4/files"
	} || lab_failed_write "$LAB_CACHE" "cannot keep the notes of gcov"
}
