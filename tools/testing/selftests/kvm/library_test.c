// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the library on any machine with KVM: guests compute, make ucalls, fail and report as the
 * headers in include/ document.  Every other test depends on the reports of the library, so the
 * cases also run its failure paths and check the reports.
 */
#include <dirent.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>

#include <linux/sizes.h>

#include "library_test.h"

/* ---- Calls and values ------------------------------------------------------------------ */

static void guest_sync(void)
{
	int i;

	GUEST_SYNC(1);
	GUEST_SYNC_ARGS(2, 20, 21, 22, 23);
	GUEST_SYNC6(-1L, 11, 12, 13, 14, 15);
	for (i = 0; i < 100; i++)
		GUEST_SYNC1(i);
	GUEST_DONE();
}

static void expect_sync(struct kvm_vcpu *vcpu, struct ucall *uc)
{
	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, uc), UCALL_SYNC);
}

static void sync_and_done(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_sync);
	struct ucall uc;
	u64 i;

	expect_sync(vcpu, &uc);
	TEST_ASSERT(!strcmp((char *)uc.args[0], "hello") && uc.args[1] == 1, "GUEST_SYNC");
	expect_sync(vcpu, &uc);
	for (i = 0; i < 5; i++)
		TEST_ASSERT_EQ(uc.args[1 + i], i ? 19 + i : 2);
	expect_sync(vcpu, &uc);
	TEST_ASSERT_EQ(uc.args[0], (u64)-1);
	for (i = 1; i < 6; i++)
		TEST_ASSERT_EQ(uc.args[i], 10 + i);
	for (i = 0; i < 100; i++) {
		expect_sync(vcpu, &uc);
		TEST_ASSERT_EQ(uc.args[0], i);
	}
	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_DONE);
	kvm_vm_free(vm);
}

static void guest_printf(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	GUEST_PRINTF("%lu %#lx %ld|%-5s|%5d|%c%%", a, b, c, "ab", (int)d, (int)e);
	GUEST_SYNC(f);
	GUEST_DONE();
}

static void printf_and_arguments(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_printf);
	struct ucall uc;

	vcpu_args_set(vcpu, 6, 1UL, 0xffffffff12345678UL, -3L, -4L, (u64)'x', 6UL);
	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, &uc), UCALL_PRINTF);
	TEST_ASSERT(!strcmp(uc.buffer, "1 0xffffffff12345678 -3|ab   |   -4|x%"),
		    "guest printed '%s'", uc.buffer);
	expect_sync(vcpu, &uc);
	TEST_ASSERT_EQ(uc.args[1], 6);
	kvm_vm_free(vm);
}

static char long_text[UCALL_BUFFER_LEN + 1];

static void guest_prints_much(void)
{
	memset(long_text, 'x', UCALL_BUFFER_LEN);
	GUEST_PRINTF("%s", long_text);
}

static void printf_too_long(void)
{
	struct kvm_vcpu *vcpu;

	vm_create_with_one_vcpu(&vcpu, guest_prints_much);
	vcpu_run(vcpu);
}

static u64 global = 5;
static u64 in_bss[SZ_64K / sizeof(u64)];

static void guest_globals(void)
{
	size_t i;

	GUEST_ASSERT_EQ(READ_ONCE(global), 5);
	for (i = 0; i < ARRAY_SIZE(in_bss); i++)
		GUEST_ASSERT_EQ(in_bss[i], 0);
	GUEST_SYNC(0);
	GUEST_ASSERT_EQ(READ_ONCE(global), 6);
	GUEST_SYNC(0);
	GUEST_ASSERT_EQ(READ_ONCE(global), 7);
	WRITE_ONCE(global, 8);
	GUEST_DONE();
}

