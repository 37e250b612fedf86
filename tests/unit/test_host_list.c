/* Lists of hosts: names and addresses with and without ports, and lists that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/host_list.h"

/* Reads the list and writes it again, with blanks between the hosts. */
static void assert_list(const char *text, const char *expected)
{
	struct host hosts[HOSTS_MAX];
	struct error error = {0};
	char all[HOSTS_MAX * HOST_TEXT_SIZE] = "", one[HOST_TEXT_SIZE];
	size_t count;

	if (!host_list_read(text, "DB_HOST", hosts, &count, &error))
		fail_msg("%s is refused: %s", text, error.message);
	for (size_t i = 0; i < count; i++) {
		strcat(all, i == 0 ? "" : " ");
		strcat(all, host_write(&hosts[i], one));
	}
	assert_string_equal(all, expected);
}

static void assert_refused(const char *text)
{
	struct host hosts[HOSTS_MAX];
	struct error error = {0};
	size_t count;

	if (host_list_read(text, "DB_HOST", hosts, &count, &error))
		fail_msg("%s is taken for a list", text);
	assert_non_null(strstr(error.message, "DB_HOST"));
	error_clear(&error);
}

static void names_and_addresses_with_and_without_ports_are_read(void **state)
{
	(void)state;
	assert_list("", "");
	assert_list("a", "a");
	assert_list("a:3306,b:3307", "a:3306 b:3307");
	assert_list(
	    " db1.example.org , 10.0.0.1:1 ,\tlocalhost ", "db1.example.org 10.0.0.1:1 localhost");
	assert_list("[::1]:65535,[2001:db8::1],::1", "[::1]:65535 [2001:db8::1] [::1]");
	assert_list("a,b,c,d,e,f,g,h", "a b c d e f g h");
}

static void text_that_is_not_a_list_is_refused(void **state)
{
	static const char *const texts[] = {",", "a,", ",a", "a,,b", " ", "a b", "a:", "a:0",
	    "a:65536", "a:99999999999999999999", "a:-1", "a:+1", "a: 1", "a:1x", "[::1", "::1]",
	    "[]", "[]:1", "[::1]3306", "[::1]:", ":1", "a/b", "a,b,c,d,e,f,g,h,i"};
	char longest[HOST_NAME_SIZE + 1] = "";

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_refused(texts[i]);
	memset(longest, 'a', HOST_NAME_SIZE);
	assert_refused(longest);
	longest[HOST_NAME_SIZE - 1] = '\0';
	assert_list(longest, longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_and_addresses_with_and_without_ports_are_read),
	    cmocka_unit_test(text_that_is_not_a_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
