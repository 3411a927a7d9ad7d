# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 source-path=SCRIPTDIR
#
# The kernel's own KVM selftests, from the packaged source.  They are only in the cache.  Needs
# lib-apt.sh and lib-source.sh.

# These files configure a kernel and build the tests.  A release may lack some.
LAB_TESTS_PARTS=({Makefile,Kbuild} {scripts,usr,include/{uapi,asm-generic}}/'*'
	{Kconfig,'*/Kconfig*'} arch/x86/configs/x86_64_defconfig
	include/linux/pci_ids.h arch/x86/{'Makefile*',include/uapi/'*',entry/syscalls/'*'}
	drivers/{dma,net/ethernet/intel/igb}/'*.h'
	tools/{Makefile,build/'*',scripts/'*',include/'*',arch/x86/'*',lib/'*.c'}
	tools/testing/selftests/{Makefile,lib.mk,'*.h','kselftest*',run_kselftest.sh}
	tools/testing/kunit/'*.py' tools/testing/selftests/{kvm,cgroup,clone3,rseq,vfio}/'*')

# lab_tests: sets tests_tree to a kernel tree with only these files, which is read-only.  The
# headers for user space are in its usr/include.
lab_tests()
{
	local staging entry pattern patterns=()

	lab_source_choose
	lab_need xz tar make gcc ld
	entry=tests-$(echo "$source_package $source_version ${LAB_TESTS_PARTS[*]}" | lab_hash)
	lab_lock tests
	if ! lab_cached "$entry"; then
		lab_need_space "$LAB_CACHE" 100 "the kernel's selftests"
		lab_source_deb
		lab_staging tests staging
		for pattern in "${LAB_TESTS_PARTS[@]}"; do
			patterns+=("$source_package/$pattern")
		done
		lab_say "unpacking the selftests of $source_package $source_version"
		lab_source_unpack "$staging" --wildcards "${patterns[@]}" 2>"$staging/tar.log" ||
			! grep -v -e ': Not found in archive' -e ': Exiting with failure' \
				"$staging/tar.log" >&2 ||
			lab_failed_write "$LAB_CACHE" "cannot unpack $source_package"
		rm "$staging/tar.log"
		lab_make -C "$staging" headers >"$staging/make.log" 2>&1 || {
			tail -n 20 "$staging/make.log" >&2
			lab_failed_write "$LAB_CACHE" "make headers failed in $source_package"
		}
		rm "$staging/make.log"
		echo "Debian $source_package $source_version" >"$staging/about"
		lab_commit "$staging" "$entry"
		lab_prune tests "$entry"
	fi
	tests_tree=$LAB_CACHE/$entry
	lab_unlock tests
}

# lab_tests_compare <KTAP: prints the results of the collections "kernel" and "ours" side by
# side.  Fails if they differ.
lab_tests_compare()
{
	awk '
	function note(key, what) {
		if (!((program, key) in seen)) {
			seen[program, key] = 1
			row[program, ++rows[program]] = key
		}
		got[library, program, key] = got[library, program, key] what
	}
	function word(line) {
		return line ~ /^not ok/ ? "not ok" : line ~ / # SKIP/ ? "skip" : "ok"
	}
	/^# selftests: / {
		library = $3
		sub(/:$/, "", library)
		program = $4
		if (!known[program]++)
			order[++programs] = program
		next
	}
	/^# (not )?ok [0-9]+/ {
		line = substr($0, 3)
		what = word(line)
		sub(/^(not )?ok [0-9]+ */, "", line)
		sub(/ *# SKIP.*/, "", line)
		note(line, what)
		next
	}
	/^# Bail out!/ { note("", "bail out, ") }
	# Other output, except for lines of the library and those that depend on chance or time.
	/^# (timeout set to|Random seed:|Testing guest mode:|TAP version|1[.][.][0-9])/ { next }
	program != "" && /^# [^ #]/ {
		gsub(/0x[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]+/, "0x...")
		gsub(/[0-9]+[.][0-9]+s/, "... s")
		note("\"" substr($0, 3) "\"", "said")
	}
	/^(not )?ok [0-9]+ selftests: / {
		what = word($0)
		if (match($0, /# (exit=|TIMEOUT).*/))
			what = what " " substr($0, RSTART + 2)
		note("", what)
		program = ""
	}
	END {
		printf "%-88s %-14s %s\n", "test", "kernel library", "ours"
		for (i = 1; i <= programs; i++) {
			program = order[i]
			line_of(program, "")
			for (j = 1; j <= rows[program]; j++)
				if (row[program, j] != "")
					line_of(program, row[program, j])
		}
		printf "%d tests, %d pass on both; of %d lines, ", programs, passes, lines
		print differ ? differ " differ" : "none differs"
		exit differ > 0 || lines == 0
	}
	function line_of(program, key,    kernel, our) {
		kernel = got["kernel", program, key]
		our = got["ours", program, key]
		lines++
		passes += key == "" && kernel == "ok" && our == "ok"
		differ += kernel != our
		printf "%-88s %-14s %s%s\n", key == "" ? program : "  " key,
			kernel == "" ? "-" : kernel, our == "" ? "-" : our,
			kernel == our ? "" : "   <-- differs"
	}'
}
