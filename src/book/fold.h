/*
 * Text folded for search and for comparing names: lower case, without accents, so that "Société"
 * is found by "societe".  Done here and never in SQL, where it would differ between databases.
 */
#ifndef CAIRN_BOOK_FOLD_H
#define CAIRN_BOOK_FOLD_H

#include "base/arena.h"

/* Latin letters (up to U+017F) lose case and accents, Greek and Cyrillic capitals their case;
 * everything else stays.  Runs of white space become one blank. */
cn_str cn_fold(struct cn_arena *arena, cn_str text);

/* The domain of an e-mail address, lower case; "" if it has none or belongs to a provider of
 * private mailboxes (gmail.com), which says nothing about the employer. */
cn_str cn_mail_domain(struct cn_arena *arena, cn_str email);

/* A domain as it is stored: lower case, without "https://", "www." and what follows the host; "" if
 * nothing is left that could be one. */
cn_str cn_domain_normal(struct cn_arena *arena, cn_str domain);

#endif
