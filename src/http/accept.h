/* What a client accepts (RFC 9110, section 12.5.1). */
#ifndef CONFAB_HTTP_ACCEPT_H
#define CONFAB_HTTP_ACCEPT_H

/* The weight, 0 to 1000, that the header `accept` (NULL: none) gives to "type/subtype": that of the
 * most specific range it has for it, 0 if it has none. */
unsigned accept_weight(const char *accept, const char *type);

#endif
