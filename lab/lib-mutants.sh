# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 source-path=SCRIPTDIR
#
# Mutants of a kernel tree, and the kernel that has them all.  Coccinelle marks their places
# (lab/mutants/mutants.cocci), and mutants.awk numbers the chosen ones.  Needs lib-apt.sh,
# lib-kernel.sh and lib-source.sh.

LAB_MUTANTS=$LAB_DIR/mutants

# lab_mutants_lines <DIFF: prints "FILE LINE" for each line that a diff -U0 adds to a C file.
lab_mutants_lines()
{
	awk '
		/^\+\+\+ /	{ file = $2; sub(/^b\//, "", file); next }
		/^@@ /		{ split($3, new, ","); line = new[1] + 0
				  n = new[2] == "" ? 1 : new[2]
				  while (n-- > 0 && file ~ /\.[ch]$/)
					print file, line++ }'
}

# lab_mutants_default TREE ORIGINALS: prints the choice of lab/mutants/default, and the lines in
# which TREE differs from the files below ORIGINALS.
lab_mutants_default()
{
	grep -v '^#' "$LAB_MUTANTS/default"
	(cd "$2" && find . -name '*.[ch]' -printf '%P\n') | while IFS= read -r file; do
		diff -U0 --label "$file" --label "$file" "$2/$file" "$1/$file"
	done | lab_mutants_lines
}

# lab_mutants_write TREE ORIGINALS CHOICE LIST: writes the mutants of CHOICE ("FILE WHAT" lines) to
# TREE, and their list to LIST.  ORIGINALS gets the files as they were.
lab_mutants_write()
{
	local tree=$1 originals=$2 choice=$3 list=$4 file number=1

	: >"$list"
	# Headers first: when their numbers change, much has to be compiled again.
	while IFS= read -r file; do
		[[ -f $tree/$file ]] || lab_die "no $file in the tree"
		if [[ ! -e $originals/$file ]]; then
			mkdir -p "$(dirname "$originals/$file")"
			cp "$tree/$file" "$originals/$file"
			lab_do spatch --very-quiet --no-includes --no-show-diff \
				--sp-file "$LAB_MUTANTS/mutants.cocci" "$originals/$file" \
				-o "$originals/$file.marked" >"$tmp/spatch" 2>&1
			# Without a match, spatch writes nothing.
			[[ -s $originals/$file.marked ]] ||
				cp "$tree/$file" "$originals/$file.marked"
		fi
		awk -v f="$file" '$1 == f { print $2 }' "$choice" >"$tmp/chosen"
		awk -v file="$file" -v from_number="$number" -v list="$list" \
			-v chosen="$tmp/chosen" -f "$LAB_MUTANTS/mutants.awk" "$originals/$file" \
			"$originals/$file.marked" 2>"$tmp/awk" >"$tmp/plain" ||
			lab_failed_write "$tmp" "$file: $(<"$tmp/awk")"
		# In the place of an empty line: compilers tell the numbers of the lines.
		awk 'mutants || $0 != "" { print; next }
			{ print "#include <linux/lab_mutate.h>"; mutants = 1 }' "$tmp/plain" \
			>"$tmp/mutated"
		cmp -s "$tmp/mutated" "$tree/$file" || cp "$tmp/mutated" "$tree/$file" ||
			lab_failed_write "$tree" "cannot write $file"
		number=$(awk 'END { print $1 + 1 }' "$list")
	done < <(cut -d' ' -f1 "$choice" | sort -u | sort -s -t. -k2,2r)
	((number > 1)) || lab_die "no mutant in the chosen lines"
	((number < 4000)) || lab_die "$number mutants: a kernel has room for 4000"
}

# lab_mutants_dirs CHOICE: prints the directories that kbuild compiles the files in.  Not single
# objects: the configuration may leave a file out.
lab_mutants_dirs()
{
	cut -d' ' -f1 "$1" | grep '[.]c$' | xargs -r dirname | sed 's|^virt/kvm$|arch/x86/kvm|
		s|^arch/x86/kvm/.*|arch/x86/kvm|; s|^mm/.*|mm|; s|$|/|' | sort -u
}

# lab_mutants_switch TREE CHOICE: adds the switch.  Locals are zero where a mutant leaves out
# their first assignment: an undefined value could let gcc drop the mutant.
lab_mutants_switch()
{
	local tree=$1 file dir stem

	{ cp "$LAB_MUTANTS/lab_mutate.h" "$tree/include/linux/" &&
		cp "$LAB_MUTANTS/lab_mutate.c" "$tree/mm/" &&
		echo 'obj-y += lab_mutate.o' >>"$tree/mm/Makefile"; } ||
		lab_failed_write "$tree" "cannot write to the tree"
	while IFS= read -r file; do
		dir=$(dirname "$file")
		stem=$(basename "$file" .c)
		case $dir in
		virt/kvm)	dir=arch/x86/kvm; stem=../../../virt/kvm/$stem ;;
		arch/x86/kvm/*)	stem=${dir#arch/x86/kvm/}/$stem; dir=arch/x86/kvm ;;
		esac
		echo "CFLAGS_$stem.o += -ftrivial-auto-var-init=zero" >>"$tree/$dir/Makefile"
	done < <(cut -d' ' -f1 "$2" | grep '[.]c$' | sort -u)
}

# lab_mutants_compile TREE ORIGINALS CHOICE STAGING STRICT: writes the mutants to TREE and compiles
# their files, without those that gcc refuses; STAGING/dropped lists these.
lab_mutants_compile()
{
	local tree=$1 originals=$2 choice=$3 staging=$4 strict=$5 round dirs refused

	lab_configure mutate "$tree" "$tree" "$strict" "$tmp/config.log" || {
		tail -n 5 "$tmp/config.log" >&2
		lab_failed_write "$LAB_CACHE" "the tree cannot be configured"
	}
	lab_make_args "$tree" "$tree"
	mapfile -t dirs < <(lab_mutants_dirs "$choice")
	: >"$staging/dropped"
	for round in 1 2 3 4; do
		lab_mutants_write "$tree" "$originals" "$choice" "$staging/mutants"
		lab_say "compiling $(wc -l <"$staging/mutants") mutants in ${dirs[*]}"
		lab_do "${make_args[@]}" -k -s -j"$(nproc)" "${dirs[@]}" >"$tmp/make" 2>&1 && return
		sed -n "s|$tree/||; s|^.*[.][.]/||; s|\(:[0-9]*\):[0-9]*: error: .*|\1|p" \
			"$tmp/make" | sort -u >"$tmp/lines"
		refused=$(awk -F '\t' 'FNR == NR { bad[$1]; next }
			{ split($2, part, ":"); if ((part[1] ":" part[3]) in bad) print $2 }' \
			"$tmp/lines" "$staging/mutants")
		if [[ -z $refused ]]; then
			lab_need_space "$LAB_CACHE" 8 "building a kernel"
			grep -a -m 5 -E 'error|Error|undefined' "$tmp/make" >&2
			lab_die "the tree does not build, and not because of a mutant"
		fi
		printf '%s\n' "$refused" >>"$staging/dropped"
		awk -F : '{ print $1, "!" $0 }' <<<"$refused" >>"$choice"
	done
	lab_die "the tree does not build with mutants, after $round attempts"
}

# lab_mutants_finish TREE ORIGINALS CHOICE STAGING STRICT: builds the kernel with the mutants.
lab_mutants_finish()
{
	lab_mutants_switch "$1" "$3"
	lab_mutants_compile "$@"
	lab_make_kernel mutate "$1" "$1" "$4" "$5"
	lab_say "$(wc -l <"$4/mutants") mutants, $(wc -l <"$4/dropped") dropped:" \
		"they do not compile"
	rm -rf "$1" "$2"
}

lab_mutants_need()
{
	# shellcheck disable=SC2086 # a list of names
	lab_need $LAB_SOURCE_TOOLS spatch
	lab_need_space "$LAB_CACHE" 2500 "building a kernel"
}

# lab_mutants_key: prints a hash of what makes mutants.
lab_mutants_key()
{
	cat "$LAB_MUTANTS"/{mutants.cocci,mutants.awk,lab_mutate.h,lab_mutate.c,default} | lab_hash
}

# lab_mutants_movable: builds "movable" with the mutants of lab/mutants/default, unless it is in
# the cache; sets lab_kernel_dir.
lab_mutants_movable()
{
	local entry staging tree originals

	lab_lock mutate
	lab_source_choose
	entry=mutate-$({ lab_series_entry movable; lab_mutants_key; } | lab_hash)
	if ! lab_cached "$entry"; then
		lab_mutants_need
		lab_staging mutate staging
		tree=$staging/tree originals=$staging/originals
		mkdir "$tree" "$originals"
		lab_source_deb
		lab_say "unpacking $source_package $source_version"
		lab_source_unpack "$tree" "${LAB_TREE_WITHOUT[@]}" ||
			lab_failed_write "$LAB_CACHE" "cannot unpack $source_package"
		lab_series_patches movable | xargs -d '\n' sed -n 's|^+++ b/||p' | sort -u |
			(cd "$tree" && xargs -d '\n' cp --parents -t "$originals")
		lab_patch "$tree" movable
		lab_mutants_default "$tree" "$originals" >"$staging/choice"
		rm -rf "$originals"
		mkdir "$originals"
		lab_mutants_finish "$tree" "$originals" "$staging/choice" "$staging" strict
		echo "mutate: movable with mutants" >"$staging/about"
		lab_commit "$staging" "$entry"
		lab_prune mutate "$entry"
	fi
	lab_kernel_dir=$LAB_CACHE/$entry
	lab_unlock mutate
}

# lab_mutants_source TREE A B: builds commit B of the git tree TREE with mutants of the lines that
# it adds to A.
lab_mutants_source()
{
	local source=$1 from=$2 to=$3 entry staging tree

	entry=mutate-own-$({ echo "$source $from $to"; lab_mutants_key; } | lab_hash)
	lab_lock "$entry"
	if ! lab_cached "$entry"; then
		lab_mutants_need
		lab_staging "$entry" staging
		tree=$staging/tree
		mkdir "$tree" "$staging/originals"
		git -C "$source" diff -U0 "$from" "$to" -- '*.c' '*.h' | lab_mutants_lines \
			>"$staging/choice"
		[[ -s $staging/choice ]] || lab_die "$from..$to adds no line to a C file"
		lab_say "exporting $to of $source"
		# shellcheck disable=SC2016 # for the inner shell
		lab_do bash -c 'set -o pipefail
			git -C "$1" archive --prefix=./ "$3" |
			tar -x -C "$2" "${@:4}"' bash "$source" "$tree" "$to" \
			"${LAB_TREE_WITHOUT[@]}" ||
			lab_failed_write "$LAB_CACHE" "cannot export $to"
		lab_mutants_finish "$tree" "$staging/originals" "$staging/choice" "$staging" lenient
		echo "mutate: $source, $from..$to" >"$staging/about"
		lab_commit "$staging" "$entry"
	fi
	lab_kernel_dir=$LAB_CACHE/$entry
	lab_unlock "$entry"
}
