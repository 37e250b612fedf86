/* The composed file as ffmpeg makes it: the pictures at each time are those of who was there. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/compose.h"
#include "arena_fixture.h"
#include "base/clock.h"

enum {
	ARGUMENTS_MAX = 40,
	ANSWER_MAX = 65536,
	TOLERANCE = 48, /* of a colour's parts, after two encodings */
	FEW = 200,      /* pixels at edges that may look like anything */
	RATE = 8000,    /* of the sound that is looked at */
	SEGMENTS_MAX = 16,
};

/* Who was there: a late one, one who went early, and a screen. Each has a colour. */
static const struct {
	const char *file, *person;
	int64_t from, to; /* ms */
	int red, green, blue;
	const char *source, *tone; /* for ffmpeg */
	int width, height;         /* of the largest picture */
	bool is_screen;
} made[] = {
    {"ann.webm", "ann", 0, 6000, 255, 0, 0, "color=c=0xFF0000:s=320x180:r=20", "440", 320, 180,
	false},
    {"bob.webm", "bob", 2000, 6000, 0, 160, 0, "color=c=0x00A000:s=320x180:r=20", "880", 320, 180,
	false},
    {"cem.webm", "cem", 0, 3000, 0, 0, 255, NULL, NULL, 320, 180, false},
    {"screen.webm", "bob", 4000, 5000, 255, 255, 0, "color=c=0xFFFF00:s=640x360:r=1", NULL, 640,
	360, true},
};
enum { MADE = sizeof made / sizeof made[0] };

static char folder[] = "/tmp/cf-compose-XXXXXX";
static struct recorded_track tracks[MADE];
static struct span spans[MADE];
static struct picture_size sizes[MADE][2];
static char answer[ANSWER_MAX];

