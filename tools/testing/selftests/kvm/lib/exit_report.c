// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of vCPU exits that a guest may not survive.
 *
 * vcpu_run() writes the report at once: when the test fails later, perhaps in another thread, the
 * VM may be gone and its registers with it.  The report stays until the vCPU runs again or is
 * freed.  A failed assertion prints all reports.
 */
#include <pthread.h>

#include "kvm_util.h"

static pthread_mutex_t reports_lock = PTHREAD_MUTEX_INITIALIZER;
static struct kvm_vcpu *reported_vcpus;

void vcpu_add_exit_report(struct kvm_vcpu *vcpu, char *text)
{
	pthread_mutex_lock(&reports_lock);
	vcpu->exit_report = text;
	vcpu->next_reported = reported_vcpus;
	reported_vcpus = vcpu;
	pthread_mutex_unlock(&reports_lock);
}

void vcpu_free_exit_report(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu **link = &reported_vcpus;

	if (!vcpu->exit_report)
		return;
	pthread_mutex_lock(&reports_lock);
	while (*link != vcpu)
		link = &(*link)->next_reported;
	*link = vcpu->next_reported;
	free(vcpu->exit_report);
	vcpu->exit_report = NULL;
	pthread_mutex_unlock(&reports_lock);
}

void kvm_dump_exits(FILE *stream)
{
	struct kvm_vcpu *vcpu;

	/* An assertion that fails while this thread holds the lock must not deadlock. */
	if (pthread_mutex_trylock(&reports_lock))
		return;
	for (vcpu = reported_vcpus; vcpu; vcpu = vcpu->next_reported)
		fputs(vcpu->exit_report, stream);
	pthread_mutex_unlock(&reports_lock);
}
