// SPDX-License-Identifier: GPL-2.0-only
/* snprintf() without the C library, for guest code. */
#include "test_util.h"

/* Output buffer: counts every character, stores those that fit. */
struct output {
	char *buf;
	int room;	/* characters, without the closing NUL */
	int len;
};

/* One conversion, such as %-08.3lx. */
struct spec {
	bool left;		/* '-' */
	bool zero;		/* '0' */
	bool prefix;		/* '#' */
	char plus;		/* sign of a positive number: '+', ' ', or 0 for none */
	bool upper;
	int width;
	int precision;		/* -1: not given */
	int bytes;		/* size of the argument */
	unsigned int base;
};

static void put(struct output *out, char c, int times)
{
	for (; times > 0; times--) {
		if (out->len < out->room)
			out->buf[out->len] = c;
		out->len++;
	}
}

/* Writes @len characters of @text, padded with blanks to the width. */
static void put_text(struct output *out, const struct spec *spec, const char *text, int len)
{
	int pad = spec->width - len, i;

	if (!spec->left)
		put(out, ' ', pad);
	for (i = 0; i < len; i++)
		put(out, text[i], 1);
	if (spec->left)
		put(out, ' ', pad);
}

static void put_string(struct output *out, const struct spec *spec, const char *text)
{
	int len = 0;

	if (!text)
		text = spec->precision < 0 || spec->precision >= 6 ? "(null)" : "";
	while ((spec->precision < 0 || len < spec->precision) && text[len])
		len++;
	put_text(out, spec, text, len);
}

/* @sign: character before the digits, or 0 for none */
static void put_number(struct output *out, const struct spec *spec, u64 num, char sign)
{
	const char *digit = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	bool hex_prefix = spec->prefix && spec->base == 16 && num;
	char reversed[64];
	int digits = 0, zeros, pad;

	for (; num; num /= spec->base)
		reversed[digits++] = digit[num % spec->base];

	zeros = (spec->precision < 0 ? 1 : spec->precision) - digits;
	if (spec->prefix && spec->base == 8 && zeros < 1)
		zeros = 1;
	zeros = max(zeros, 0);
	pad = spec->width - zeros - digits - !!sign - 2 * hex_prefix;
	if (spec->zero && !spec->left && spec->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}

	if (!spec->left)
		put(out, ' ', pad);
	if (sign)
		put(out, sign, 1);
	if (hex_prefix) {
		put(out, '0', 1);
		put(out, spec->upper ? 'X' : 'x', 1);
	}
	put(out, '0', zeros);
	while (digits)
		put(out, reversed[--digits], 1);
	if (spec->left)
		put(out, ' ', pad);
}

static void put_signed(struct output *out, const struct spec *spec, s64 num)
{
	if (num < 0)
		put_number(out, spec, -(u64)num, '-');
	else
		put_number(out, spec, num, spec->plus);
}

static void put_pointer(struct output *out, struct spec *spec, u64 pointer)
{
	if (!pointer) {
		spec->precision = -1;
		put_string(out, spec, "(nil)");
		return;
	}
	spec->base = 16;
	spec->prefix = true;
	put_number(out, spec, pointer, spec->plus);
}

/* parse_flags() and parse_bytes() return the first character that they did not read. */
static const char *parse_flags(const char *fmt, struct spec *spec)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-':
			spec->left = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '#':
			spec->prefix = true;
			break;
		case '+':
			spec->plus = '+';
			break;
		case ' ':
			spec->plus = spec->plus ? spec->plus : ' ';
			break;
		default:
			return fmt;
		}
	}
}

static const char *parse_bytes(const char *fmt, struct spec *spec)
{
	spec->bytes = sizeof(int);
	switch (*fmt) {
	case 'h':
		spec->bytes = fmt[1] == 'h' ? sizeof(char) : sizeof(short);
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		spec->bytes = sizeof(long long);
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'j':
	case 't':
	case 'z':
		spec->bytes = sizeof(long long);
		return fmt + 1;
	}
	return fmt;
}

/* va_list is an array in some ABIs; the struct lets functions take a pointer to it. */
struct arguments {
	va_list list;
};

/* Reads a number, or takes an int argument for '*'. */
static const char *parse_int(const char *fmt, struct arguments *args, int *value)
{
	*value = 0;
	if (*fmt == '*') {
		*value = va_arg(args->list, int);
		return fmt + 1;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		*value = *value * 10 + *fmt - '0';
	return fmt;
}

static u64 next_unsigned(struct arguments *args, int bytes)
{
	if (bytes == sizeof(u64))
		return va_arg(args->list, u64);
	return va_arg(args->list, u32) & (~0U >> (32 - 8 * bytes));
}

static s64 next_signed(struct arguments *args, int bytes)
{
	s64 num = next_unsigned(args, bytes);

	return num << (64 - 8 * bytes) >> (64 - 8 * bytes);
}

/* Writes one argument; returns the first character after its conversion. */
static const char *convert(struct output *out, const char *fmt, struct arguments *args)
{
	struct spec spec = { .precision = -1, .base = 10 };
	char c;

	fmt = parse_flags(fmt, &spec);
	fmt = parse_int(fmt, args, &spec.width);
	if (spec.width < 0) {
		spec.left = true;
		spec.width = -spec.width;
	}
	if (*fmt == '.')
		fmt = parse_int(fmt + 1, args, &spec.precision);
	fmt = parse_bytes(fmt, &spec);

	switch (*fmt) {
	case 'c':
		c = va_arg(args->list, int);
		put_text(out, &spec, &c, 1);
		break;
	case 's':
		put_string(out, &spec, va_arg(args->list, const char *));
		break;
	case 'p':
		put_pointer(out, &spec, va_arg(args->list, u64));
		break;
	case 'd':
	case 'i':
		put_signed(out, &spec, next_signed(args, spec.bytes));
		break;
	case 'X':
		spec.upper = true;
		fallthrough;
	case 'x':
		spec.base = 16;
		put_number(out, &spec, next_unsigned(args, spec.bytes), 0);
		break;
	case 'o':
		spec.base = 8;
		put_number(out, &spec, next_unsigned(args, spec.bytes), 0);
		break;
	case 'u':
		put_number(out, &spec, next_unsigned(args, spec.bytes), 0);
		break;
	case '\0':
		put(out, '%', 1);
		return fmt;
	case '%':
		put(out, '%', 1);
		break;
	default:	/* print an unknown conversion as it is */
		put(out, '%', 1);
		put(out, *fmt, 1);
	}
	return fmt + 1;
}

int guest_vsnprintf(char *buf, int n, const char *fmt, va_list args)
{
	struct output out = { .buf = buf, .room = n - 1 };
	struct arguments copy;

	va_copy(copy.list, args);
	while (*fmt) {
		if (*fmt == '%')
			fmt = convert(&out, fmt + 1, &copy);
		else
			put(&out, *fmt++, 1);
	}
	va_end(copy.list);
	if (n > 0)
		buf[min(out.len, out.room)] = '\0';
	return out.len;
}

int guest_snprintf(char *buf, int n, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = guest_vsnprintf(buf, n, fmt, args);
	va_end(args);
	return len;
}