static void globals_both_ways(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	/* A guest starts with the values of the ELF file, not with those of the process. */
	global = 1;
	in_bss[100] = 1;
	vm = vm_create_with_one_vcpu(&vcpu, guest_globals);
	expect_sync(vcpu, NULL);
	global = 6;
	sync_global_to_guest(vm, global);
	expect_sync(vcpu, NULL);
	write_guest_global(vm, global, 7);
	TEST_ASSERT_EQ(global, 6);
	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_DONE);
	sync_global_from_guest(vm, global);
	TEST_ASSERT_EQ(global, 8);
	kvm_vm_free(vm);
}

static char string_buf[4][256];

/* Checks the string functions in guest code: overlap, alignment and length. */
static void guest_strings(void)
{
	u64 from, to, len;

	for (from = 0; from < 9; from++) {
		for (to = 0; to < 9; to++) {
			for (len = 0; len < 40; len += 3) {
				memset(string_buf[0], 0, 64);
				memset(string_buf[1], 1, 64);
				memset(string_buf[0] + to, 2, len);
				memcpy(string_buf[1] + from, string_buf[0] + to, len);
				GUEST_ASSERT(!memcmp(string_buf[1] + from, string_buf[0] + to,
						     len));
				GUEST_ASSERT_EQ(string_buf[1][from + len], 1);
				GUEST_ASSERT_EQ(strnlen(string_buf[0] + to, len + 1), len);
			}
		}
	}
	GUEST_ASSERT_EQ(strlen("seven.."), 7);
	GUEST_ASSERT(strcmp("a", "b") < 0 && !strcmp("ab", "ab") && strcmp("ab", "a") > 0);
	memcpy(string_buf[2], "0123456789", 11);
	memmove(string_buf[2] + 2, string_buf[2], 8);
	GUEST_ASSERT(!memcmp(string_buf[2], "0101234567", 11));
	GUEST_DONE();
}

static void run_to_done(void *guest_code)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_code);

	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_DONE);
	kvm_vm_free(vm);
}

static void string_functions(void)
{
	run_to_done(guest_strings);
}

static u32 random_in_guest[4];

static void guest_random(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(random_in_guest); i++)
		random_in_guest[i] = kvm_random_u32(&kvm_rng);
	GUEST_DONE();
}

static void seed_is_shared(void)
{
	struct kvm_random_state rng = new_kvm_random_state(1234);
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	size_t i;

	kvm_random_seed = 1234;
	vm = vm_create_with_one_vcpu(&vcpu, guest_random);
	vcpu_run(vcpu);
	sync_global_from_guest(vm, random_in_guest);
	for (i = 0; i < ARRAY_SIZE(random_in_guest); i++)
		TEST_ASSERT_EQ(random_in_guest[i], kvm_random_u32(&rng));
	kvm_vm_free(vm);
}

/* ---- Reports --------------------------------------------------------------------------- */

static void guest_assert_fails(u64 x)
{
	u64 y = 0x1234;

	GUEST_ASSERT_EQ(x, 0x4321);
	GUEST_ASSERT_NE(x, 0x1234);
	GUEST_ASSERT_EQ(y, x);
}

static void guest_assertion(void)
{
	struct kvm_vcpu *vcpu;

	vm_create_with_one_vcpu(&vcpu, guest_assert_fails);
	vcpu_args_set(vcpu, 1, 0x4321UL);
	vcpu_run(vcpu);
}

static void guest_fails(void)
{
	GUEST_FAIL("the reason is %s", "secret");
}

static void guest_failure(void)
{
	run_to_done(guest_fails);
}

static noinline void some_helper(int wanted)
{
	TEST_ASSERT(wanted == 2, "wanted %d, got %d", wanted, 2);
}

static void host_assertion(void)
{
	errno = EACCES;		/* must not turn the failure into a SKIP */
	some_helper(3);
}

static void host_assertion_eq(void)
{
	int left = 1, right = 2;

	TEST_ASSERT_EQ(left, right);
}

static void unexpected_signal(void)
{
	raise(SIGBUS);
}

static void wrong_exit_reason(void)
{
	struct kvm_vcpu *vcpu;

	vm_create_with_one_vcpu(&vcpu, guest_sync);
	vcpu_run(vcpu);
	TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_HLT);
}

