// SPDX-License-Identifier: GPL-2.0-only
/*
 * One test per way in which a test can end; the output is compared with results.expected.
 */
#include <signal.h>

#include "kselftest_harness.h"

static void helper(struct __test_metadata *_metadata)
{
	EXPECT_EQ(1, 1);
}

TEST(pass)
{
	unsigned int u = 7;
	const char *text = "abc";
	const char *nothing = NULL;

	helper(_metadata);
	ASSERT_EQ(7, u);
	ASSERT_LT(u, sizeof(char[8]));
	ASSERT_NE(NULL, text);
	ASSERT_NULL(nothing);
	ASSERT_TRUE(text);
	ASSERT_FALSE(text[3]);
	ASSERT_STREQ("abc", text);
	EXPECT_STRNE("abd", text);
	EXPECT_GE(u, 7u);
	EXPECT_LE(-1, 0);
	EXPECT_GT(2, 1);
	TH_LOG("at the %s", "end");
}

TEST(expect_goes_on)
{
	int seen = -2;
	unsigned long large = 1UL << 32;

	EXPECT_EQ(KSFT_SKIP, seen);
	EXPECT_EQ(0, large);
	EXPECT_TRUE(!seen);
	EXPECT_STREQ("one", "two") {
		TH_LOG("in a block");
	}
	TH_LOG("goes on");
}

TEST(assert_ends)
{
	ASSERT_EQ(1, 2)
		TH_LOG("first this");
	TH_LOG("never printed");
}

TEST(return_is_pass)
{
	return;
}

TEST(exit_1) { exit(1); }
TEST(exit_9) { exit(9); }
TEST(exit_skip) { exit(KSFT_SKIP); }
TEST(exit_xfail) { exit(KSFT_XFAIL); }
TEST(exit_xpass) { exit(KSFT_XPASS); }

TEST(skip)
{
	SKIP(return, "needs %s", "luck");
	EXPECT_EQ(0, 1);
}

TEST(library_skips)
{
	ksft_exit_skip("needs a library\n");
}

TEST(library_fails)
{
	ksft_exit_fail_msg("library broke\n");
}

TEST(reports_by_itself)
{
	FILE *old = stdout;

	stdout = fopen("/dev/null", "w");
	ksft_test_result_pass("mine\n");
	stdout = old;
}

TEST_SIGNAL(wanted_signal, SIGINT) { raise(SIGINT); }
TEST_SIGNAL(wanted_signal_after_failure, SIGUSR1)
{
	EXPECT_TRUE(false);
	raise(SIGUSR1);
}
TEST_SIGNAL(wanted_signal_missing, SIGUSR1) {}
TEST_SIGNAL(wanted_other_signal, SIGUSR1) { raise(SIGUSR2); }
TEST(unwanted_signal) { raise(SIGUSR1); }

TEST(failure_in_child)
{
	pid_t pid = fork();

	if (!pid)
		ASSERT_EQ(0, 1);
	waitpid(pid, NULL, 0);
}

FIXTURE(fix)
{
	pid_t pid;
	int zero;
};

FIXTURE_VARIANT(fix)
{
	int number;
};

FIXTURE_VARIANT_ADD(fix, odd) { .number = 1 };
FIXTURE_VARIANT_ADD(fix, even) { .number = 2 };

FIXTURE_SETUP(fix)
{
	TH_LOG("setup of %d", variant->number);
	self->pid = getpid();
	EXPECT_EQ(0, self->zero);
}

FIXTURE_TEARDOWN(fix)
{
	TH_LOG("teardown, same process: %d", self->pid == getpid());
}

TEST_F(fix, is_odd)
{
	ASSERT_EQ(1, variant->number % 2);
}

TEST_F(fix, once_torn_down)
{
	self->zero = 1;
	if (!fork())
		return;
	wait(NULL);
}

TEST_F_SIGNAL(fix, dies, SIGUSR1) { raise(SIGUSR1); }
TEST_F_TIMEOUT(fix, in_time, 0) {}

XFAIL_ADD(fix, even, is_odd);
XFAIL_ADD(fix, odd, is_odd);

FIXTURE(no_variant) {};
FIXTURE_SETUP(no_variant) { SKIP(return, "setup said no"); }
FIXTURE_TEARDOWN(no_variant) { TH_LOG("never printed"); }
TEST_F(no_variant, skipped) { TH_LOG("never printed"); }

FIXTURE(bad_setup) { int unused; };
FIXTURE_SETUP(bad_setup) { ASSERT_EQ(0, 1); }
FIXTURE_TEARDOWN(bad_setup) { TH_LOG("never printed"); }
TEST_F(bad_setup, not_run) { TH_LOG("never printed"); }

FIXTURE(parent) { pid_t pid; };
FIXTURE_SETUP(parent) { self->pid = getpid(); }
FIXTURE_TEARDOWN_PARENT(parent)
{
	TH_LOG("teardown, in the parent: %d", self->pid != getpid());
}
TEST_F(parent, pass) {}
TEST_F(parent, fail) { ASSERT_EQ(0, 1); }
TEST_F_SIGNAL(parent, dies, SIGUSR1) { raise(SIGUSR1); }

TEST_HARNESS_MAIN
