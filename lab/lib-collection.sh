# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# The collection: an installed kselftest directory.  The lab knows nothing else of it.

# lab_collection_build: installs kvm/ and sets collection to its directory.  Objects stay in
# the cache, so that make compiles only what changed.
lab_collection_build()
{
	local out tmp entry

	lab_need make gcc ld libc.a linux/kvm.h
	entry=objects-$(echo "$LAB_TOP" | lab_hash)
	lab_lock "$entry"
	out=$LAB_CACHE/$entry
	mkdir -p "$out" || lab_failed_write "$LAB_CACHE" "cannot make $out"
	lab_need_space "$LAB_CACHE" 64 "building the collection"
	lab_tmp tmp
	lab_make -C "$LAB_TOP/tools/testing/selftests" TARGETS=kvm O="$out" \
		INSTALL_PATH="$tmp/install" install >"$tmp/make.log" 2>&1 || {
		tail -n 40 "$tmp/make.log" >&2
		lab_failed_write "$LAB_CACHE" "building the collection failed"
	}
	lab_unlock "$entry"
	collection=$tmp/install
	lab_collection_check
}

lab_collection_check()
{
	[[ -d $collection ]] || lab_die "--install: no directory $collection"
	[[ -x $collection/run_kselftest.sh && -r $collection/kselftest-list.txt ]] ||
		lab_die "$collection is no installed kselftest directory:" \
			"it lacks run_kselftest.sh or kselftest-list.txt"
	[[ -s $collection/kselftest-list.txt ]] ||
		lab_die "the collection in $collection is empty (kselftest-list.txt)"
}

# lab_select FILE PATTERN...: sets select_options for run_kselftest.sh to the programs whose
# names contain a PATTERN, in the order of the patterns.  Writes to FILE the variables of the
# file LAB_ENV, which other programs of the lab set, and those that pass opt_args to programs.
# Sets select_programs to the paths of these programs, also if opt_args is empty.
lab_select()
{
	local file=$1 entry name pattern hit any args

	shift
	select_options=
	select_programs=()
	cat -- "${LAB_ENV:-/dev/null}" >"$file"
	args=${opt_args[*]}
	for pattern; do
		any=
		while IFS= read -r entry; do
			[[ ${entry#*:} == *"$pattern"* ]] || continue
			any=y
			select_options+=" -t $entry"
		done <"$collection/kselftest-list.txt"
		[[ -n $any ]] ||
			lab_die_usage_list "-t $pattern: no program has such a name"
	done
	while IFS= read -r entry; do
		name=${entry##*[:/]}
		hit=
		for pattern; do
			[[ ${entry#*:} != *"$pattern"* ]] || hit=y
		done
		(($# > 0)) || [[ $name != *migrate*_test ]] || hit=y
		[[ -n $hit ]] || continue
		select_programs+=("$collection/${entry%%:*}/$name")
		[[ -n $args ]] || continue
		printf "export KSELFTEST_%s_ARGS='%s'\n" "$(lab_upper "$name")" \
			"${args//\'/\'\\\'\'}" >>"$file"
	done <"$collection/kselftest-list.txt"
	[[ -z $args || -s $file ]] ||
		lab_die_usage_list "no program here takes the arguments '$args' (choose with -t)"
}

# lab_select_show: where opt_args ask for a list or a text, prints it without a machine and exits.
lab_select_show()
{
	local argument program

	for argument in "${opt_args[@]}"; do
		case $argument in
		-l | -h | --help | --version) break ;;
		*)	argument= ;;
		esac
	done
	[[ -n ${argument:-} ]] || return 0
	for program in "${select_programs[@]}"; do
		((${#select_programs[@]} == 1)) || printf '%s:\n' "${program##*/}"
		"$program" "${opt_args[@]}" </dev/null || exit "$LAB_USAGE"
	done
	exit 0
}

# lab_opt_in FILE: have the migration tests know the bit of GUEST_MEMFD_FLAG_MIGRATABLE, which no
# kernel header has.  A -k of the user comes later, and counts.
lab_opt_in()
{
	local entry name

	# shellcheck disable=SC2016 # the machine expands it
	while IFS= read -r entry; do
		name=$(lab_upper "${entry##*[:/]}")
		[[ $name == *_MIGRATE_* ]] || continue
		printf 'export KSELFTEST_%s_ARGS="-k opt-in=2 $KSELFTEST_%s_ARGS"\n' \
			"$name" "$name"
	done <"$collection/kselftest-list.txt" >>"$1"
}

lab_upper()
{
	tr '[:lower:]' '[:upper:]' <<<"$1" | tr -c '[:upper:][:digit:]\n' _
}

lab_die_usage_list()
{
	lab_say "error: $*"
	lab_say "the collection has:" \
		"$(sed 's/^[^:]*://' "$collection/kselftest-list.txt" | tr '\n' ' ')"
	exit "$LAB_USAGE"
}
