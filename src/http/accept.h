/* The header Accept: which types a client takes (RFC 9110, section 12.5.1). */
#ifndef CONFAB_HTTP_ACCEPT_H
#define CONFAB_HTTP_ACCEPT_H

/* The weight (0 to 1000) that the header `accept` gives to "type/subtype". Of several ranges that
 * fit, the most specific one counts; without one the weight is 0. Without a header (NULL) it is
 * 1000. */
unsigned accept_weight(const char *accept, const char *type);

#endif