static const char *in_folder(const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

/* Reads a file to its end. */
static size_t file_read(const char *path, char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;
	size_t total = 0;

	assert_true(fd >= 0);
	while ((len = read(fd, bytes + total, size - total)) > 0)
		total += (size_t)len;
	close(fd);
	return total;
}

/* Runs a program without an environment. Its output goes to the file `to`. Gives its exit code; -1:
 * it was killed. */
static int run_to(const char *to, const char *const *arguments)
{
	char *const nothing[] = {NULL};
	posix_spawn_file_actions_t actions;
	int status, failed;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	failed = posix_spawn(&pid, arguments[0], &actions, NULL, (char *const *)arguments, nothing);
	posix_spawn_file_actions_destroy(&actions);
	assert_int_equal(failed, 0);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The same; the output is in `answer`. */
static int run(const char *const *arguments)
{
	const char *path = in_folder("answer");
	int code = run_to(path, arguments);

	answer[file_read(path, answer, sizeof answer - 1)] = '\0';
	return code;
}

static void run_well(const char *const *arguments)
{
	if (run(arguments) == 0)
		return;
	for (; *arguments != NULL; arguments++)
		fprintf(stderr, "%s ", *arguments);
	fail_msg("the program has failed");
}

/* Runs ffmpeg with words. */
static void ffmpeg(const char *words)
{
	const char *arguments[ARGUMENTS_MAX] = {COMPOSE_FFMPEG, "-nostdin", "-v", "error", "-y"};
	char *rest, *text = arena_strdup(arena, words);
	size_t count = 5;

	for (char *word = strtok_r(text, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		assert_true(count + 1 < ARGUMENTS_MAX);
		arguments[count++] = word;
	}
	run_well(arguments);
}

/* ---- what was recorded ---- */

static void track_make(size_t i)
{
	double seconds = (double)(made[i].to - made[i].from) / 1000;
	const char *sound = "", *codec = "";

	if (made[i].tone != NULL) {
		sound = arena_printf(arena,
		    "-f lavfi -i sine=frequency=%s:sample_rate=48000:duration=%.3f", made[i].tone,
		    seconds);
		codec = "-af pan=stereo|c0=c0|c1=c0 -c:a libopus";
	}
	ffmpeg(arena_printf(arena,
	    "-f lavfi -i %s:d=%.3f %s -c:v libvpx -deadline realtime -cpu-used 8 -auto-alt-ref 0 -g 20 -b:v 500k %s -f webm %s",
	    made[i].source, seconds, sound, codec, in_folder(made[i].file)));
}

/* A camera whose picture becomes larger in the middle of the file. */
static void growing_track_make(const char *file)
{
	FILE *list = fopen(in_folder("grow.txt"), "we");

	assert_non_null(list);
	for (int i = 0; i < 2; i++) {
		const char *name = arena_printf(arena, "grow-%d.webm", i);

		ffmpeg(arena_printf(arena,
		    "-f lavfi -i color=c=0x0000FF:s=%s:r=20:d=1.5 -c:v libvpx -deadline realtime -auto-alt-ref 0 -b:v 500k -f webm %s",
		    i == 0 ? "160x90" : "320x180", in_folder(name)));
		fprintf(list, "file %s\n", name);
	}
	fclose(list);
	ffmpeg(arena_printf(
	    arena, "-f concat -i %s -c copy -f webm %s", in_folder("grow.txt"), in_folder(file)));
}

static int setup(void **state)
{
	arena_setup(state);
	if (access(COMPOSE_FFMPEG, X_OK) != 0)
		return 0;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < MADE; i++) {
		int64_t from = made[i].from * MILLISECOND, to = made[i].to * MILLISECOND;
		bool grows = made[i].source == NULL;

		if (grows)
			growing_track_make(made[i].file);
		else
			track_make(i);
		spans[i] = (struct span){from, to};
		sizes[i][0] = (struct picture_size){
		    from, made[i].width / (grows ? 2 : 1), made[i].height / (grows ? 2 : 1)};
		sizes[i][1] = (struct picture_size){(from + to) / 2, made[i].width, made[i].height};
		tracks[i] = (struct recorded_track){.file = made[i].file,
		    .person = made[i].person,
		    .name = made[i].person,
		    .is_screen = made[i].is_screen,
		    .has_sound = made[i].tone != NULL,
		    .from = from,
		    .to = to,
		    .pictures = &spans[i],
		    .picture_count = 1,
		    .sizes = sizes[i],
		    .size_count = 2};
	}
	return 0;
}

static int teardown(void **state)
{
	if (access(COMPOSE_FFMPEG, X_OK) == 0)
		run_to("/dev/null", (const char *const[]){"/bin/rm", "-rf", folder, NULL});
	return arena_teardown(state);
}

/* ---- the file ---- */

/* Makes the composed file of the plan of `recorded`, and gives its path. */
static const char *compose(
    const struct composing *composing, const struct recorded_track *recorded, size_t recorded_count)
{
	const struct segment_plan *plan = composing->plan;
	const char *names[SEGMENTS_MAX], *labels[SEGMENTS_MAX];
	const char *end = composing->format == COMPOSE_MP4 ? "mp4" : "webm";
	const char *out = in_folder(arena_printf(arena, "out.%s", end));
	struct compose_sound *sounds;
	size_t count;
	FILE *list;

	assert_true(plan->segment_count <= SEGMENTS_MAX && plan->label_count <= SEGMENTS_MAX);
	for (size_t i = 0; i < plan->label_count; i++) {
		labels[i] = in_folder(arena_printf(arena, "label-%zu.png", i));
		ffmpeg(arena_printf(arena,
		    "-f lavfi -i color=c=gray:s=40x%d -frames:v 1 -f image2 -update 1 %s",
		    plan->labels[i].height, labels[i]));
	}
	for (size_t i = 0; i < plan->segment_count; i++) {
		struct compose_progress progress = {0};
		char *rest;

		names[i] = arena_printf(arena, "segment-%zu.%s", i, end);
		run_well(
		    compose_segment(composing, &plan->segments[i], labels, in_folder(names[i])));
		for (char *line = strtok_r(answer, "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest))
			compose_progress_read(&progress, line);
		assert_true(progress.ended);
		assert_int_equal(progress.frames, plan->segments[i].frames);
	}
	list = fopen(in_folder("list.txt"), "we");
	assert_non_null(list);
	fputs(compose_list(composing, names), list);
	fclose(list);
	sounds = compose_sounds(composing, recorded, recorded_count, &count);
	run_well(compose_mix(composing, sounds, count, true, in_folder("mix")));
	run_well(compose_join(composing, in_folder("list.txt"), in_folder("mix"), out));
	return out;
}

static const uint8_t *frame_at(const struct segment_plan *plan, const char *file, double seconds)
{
	size_t size = (size_t)plan->width * (size_t)plan->height * 3;
	char *pixels = arena_alloc(arena, size + 1);

	ffmpeg(arena_printf(arena, "-ss %.4f -i %s -frames:v 1 -f rawvideo -pix_fmt rgb24 %s",
	    seconds, file, in_folder("frame")));
	assert_int_equal(file_read(in_folder("frame"), pixels, size + 1), size);
	return (const uint8_t *)pixels;
}

static bool is_colour(const uint8_t *pixel, size_t i)
{
	return abs(pixel[0] - made[i].red) < TOLERANCE &&
	       abs(pixel[1] - made[i].green) < TOLERANCE &&
	       abs(pixel[2] - made[i].blue) < TOLERANCE;
}

/* At this time the frame shows those who were there, and nobody else. */
static void frame_check(const struct segment_plan *plan, const char *file, double seconds)
{
	const uint8_t *frame = frame_at(plan, file, seconds);
	size_t pixels = (size_t)plan->width * (size_t)plan->height;

	for (size_t i = 0; i < MADE; i++) {
		bool there =
		    seconds * 1000 >= (double)made[i].from && seconds * 1000 < (double)made[i].to;
		size_t seen = 0, most = (size_t)made[i].width * (size_t)made[i].height;

		for (size_t at = 0; at < pixels; at++)
			seen += is_colour(frame + at * 3, i);
		if (there ? seen < 2000 || seen > most : seen > FEW)
			fail_msg("at %.2f s %s has %zu pixels", seconds, made[i].file, seen);
	}
}

/* The loudness from one time to another: 1 is the loudest possible. */
static double loudness(const int16_t *samples, double from, double to)
{
	double sum = 0;
	size_t count = 0;

	for (size_t i = (size_t)(from * RATE); i < (size_t)(to * RATE); i++, count++)
		sum += pow((double)samples[i] / 32768, 2);
	return sqrt(sum / (double)count);
}

static void sound_check(const char *file)
{
	const double one = 0.125 / sqrt(2), two = one * sqrt(2); /* of ffmpeg's tones */
	int16_t *samples = arena_alloc(arena, 10 * RATE * sizeof *samples);
	size_t len;

	ffmpeg(arena_printf(
	    arena, "-i %s -map 0:a:0 -ac 1 -ar %d -f s16le %s", file, RATE, in_folder("sound")));
	len = file_read(in_folder("sound"), (char *)samples, 10 * RATE * sizeof *samples);
	assert_true(fabs((double)len / sizeof *samples / RATE - 6) < 0.1);
	if (fabs(loudness(samples, 0.1, 1.9) / one - 1) > 0.1)
		fail_msg("one person is %.3f loud and not %.3f", loudness(samples, 0.1, 1.9), one);
	if (fabs(loudness(samples, 2.1, 5.9) / two - 1) > 0.1)
		fail_msg("two people are %.3f loud and not %.3f", loudness(samples, 2.1, 5.9), two);
}

static void file_check(const struct composing *composing, const char *file)
{
	const struct segment_plan *plan = composing->plan;
	struct error error = {0};

	run_well(compose_probe(composing, file));
	if (!compose_check(composing, answer, strlen(answer), &error))
		fail_msg("%s", error.message);
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *segment = &plan->segments[i];
		double begin = (double)segment_time(segment->first) / 1e6;
		double end = (double)segment_time(segment->first + segment->frames) / 1e6;

		frame_check(plan, file, begin + 0.15);
		frame_check(plan, file, (begin + end) / 2);
		frame_check(plan, file, end - 0.1);
		run_well(compose_decode(composing, segment, file));
		assert_non_null(strstr(answer, "progress=end"));
	}
	sound_check(file);
}

static void picture_is_jpeg(const char *path)
{
	assert_true(file_read(path, answer, sizeof answer) > 500);
	assert_memory_equal(answer, "\xff\xd8\xff", 3);
}

static void compose_and_check(enum compose_format format)
{
	struct segment_plan plan = segments_plan(arena, tracks, MADE, false);
	struct composing composing = {
	    .arena = arena, .format = format, .plan = &plan, .tracks = folder};
	const char *file;

	if (access(COMPOSE_FFMPEG, X_OK) != 0)
		skip();
	assert_int_equal(plan.segment_count, 5);
	file = compose(&composing, tracks, MADE);
	file_check(&composing, file);
	run_well(compose_poster(&composing, file, in_folder("poster.jpg")));
	picture_is_jpeg(in_folder("poster.jpg"));
	run_well(compose_thumbnails(&composing, file, in_folder("strip.jpg")));
	picture_is_jpeg(in_folder("strip.jpg"));
}

/* A picture that becomes brighter each second, beside one that comes and goes: each second is where
 * it was. */
static void no_cut_moves_the_time(void **state)
{
	static const struct span shown[] = {
	    {0, 6 * SECOND}, {2350 * MILLISECOND, 4610 * MILLISECOND}};
	static const struct picture_size clock_size[] = {{0, 320, 180}},
					 size[] = {{2350 * MILLISECOND, 320, 180}};
	static const struct recorded_track both[] = {{.file = "clock.webm",
							 .person = "ann",
							 .to = 6 * SECOND,
							 .pictures = &shown[0],
							 .picture_count = 1,
							 .sizes = clock_size,
							 .size_count = 1},
	    {.file = "bob.webm",
		.person = "bob",
		.from = 2350 * MILLISECOND,
		.to = 4610 * MILLISECOND,
		.pictures = &shown[1],
		.picture_count = 1,
		.sizes = size,
		.size_count = 1}};
	struct segment_plan plan = segments_plan(arena, both, 2, false);
	struct composing composing = {.arena = arena, .plan = &plan, .tracks = folder};
	const char *file;

	(void)state;
	if (access(COMPOSE_FFMPEG, X_OK) != 0)
		skip();
	ffmpeg(arena_printf(arena,
	    "-f lavfi -i color=c=black:s=320x180:r=20:d=6,geq=lum=20+30*floor(T):cb=128:cr=128 "
	    "-c:v libvpx -deadline realtime -cpu-used 8 -auto-alt-ref 0 -g 200 -b:v 500k -f webm %s",
	    in_folder("clock.webm")));
	file = compose(&composing, both, 2);
	for (int second = 0; second < 6; second++) {
		/* Frames of 20 and of 24 a second: the change is seen up to 50 ms later. */
		const double at[] = {second + 0.1, second + 0.5, second + 0.95};

		for (size_t i = 0; i < 3; i++) {
			const uint8_t *frame = frame_at(&plan, file, at[i]);
			bool beside = at[i] > 2.35 && at[i] < 4.61;
			int x = beside ? 160 : plan.width / 2;
			int is = frame[(90 * plan.width + x) * 3];
			int should = (4 + 30 * second) * 255 / 219;

			if (abs(is - should) > 12)
				fail_msg("at %.2f s it is %d bright and not %d", at[i], is, should);
		}
	}
}

/* The left half is red and the right half is blue, as a camera sends them. */
static void a_turned_picture_is_shown_upright(void **state)
{
	static const struct span shown = {0, 1 * SECOND};
	static const struct picture_size size = {0, 320, 180};
	struct picture_turn turn = {0};
	struct recorded_track track = {.file = "turned.webm",
	    .person = "dan",
	    .to = 1 * SECOND,
	    .pictures = &shown,
	    .picture_count = 1,
	    .sizes = &size,
	    .size_count = 1,
	    .turns = &turn,
	    .turn_count = 1};
	/* Where red lies after the picture was turned clockwise: per cent of width and height. */
	static const struct {
		int degrees;
		bool mirrored;
		int x, y;
	} turns[] = {{0, false, 25, 50}, {90, false, 50, 25}, {180, false, 75, 50},
	    {270, false, 50, 75}, {0, true, 75, 50}, {90, true, 50, 75}};

	(void)state;
	if (access(COMPOSE_FFMPEG, X_OK) != 0)
		skip();
	ffmpeg(arena_printf(arena,
	    "-f lavfi -i color=c=0xFF0000:s=160x180:r=20:d=1 -f lavfi -i color=c=0x0000FF:s=160x180:r=20:d=1 "
	    "-filter_complex hstack -c:v libvpx -deadline realtime -b:v 500k -f webm %s",
	    in_folder("turned.webm")));
	for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
		struct segment_plan plan;
		struct composing composing = {.arena = arena, .plan = &plan, .tracks = folder};
		const uint8_t *frame;
		int x, y;

		turn = (struct picture_turn){0, turns[i].degrees, turns[i].mirrored};
		plan = segments_plan(arena, &track, 1, false);
		run_well(
		    compose_segment(&composing, &plan.segments[0], NULL, in_folder("turned.mp4")));
		frame = frame_at(&plan, in_folder("turned.mp4"), 0.5);
		x = plan.width * turns[i].x / 100;
		y = plan.height * turns[i].y / 100;
		if (!is_colour(frame + (y * plan.width + x) * 3, 0))
			fail_msg("%d degrees%s: red is not at %d,%d of %dx%d", turns[i].degrees,
			    turns[i].mirrored ? ", mirrored" : "", x, y, plan.width, plan.height);
	}
}

static void a_damaged_file_is_found(void **state)
{
	struct segment_plan plan = segments_plan(arena, tracks, MADE, false);
	struct composing composing = {.arena = arena, .plan = &plan, .tracks = folder};
	const char *file;
	static char zeros[65536];
	struct stat status;
	int fd;

	(void)state;
	if (access(COMPOSE_FFMPEG, X_OK) != 0)
		skip();
	file = compose(&composing, tracks, MADE);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	/* The index lies at the beginning, so the second half is media. */
	for (off_t at = status.st_size / 2; at < status.st_size; at += (off_t)sizeof zeros) {
		size_t left = (size_t)(status.st_size - at);

		assert_true(pwrite(fd, zeros, left < sizeof zeros ? left : sizeof zeros, at) > 0);
	}
	close(fd);
	assert_int_not_equal(
	    run(compose_decode(&composing, &plan.segments[plan.segment_count - 1], file)), 0);
	run_well(compose_decode(&composing, &plan.segments[0], file));
	assert_int_equal(truncate(file, 1000), 0);
	assert_int_not_equal(run(compose_probe(&composing, file)), 0);
}

static void mp4_shows_and_sounds_as_it_was(void **state)
{
	(void)state;
	compose_and_check(COMPOSE_MP4);
}

static void webm_shows_and_sounds_as_it_was(void **state)
{
	(void)state;
	compose_and_check(COMPOSE_WEBM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mp4_shows_and_sounds_as_it_was),
	    cmocka_unit_test(webm_shows_and_sounds_as_it_was),
	    cmocka_unit_test(no_cut_moves_the_time),
	    cmocka_unit_test(a_turned_picture_is_shown_upright),
	    cmocka_unit_test(a_damaged_file_is_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
