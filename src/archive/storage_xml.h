/* Reads the lists in the answers of stores, which are XML. */
#ifndef CONFAB_ARCHIVE_STORAGE_XML_H
#define CONFAB_ARCHIVE_STORAGE_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum {
	XML_FIELDS_MAX = 4,
};

/* One element of a list: the text of some of its children, in the order of the names that were
 * asked for; NULL: it has no such child. */
struct xml_item {
	const char *fields[XML_FIELDS_MAX];
};

struct xml_items {
	struct xml_item *list; /* in the arena */
	size_t count;
};

/* Finds all elements `item` at any depth, and the text of their children `names` (up to
 * XML_FIELDS_MAX, ended by NULL). False when the text is not XML, or has a document type. */
bool xml_items_read(struct arena *arena, const char *text, size_t len, const char *item,
    const char *const *names, struct xml_items *items);

/* The text of the child `name` of the first element `item`; NULL: there is none. */
const char *xml_text(
    struct arena *arena, const char *text, size_t len, const char *item, const char *name);

#endif
