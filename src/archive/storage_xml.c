/* Reads the lists in the answers of stores, with expat. */
#include "archive/storage_xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum {
	TEXT_START = 64, /* bytes of a field's buffer at the start */
};

/* `field`: the child whose text is being read, or XML_FIELDS_MAX. Depths count from 1. */
struct reading {
	struct arena *arena;
	XML_Parser parser;
	const char *item;
	const char *const *names;
	struct xml_items items;
	size_t room;
	unsigned depth, item_depth; /* 0: not in an item */
	size_t field;
	struct buffer text;
};

static void item_add(struct reading *reading)
{
	struct xml_items *items = &reading->items;

	if (items->count == reading->room) {
		size_t room = reading->room == 0 ? 16 : 2 * reading->room;
		struct xml_item *list = arena_alloc(reading->arena, room * sizeof *list);

		if (items->count > 0)
			memcpy(list, items->list, items->count * sizeof *list);
		items->list = list;
		reading->room = room;
	}
	items->list[items->count++] = (struct xml_item){0};
}

static void XMLCALL element_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *reading = context;

	(void)attributes;
	reading->depth++;
	if (reading->item_depth == 0 && strcmp(name, reading->item) == 0) {
		reading->item_depth = reading->depth;
		item_add(reading);
		return;
	}
	if (reading->item_depth == 0 || reading->depth != reading->item_depth + 1)
		return;
	for (size_t i = 0; i < XML_FIELDS_MAX && reading->names[i] != NULL; i++) {
		if (strcmp(name, reading->names[i]) == 0) {
			reading->field = i;
			reading->text = buffer_new(reading->arena, TEXT_START);
			return;
		}
	}
}

static void XMLCALL element_end(void *context, const XML_Char *name)
{
	struct reading *reading = context;

	(void)name;
	if (reading->depth == reading->item_depth + 1 && reading->field < XML_FIELDS_MAX) {
		reading->items.list[reading->items.count - 1].fields[reading->field] =
		    reading->text.text;
		reading->field = XML_FIELDS_MAX;
	}
	if (reading->depth == reading->item_depth)
		reading->item_depth = 0;
	reading->depth--;
}

static void XMLCALL text_take(void *context, const XML_Char *text, int len)
{
	struct reading *reading = context;

	if (reading->field < XML_FIELDS_MAX)
		buffer_put(&reading->text, text, (size_t)len);
}

/* A document type can define entities. No store sends one. */
static void XMLCALL doctype_refuse(void *context, const XML_Char *name, const XML_Char *system,
    const XML_Char *public, int internal)
{
	struct reading *reading = context;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	XML_StopParser(reading->parser, XML_FALSE);
}

bool xml_items_read(struct arena *arena, const char *text, size_t len, const char *item,
    const char *const *names, struct xml_items *items)
{
	struct reading reading = {.arena = arena,
	    .parser = XML_ParserCreate(NULL),
	    .item = item,
	    .names = names,
	    .field = XML_FIELDS_MAX};
	bool good;

	if (reading.parser == NULL)
		abort();
	XML_SetUserData(reading.parser, &reading);
	XML_SetElementHandler(reading.parser, element_start, element_end);
	XML_SetCharacterDataHandler(reading.parser, text_take);
	XML_SetStartDoctypeDeclHandler(reading.parser, doctype_refuse);
	good = XML_Parse(reading.parser, text, (int)len, 1) == XML_STATUS_OK;
	XML_ParserFree(reading.parser);
	*items = reading.items;
	return good;
}

const char *xml_text(
    struct arena *arena, const char *text, size_t len, const char *item, const char *name)
{
	const char *const names[] = {name, NULL};
	struct xml_items items;

	if (!xml_items_read(arena, text, len, item, names, &items) || items.count == 0)
		return NULL;
	return items.list[0].fields[0];
}
