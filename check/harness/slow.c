// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that never end by themselves: which the harness, or who calls it, ends.
 * SLEEP in the environment is how long they sleep, by which they are found.
 */
#include "kselftest_harness.h"

static void sleep_for_ever(void)
{
	execlp("sleep", "sleep", getenv("SLEEP"), NULL);
}

static void wait_for_children(void)
{
	while (wait(NULL) > 0)
		;
}

FIXTURE(slow) {};
FIXTURE_SETUP(slow) {}
FIXTURE_TEARDOWN(slow) {}

TEST_F_TIMEOUT(slow, one_second, 1)
{
	sleep_for_ever();
}

/* Its child does not listen to SIGTERM. */
TEST_F_TIMEOUT(slow, with_deaf_child, 1)
{
	if (!fork()) {
		signal(SIGTERM, SIG_IGN);
		sleep_for_ever();
	}
	wait_for_children();
}

static void put_back(int sig)
{
	(void)sig;
	(void)!write(STDOUT_FILENO, "# put back\n", 11);
	_exit(0);
}

/* Told to end it says so, and that its status is 0 does not make it good. */
TEST_F_TIMEOUT(slow, tidy, 1)
{
	signal(SIGTERM, put_back);
	for (;;)
		pause();
}

/* Passes, and leaves a process behind. */
TEST(leaves_child)
{
	if (!fork())
		sleep_for_ever();
}

/* Two for who stops the program. */
TEST(for_ever)
{
	if (!fork())
		sleep_for_ever();
	TH_LOG("waiting");
	wait_for_children();
}

TEST(alone)
{
	sleep_for_ever();
}

TEST_HARNESS_MAIN