static void failing_ioctl(void)
{
	struct kvm_vm *vm = vm_create_barebones();

	vm_set_user_memory_region(vm, 0, 0, 0, 1, NULL);
}

/* ---- Several VMs and vCPUs ------------------------------------------------------------- */

#define NR_VCPUS	8

static u64 arrived[NR_VCPUS];

static void guest_meets_others(u64 id)
{
	u64 other;

	WRITE_ONCE(arrived[id], id + 1);
	for (other = 0; other < NR_VCPUS; other++)
		while (READ_ONCE(arrived[other]) != other + 1)
			GUEST_SYNC(other);
	GUEST_DONE();
}

static void *run_until_done(void *arg)
{
	struct kvm_vcpu *vcpu = arg;

	do {
		vcpu_run(vcpu);
	} while (get_ucall(vcpu, NULL) == UCALL_SYNC);
	return NULL;
}

static void vcpus_on_threads(void)
{
	struct kvm_vcpu *vcpus[NR_VCPUS];
	struct kvm_vm *vm = vm_create_with_vcpus(NR_VCPUS, guest_meets_others, vcpus);
	pthread_t threads[NR_VCPUS];
	u64 i;

	for (i = 0; i < NR_VCPUS; i++) {
		vcpu_args_set(vcpus[i], 1, i);
		kvm_pthread_create(&threads[i], NULL, run_until_done, vcpus[i]);
	}
	for (i = 0; i < NR_VCPUS; i++)
		kvm_pthread_join(threads[i], NULL);
	sync_global_from_guest(vm, arrived);
	for (i = 0; i < NR_VCPUS; i++)
		TEST_ASSERT_EQ(arrived[i], i + 1);
	kvm_vm_free(vm);
}

static void *vm_in_thread(void *arg)
{
	(void)arg;
	run_to_done(guest_random);
	return NULL;
}

static void vms_on_threads(void)
{
	pthread_t threads[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		kvm_pthread_create(&threads[i], NULL, vm_in_thread, NULL);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		kvm_pthread_join(threads[i], NULL);
}

static void vm_after_fork(void)
{
	int status;
	pid_t pid;

	run_to_done(guest_random);
	pid = fork();
	if (!pid) {
		run_to_done(guest_random);
		_exit(17);
	}
	TEST_ASSERT(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "child died");
	TEST_ASSERT_EQ(WEXITSTATUS(status), 17);
}

static size_t count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	TEST_ASSERT(d, "cannot open %s", dir);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static size_t count_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	size_t n = 0;
	int c;

	TEST_ASSERT(maps, "cannot open /proc/self/maps");
	while ((c = getc(maps)) != EOF)
		n += c == '\n';
	fclose(maps);
	return n;
}

static void free_leaves_nothing(void)
{
	struct kvm_vcpu *vcpus[NR_VCPUS];
	size_t fds = 0, mappings = 0;
	struct kvm_vm *vm;
	int i;

	for (i = 0; i < 5; i++) {
		vm = vm_create_with_vcpus(NR_VCPUS, guest_sync, vcpus);
		vm_userspace_mem_region_add(vm, VM_MEM_SRC_SHMEM, SZ_4G, 1, 16, 0);
		vcpu_run(vcpus[1]);
		kvm_vm_free(vm);
		/* The C library may keep files and mappings from the first iterations. */
		if (i == 2) {
			fds = count_entries("/proc/self/fd");
			mappings = count_mappings();
		}
	}
	TEST_ASSERT_EQ(count_entries("/proc/self/fd"), fds);
	TEST_ASSERT_EQ(count_mappings(), mappings);
}

/* ---- The process ----------------------------------------------------------------------- */

/* Arguments that main() handles, see below. */
#define ARG_RUN_GUEST	"--run-guest"
#define ARG_NOTHING	"--do-nothing"

