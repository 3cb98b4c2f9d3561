/*
 * Currencies by their codes of ISO 4217.
 *
 * Asked of what people and programs give us, never of what is stored: the list grows and shrinks
 * with the standard, and an amount that was taken once stays readable.
 *
 * Not here: how many minor units a currency has, and what it is called; nothing computes with them.
 */
#ifndef CAIRN_BASE_CURRENCY_H
#define CAIRN_BASE_CURRENCY_H

#include "base/error.h"

/* Whether the text is the code of a currency, such as EUR.  Fails with CN_MALFORMED; the message
 * says which one may have been meant. */
CN_MUST_CHECK bool cn_currency_check(cn_str text, struct cn_error *err);

#endif
