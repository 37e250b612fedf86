/* What the error numbers of the database mean. The test writes them as numbers: they are the
 * servers' interface, and with names it would not find a wrong name in the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/db_failure.h"

static void assert_all(const unsigned *numbers, enum db_failure expected)
{
	for (; *numbers != 0; numbers++) {
		if (db_failure_of(*numbers) != expected)
			fail_msg("%u is %d, not %d", *numbers, (int)db_failure_of(*numbers),
			    (int)expected);
	}
}

static void a_lost_connection_is_known_by_the_clients_and_the_servers_numbers(void **state)
{
	static const unsigned numbers[] = {2001, 2002, 2003, 2004, 2006, 2012, 2013, 2014, 2027,
	    2055, 2056, 2057, 5013, 5014, 1042, 1043, 1152, 1156, 1157, 1158, 1159, 1160, 1161,
	    1184, 1243, 1615, 1927, 3169, 4031, 0};

	(void)state;
	assert_all(numbers, DB_FAILURE_LOST);
}

static void conflicts_are_run_again_on_the_same_connection(void **state)
{
	static const unsigned numbers[] = {1020, 1205, 1213, 1317, 1412, 1689, 3101, 0};

	(void)state;
	assert_all(numbers, DB_FAILURE_CONFLICT);
}

static void a_server_that_stops_or_has_no_quorum_is_away(void **state)
{
	static const unsigned numbers[] = {1047, 1053, 1077, 1079, 1180, 1181, 3032, 3100, 3168, 0};

	(void)state;
	assert_all(numbers, DB_FAILURE_AWAY);
}

static void a_server_that_is_read_only_or_full_refuses(void **state)
{
	static const unsigned numbers[] = {1207, 1223, 1290, 1792, 1836, 1874, 1040, 1041, 1129,
	    1130, 1135, 1203, 1226, 2005, 2007, 2026, 0};

	(void)state;
	assert_all(numbers, DB_FAILURE_REFUSED);
}

static void a_lack_of_space_memory_time_rights_or_tables_is_out_of_service(void **state)
{
	static const unsigned numbers[] = {1015, 1016, 1021, 1026, 1030, 1036, 1037, 1038, 1114,
	    1206, 1461, 1637, 1878, 1969, 3024, 1044, 1045, 1049, 1054, 1142, 1146, 1698, 2008, 0};

	(void)state;
	assert_all(numbers, DB_FAILURE_OUT_OF_SERVICE);
}

static void errors_that_only_this_program_can_cause_are_ours(void **state)
{
	static const unsigned numbers[] = {
	    1062, 1064, 1136, 1264, 1292, 1364, 1366, 1406, 2030, 2031, 2034, 2036, 999, 65535, 0};

	(void)state;
	assert_all(numbers, DB_FAILURE_OURS);
	assert_int_equal(db_failure_of(0), DB_FAILURE_OURS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_lost_connection_is_known_by_the_clients_and_the_servers_numbers),
	    cmocka_unit_test(conflicts_are_run_again_on_the_same_connection),
	    cmocka_unit_test(a_server_that_stops_or_has_no_quorum_is_away),
	    cmocka_unit_test(a_server_that_is_read_only_or_full_refuses),
	    cmocka_unit_test(a_lack_of_space_memory_time_rights_or_tables_is_out_of_service),
	    cmocka_unit_test(errors_that_only_this_program_can_cause_are_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