/* A program that the shell found in PATH must find its own ELF file. */
static void started_through_path(void)
{
	char self[PATH_MAX], copy[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	TEST_ASSERT(len > 0, "cannot read /proc/self/exe");
	self[len] = '\0';
	strcpy(copy, self);
	TEST_ASSERT(!chdir("/") && !setenv("PATH", dirname(copy), 1), "cannot set up PATH");
	execlp(basename(self), "another name", ARG_RUN_GUEST, NULL);
	TEST_FAIL("cannot execute %s", self);
}

/* The library must not print before the TAP header: the output must be "<" and ">" only. */
static void library_is_silent(void)
{
	test_write(STDOUT_FILENO, "<", 1);
	execl("/proc/self/exe", "silent", ARG_NOTHING, NULL);
}

/* In both cases the program must exit with a SKIP, a reason and a remedy. */
static void without_dev_kvm(void)
{
	if (chroot("/proc") || chdir("/"))
		ksft_exit_skip("cannot hide /dev/kvm: run as root\n");
	become_program();
	vm_create_barebones();
}

static void without_permission(void)
{
	const uid_t other = 65534;

	if (setgroups(0, NULL) || setresgid(other, other, other) ||
	    setresuid(other, other, other))
		ksft_exit_skip("cannot become another user: run as root\n");
	if (!access(KVM_DEV_PATH, R_OK | W_OK))
		ksft_exit_skip("/dev/kvm is accessible to all users\n");
	become_program();
	vm_create_barebones();
}

static const struct library_case cases[] = {
	LIBRARY_CASE(sync_and_done, 0),
	LIBRARY_CASE(printf_and_arguments, 0),
	LIBRARY_CASE(printf_too_long, STATUS_ASSERTION, "len < ", "a text of 1024 characters"),
	LIBRARY_CASE(globals_both_ways, 0),
	LIBRARY_CASE(string_functions, 0),
	LIBRARY_CASE(seed_is_shared, 0),

	LIBRARY_CASE(guest_assertion, STATUS_ASSERTION, "library_test.c:", "y == x",
		     "y is 0x1234, x is 0x4321"),
	LIBRARY_CASE(guest_failure, STATUS_ASSERTION, "library_test.c:", "the reason is secret"),
	LIBRARY_CASE(host_assertion, STATUS_ASSERTION, "library_test.c:", "wanted == 2",
		     "wanted 3, got 2", "errno 13", "some_helper", "host_assertion"),
	LIBRARY_CASE(host_assertion_eq, STATUS_ASSERTION, "left == right",
		     "left is 0x1, right is 0x2"),
	LIBRARY_CASE(unexpected_signal, -SIGBUS, "# unexpected signal 7 (Bus error)"),
	LIBRARY_CASE(wrong_exit_reason, STATUS_ASSERTION, "wanted exit reason 5 (HLT), got "),
	LIBRARY_CASE(failing_ioctl, STATUS_ASSERTION, "KVM_SET_USER_MEMORY_REGION failed",
		     "errno 22 (Invalid argument)", "failing_ioctl"),

	LIBRARY_CASE(vcpus_on_threads, 0),
	LIBRARY_CASE(vms_on_threads, 0),
	LIBRARY_CASE(vm_after_fork, 0),
	LIBRARY_CASE(free_leaves_nothing, 0),

	LIBRARY_CASE(started_through_path, 0, "the guest ran"),
	LIBRARY_CASE(library_is_silent, 0, "<>"),
	LIBRARY_CASE(without_dev_kvm, KSFT_SKIP, "TAP version 13\n1..0 # SKIP no /dev/kvm. ",
		     "modprobe"),
	LIBRARY_CASE(without_permission, KSFT_SKIP, "1..0 # SKIP /dev/kvm is not accessible",
		     "root"),
};

int main(int argc, char *argv[])
{
	if (argc > 1 && !strcmp(argv[1], ARG_NOTHING))
		return puts(">") == EOF;
	if (argc > 1 && !strcmp(argv[1], ARG_RUN_GUEST)) {
		run_to_done(guest_random);
		return puts("the guest ran") == EOF;
	}
	return run_library_cases(argc, argv, cases, ARRAY_SIZE(cases));
}
