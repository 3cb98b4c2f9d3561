/* Problems that follow from a file that could not be read. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#include "program/program.h"

static bool is_part_of_name(char c)
{
    return c == '_' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

/* Whether the name stands in the text, and is not a part of another. */
static bool stands_in(cn_str text, cn_str name)
{
    const char *end = text.ptr + text.len;
    const char *at = text.ptr;
    while (name.len > 0 && at < end &&
           (at = memmem(at, (size_t)(end - at), name.ptr, name.len)) != NULL) {
        const char *next = at + name.len;
        if ((at == text.ptr || !is_part_of_name(at[-1])) &&
            (next == end || !is_part_of_name(*next))) {
            return true;
        }
        at++;
    }
    return false;
}

/* Which file that did not parse has the name, or unread_count. */
static size_t cause_of(const struct cn_program_tree *tree, const struct cn_diagnostic *problem)
{
    size_t i = 0;
    while (i < tree->unread_count && !stands_in(tree->unread[i]->text, problem->unknown)) {
        i++;
    }
    return i;
}

static void tell(const struct cn_program_file *file, size_t followers,
                 struct cn_diagnostics *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        struct cn_diagnostic *item = &problems->items[i];
        if (cn_str_equal(item->place.source, file->name)) {
            char text[400];
            int len = snprintf(text, sizeof(text),
                               "%.*s (%zu more problem(s) with names of this file are left out)",
                               CN_STR_ARG(item->message), followers);
            item->message = cn_arena_str(problems->arena, (cn_str){ text, (size_t)len });
            return;
        }
    }
}

void cn_program_drop_followers(const struct cn_program_tree *tree, size_t first,
                               struct cn_diagnostics *problems)
{
    size_t *followers = cn_arena_array(problems->arena, size_t, tree->unread_count + 1);
    size_t kept = first;
    for (size_t i = first; i < problems->count; i++) {
        const size_t cause = cause_of(tree, &problems->items[i]);
        if (cause == tree->unread_count) {
            problems->items[kept++] = problems->items[i];
        } else {
            followers[cause]++;
        }
    }
    if (first < problems->count) {
        problems->total -= problems->count - kept;
        problems->count = kept;
    }
    for (size_t i = 0; i < tree->unread_count; i++) {
        if (followers[i] > 0) {
            tell(tree->unread[i], followers[i], problems);
        }
    }
}
