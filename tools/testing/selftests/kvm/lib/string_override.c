// SPDX-License-Identifier: GPL-2.0-only
/*
 * String functions that guest code may call.
 *
 * libc chooses its implementations at process start (IFUNC), which a guest never runs, and they
 * use vector registers that KVM may not be able to emulate.  The linker finds this file before
 * libc, so host code uses these functions too.  They copy words: slower than libc in the cache,
 * equal to it on larger memory.
 *
 * Compiled with -ffreestanding, or the compiler would turn the loop of memcpy() into a call.
 */
#include <stddef.h>
#include <stdint.h>

typedef uint64_t __attribute__((may_alias)) word;

#define WORD		sizeof(word)
#define UNALIGNED(p)	((uintptr_t)(p) % WORD)

void *memcpy(void *restrict dest, const void *restrict src, size_t n);
void *memmove(void *dest, const void *src, size_t n);
void *memset(void *dest, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
int bcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);

void *memcpy(void *restrict dest, const void *restrict src, size_t n)
{
	const unsigned char *from = src;
	unsigned char *to = dest;

	if (UNALIGNED(from) == UNALIGNED(to)) {
		for (; n && UNALIGNED(to); n--)
			*to++ = *from++;
		for (; n >= 4 * WORD; n -= 4 * WORD, to += 4 * WORD, from += 4 * WORD) {
			((word *)to)[0] = ((const word *)from)[0];
			((word *)to)[1] = ((const word *)from)[1];
			((word *)to)[2] = ((const word *)from)[2];
			((word *)to)[3] = ((const word *)from)[3];
		}
		for (; n >= WORD; n -= WORD, to += WORD, from += WORD)
			*(word *)to = *(const word *)from;
	}
	while (n--)
		*to++ = *from++;
	return dest;
}

void *memmove(void *dest, const void *src, size_t n)
{
	const unsigned char *from = src;
	unsigned char *to = dest;

	/* Copying forward is safe unless the destination starts inside the source. */
	if ((uintptr_t)to - (uintptr_t)from >= n)
		return memcpy(dest, src, n);
	while (n--)
		to[n] = from[n];
	return dest;
}

void *memset(void *dest, int c, size_t n)
{
	word pattern = (unsigned char)c * (~(word)0 / 255);
	unsigned char *to = dest;

	for (; n && UNALIGNED(to); n--)
		*to++ = c;
	for (; n >= 4 * WORD; n -= 4 * WORD, to += 4 * WORD) {
		((word *)to)[0] = pattern;
		((word *)to)[1] = pattern;
		((word *)to)[2] = pattern;
		((word *)to)[3] = pattern;
	}
	for (; n >= WORD; n -= WORD, to += WORD)
		*(word *)to = pattern;
	while (n--)
		*to++ = c;
	return dest;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	if (UNALIGNED(x) == UNALIGNED(y)) {
		for (; n && UNALIGNED(x); n--, x++, y++)
			if (*x != *y)
				return *x - *y;
		while (n >= WORD && *(const word *)x == *(const word *)y) {
			x += WORD;
			y += WORD;
			n -= WORD;
		}
	}
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

/* clang calls bcmp() instead of memcmp() where only equality matters. */
int bcmp(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n);
}

size_t strlen(const char *s)
{
	size_t len = 0;

	while (s[len])
		len++;
	return len;
}

size_t strnlen(const char *s, size_t max)
{
	size_t len = 0;

	while (len < max && s[len])
		len++;
	return len;
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *(const unsigned char *)a - *(const unsigned char *)b;
}
