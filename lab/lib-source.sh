# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 source-path=SCRIPTDIR
#
# Kernels that the lab builds from source: Debian's packaged source with one of our series, or
# a developer's own tree.  lib-make.sh has the steps of the build.

. "$LAB_DIR/lib-make.sh"
. "$LAB_DIR/lib-gcov.sh"

# "movable" has lab/patches/movable; lab_series_patches() lists the patches of the others.  The
# suffixes "-debug", "-coverage" and "-roots" add the file of that name in lab/config.
LAB_SERIES="movable plain posted faulty pretend optin"

# The series are for this release.  If the archive no longer has it, the lab takes a newer one.
LAB_SOURCE_BASE=7.3

LAB_SOURCE_TOOLS="gcc ld make flex bison bc gelf.h pahole xz patch perl python3 cpio awk libc.a"
# ccache makes rebuilds faster and is optional: only root installs it.
((EUID)) || LAB_SOURCE_TOOLS+=" ccache"

lab_is_series()
{
	local name

	for name in $LAB_SERIES; do
		case $1 in
		"$name" | "$name-debug" | "$name-coverage" | "$name-roots") return 0 ;;
		esac
	done
	return 1
}

# lab_series_patches NAME: prints the patch files of the series, in order.
lab_series_patches()
{
	case ${1%%-*} in
	plain)	;;
	movable)	printf '%s\n' "$LAB_DIR/patches/movable"/*.patch ;;
	# The series as posted: without what this collection found.
	posted)		printf '%s\n' "$LAB_DIR/patches/movable"/*.patch | grep -v '/000[5-9]-' ;;
	# A boot parameter selects a fault; the default is none.
	faulty)		printf '%s\n' "$LAB_DIR/patches"/{movable,faulty}/*.patch ;;
	# SEV without hardware; its faults, too, are off by default.
	pretend)	printf '%s\n' "$LAB_DIR/patches"/{movable,faulty,pretend}/*.patch ;;
	# Migration only of files whose creator asks for it; with faults, off by default.
	optin)		printf '%s\n' "$LAB_DIR/patches"/{movable,faulty,pretend,optin}/*.patch ;;
	esac
}

# lab_series_config NAME: prints the configuration fragments on top of tinyconfig.
lab_series_config()
{
	printf '%s\n' "$LAB_DIR/config/base.config"
	[[ $1 != *-* ]] || printf '%s\n' "$LAB_DIR/config/${1#*-}.config"
}

# lab_series_about NAME: prints what the series adds to the packaged source.
lab_series_about()
{
	[[ $1 != *-* ]] || printf ', lab/config/%s.config' "${1#*-}"
	case ${1%%-*} in
	plain)	;;
	posted)	printf ', lab/patches/movable without the last five' ;;
	faulty)	printf ', lab/patches/movable, lab/patches/faulty' ;;
	pretend) printf ', lab/patches/{movable,faulty,pretend}' ;;
	optin)	printf ', lab/patches/{movable,faulty,pretend,optin}' ;;
	*)	printf ', lab/patches/%s' "${1%%-*}" ;;
	esac
}

# lab_series NAME: builds one of LAB_SERIES, unless it is in the cache; sets lab_kernel_dir.
lab_series()
{
	local name=$1 staging entry

	lab_lock "$name"
	lab_source_choose
	# shellcheck disable=SC2086 # a list of names
	lab_need $LAB_SOURCE_TOOLS
	entry=$(lab_series_entry "$name")
	if ! lab_cached "$entry"; then
		lab_staging "$name" staging
		lab_series_make "$name" "$staging"
		lab_commit "$staging" "$entry"
		lab_prune "$name" "$entry"
	fi
	lab_kernel_dir=$LAB_CACHE/$entry
	lab_unlock "$name"
}

# lab_series_entry NAME: prints the cache key: a hash of all that decides what is built.
lab_series_entry()
{
	local file

	echo "$1-$({
		echo "$1 $source_package $source_version"
		"${CC:-gcc}" --version | head -n 1
		# Without the messages of patches and without comments.
		lab_series_patches "$1" | while IFS= read -r file; do
			sed -n "/^diff --git/,\$p" "$file"
		done
		lab_series_config "$1" | xargs -d '\n' grep -h CONFIG_
		[[ $1 != *-coverage ]] || echo "$LAB_GCOV_FILES $LAB_GCOV_CFLAGS"
	} | lab_hash)"
}

lab_series_ready()
{
	[[ -s $LAB_CACHE/source.choice ]] || return 1
	read -r source_package source_version <"$LAB_CACHE/source.choice"
	[[ -e $LAB_CACHE/$(lab_series_entry "$1")/SHA256SUMS ]]
}

# lab_series_state NAME: prints a line for --list; with a suffix only if the kernel is ready.
lab_series_state()
{
	local about

	if lab_series_ready "$1"; then
		about=$(<"$LAB_CACHE/$(lab_series_entry "$1")/about")
		lab_state "$1" ready "${about#*: }"
	elif [[ $1 != *-* ]]; then
		lab_state "$1" "not ready" "to be built"
	fi
}

# lab_prune NAME KEEP: removes old builds of NAME, but for KEEP and the three newest others.
lab_prune()
{
	local old

	find "$LAB_CACHE" -mindepth 1 -maxdepth 1 -type d -name "$1-????????????????" \
		! -name "$2" -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d' ' -f2- |
		while IFS= read -r old; do
			rm -rf -- "$old"
		done
}

# lab_source_choose: sets source_package and source_version.  Asks the archive only before the
# first choice, or with --update.
lab_source_choose()
{
	local pattern='linux-source-[0-9]+[.][0-9]+'

	if [[ -z ${lab_update:-} && -s $LAB_CACHE/source.choice ]]; then
		read -r source_package source_version <"$LAB_CACHE/source.choice"
		return
	fi
	lab_apt_setup
	lab_suite "$pattern"
	source_package=linux-source-$LAB_SOURCE_BASE
	[[ -n $(lab_names "${source_package//./[.]}") ]] ||
		source_package=$(lab_names "$pattern" | tail -n 1)
	source_version=$(lab_version "$source_package")
	lab_say "source: $source_package $source_version from $lab_suite_name"
	lab_put "$LAB_CACHE/source.choice" "$source_package $source_version"
}

# lab_source_deb: downloads the chosen package, and sets source_deb to its file.
lab_source_deb()
{
	local entry staging

	entry=$source_package-$(echo "$source_package $source_version" | lab_hash)
	lab_lock "$source_package"
	if ! lab_cached "$entry"; then
		[[ -n ${lab_suite_name:-} ]] || {
			lab_apt_setup
			lab_suite "${source_package//./[.]}"
		}
		[[ $(lab_version "$source_package") == "$source_version" ]] || {
			rm -f "$LAB_CACHE/source.choice"
			lab_die "$source_package $source_version is no longer in the archive;" \
				"start again to take the new version"
		}
		lab_staging "$source_package" staging
		lab_fetch "$staging" "$source_package"
		lab_commit "$staging" "$entry"
	fi
	lab_unlock "$source_package"
	source_deb=$(echo "$LAB_CACHE/$entry"/*.deb)
}

# None of our configurations compiles these two thirds of a kernel tree.  The Kconfig files and
# Makefiles of these directories must be there.
LAB_TREE_WITHOUT=(--wildcards --exclude=*.dts --exclude=*.dtsi --exclude=*.yaml --exclude=*.rst
	--exclude=*.json "--exclude=*/arch/[!xu]*/*.[chS]" "--exclude=*/tools/testing/*")
for lab_subdir in sound drivers/{gpu,media,staging,infiniband,iio} 'drivers/net/*'; do
	LAB_TREE_WITHOUT+=("--exclude=*/$lab_subdir/*.[ch]")
done

# lab_source_unpack DIR WORD...: unpacks the tree of source_deb into DIR.  The words are options
# of tar, to leave files out for example.
lab_source_unpack()
{
	# shellcheck disable=SC2016 # for the inner shell
	lab_do bash -c 'set -o pipefail
		dpkg-deb --fsys-tarfile "$2" | tar -x -O --wildcards "./usr/src/*.tar.xz" |
		tar -x -J --strip-components=1 -C "$1" "${@:3}"' \
		bash "$1" "$source_deb" "${@:2}"
}

# lab_series_make NAME STAGING: builds the series below STAGING, and leaves only the result.
lab_series_make()
{
	local name=$1 staging=$2 tree

	lab_need_space "$LAB_CACHE" 2500 "building a kernel"
	lab_source_deb
	lab_say "unpacking $source_package $source_version"
	mkdir "$staging/tree"
	lab_source_unpack "$staging/tree" "${LAB_TREE_WITHOUT[@]}" ||
		lab_failed_write "$LAB_CACHE" "cannot unpack $source_package"
	tree=$staging/tree
	lab_patch "$tree" "$name"
	lab_make_kernel "$name" "$tree" "$tree" "$staging" strict
	echo "$name: Debian $source_package $source_version, lab/config$(
		lab_series_about "$name")" >"$staging/about"
	lab_say "removing the tree"
	rm -rf "$tree"
}

# lab_own_source TREE NAME: builds a developer's tree, with the patches of NAME if it lacks
# them.  Sets lab_kernel_dir.  Writes nothing to TREE.
lab_own_source()
{
	local tree=$1 name=$2 key entry staging

	lab_is_series "$name" || lab_usage_error "--source goes with one of: $LAB_SERIES"
	tree=$(realpath -e -- "$1" 2>/dev/null) || lab_usage_error "--source: no directory $1"
	[[ -r $tree/Kbuild && -r $tree/include/linux/pagemap.h ]] ||
		lab_usage_error "--source: $tree is not a kernel tree"
	# shellcheck disable=SC2086 # a list of names
	lab_need $LAB_SOURCE_TOOLS
	key=own-$(echo "$tree $name" | lab_hash)
	lab_lock "$key"
	if grep -q AS_UNMOVABLE "$tree/include/linux/pagemap.h" && [[ $name != plain* ]]; then
		lab_say "$tree has the series already: building it as it is"
		name=plain${name#"${name%%-*}"}
	fi
	lab_staging "$key" staging
	if [[ $name == plain* ]] && lab_tree_clean "$tree"; then
		# Objects stay: the next build compiles only what changed.
		lab_need_space "$LAB_CACHE" 1800 "building a kernel"
		mkdir -p "$LAB_CACHE/objects-$key"
		lab_make_kernel "$name" "$tree" "$LAB_CACHE/objects-$key" "$staging" lenient
	else
		lab_copy_tree "$tree" "$staging/tree"
		lab_patch "$staging/tree" "$name"
		lab_make_kernel "$name" "$staging/tree" "$staging/tree" "$staging" lenient
		rm -rf "$staging/tree"
	fi
	echo "own tree $tree, $name" >"$staging/about"
	lab_commit "$staging" "$key"
	lab_kernel_dir=$LAB_CACHE/$key
	lab_unlock "$key"
}

# kbuild refuses to build a tree elsewhere that was configured in place.
lab_tree_clean()
{
	[[ ! -e $1/.config && ! -d $1/include/config && ! -d $1/arch/x86/include/generated ]]
}

lab_copy_tree()
{
	lab_need_space "$LAB_CACHE" 2500 "a copy of the tree and its build"
	lab_say "copying $1 (it stays as it is)"
	mkdir "$2"
	# shellcheck disable=SC2016 # for the inner shell
	lab_do bash -c 'set -o pipefail
		tar -c -C "$1" --exclude=./.git "${@:3}" . | tar -x -C "$2"' bash "$1" "$2" \
		"${LAB_TREE_WITHOUT[@]}" ||
		lab_failed_write "$LAB_CACHE" "cannot copy $1"
	lab_tree_clean "$2" || lab_do make -C "$2" -s mrproper >/dev/null 2>&1 ||
		lab_failed_write "$LAB_CACHE" "make mrproper failed in the copy of $1"
}
