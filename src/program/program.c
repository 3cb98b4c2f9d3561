/* The files of the program, parsed and dealt out to the sections that own their keys. */
#include "program/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"

static void hash_part(struct cn_hash128 *hash, cn_str text)
{
    struct cn_hash128 part = cn_hash128_of(text, hash->lo);
    char joined[3 * sizeof(uint64_t)];
    memcpy(joined, &hash->hi, sizeof(uint64_t));
    memcpy(joined + sizeof(uint64_t), &part.hi, sizeof(uint64_t));
    memcpy(joined + 2 * sizeof(uint64_t), &part.lo, sizeof(uint64_t));
    *hash = cn_hash128_of((cn_str){ joined, sizeof(joined) }, text.len);
}

void cn_program_hash(const struct cn_program_files *files,
                     char text_out[CN_PROGRAM_HASH_TEXT_BYTES])
{
    struct cn_hash128 hash = { 0, files->count };
    for (size_t i = 0; i < files->count; i++) {
        hash_part(&hash, files->items[i].name);
        hash_part(&hash, files->items[i].text);
    }
    (void)snprintf(text_out, CN_PROGRAM_HASH_TEXT_BYTES, "%016llx%016llx", /* always fits */
                   (unsigned long long)hash.hi, (unsigned long long)hash.lo);
}

static const struct cn_program_section *section_of(const struct cn_program_section *const *sections,
                                                   size_t count, cn_str key)
{
    for (size_t i = 0; i < count; i++) {
        if (cn_str_equal(key, cn_str_of(sections[i]->key))) {
            return sections[i];
        }
    }
    return NULL;
}

/* A file that one section takes whole is checked by that section. */
static bool is_whole_file(const struct cn_node *root,
                          const struct cn_program_section *const *sections, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sections[i]->form == CN_SECTION_FILE && cn_node_get(root, sections[i]->key) != NULL) {
            return true;
        }
    }
    return false;
}

static bool check_keys(const struct cn_node *root, const struct cn_program_section *const *sections,
                       size_t count, struct cn_diagnostics *problems)
{
    cn_str names[32];
    bool ok = true;
    if (root->kind != CN_NODE_MAP) {
        struct cn_place place = cn_node_place(root);
        return cn_diagnose(problems, &place, "a file of the program must be a map");
    }
    if (is_whole_file(root, sections, count)) {
        return true;
    }
    for (size_t i = 0; i < count && i < CN_ARRAY_LEN(names); i++) {
        names[i] = cn_str_of(sections[i]->key);
    }
    for (size_t i = 0; i < root->count; i++) {
        const struct cn_node *item = &root->items[i];
        if (section_of(sections, count, item->key) == NULL) {
            struct cn_place place = cn_node_key_place(item);
            cn_str key = cn_str_slice(item->key, 0, 100);
            cn_str hint = cn_suggest(problems->arena, key, names,
                                     count < CN_ARRAY_LEN(names) ? count : CN_ARRAY_LEN(names));
            ok = cn_diagnose(problems, &place, "there is no section \"%.*s\"%.*s", CN_STR_ARG(key),
                             CN_STR_ARG(hint));
        }
    }
    return ok;
}

bool cn_program_parse(struct cn_arena *arena, const struct cn_program_files *files,
                      const struct cn_program_section *const *sections, size_t section_count,
                      struct cn_program_tree *tree_out, struct cn_diagnostics *problems)
{
    bool ok = true;
    *tree_out = (struct cn_program_tree){
        .roots = cn_arena_array(arena, const struct cn_node *, files->count),
        .unread = cn_arena_array(arena, const struct cn_program_file *, files->count),
    };
    for (size_t i = 0; i < files->count; i++) {
        struct cn_node *root = NULL;
        if (!cn_node_parse(arena, files->items[i].name, files->items[i].text, &root, problems)) {
            tree_out->unread[tree_out->unread_count++] = &files->items[i];
            ok = false;
            continue;
        }
        ok &= check_keys(root, sections, section_count, problems);
        tree_out->roots[tree_out->count++] = root;
    }
    return ok;
}

bool cn_program_compile(struct cn_arena *arena, const struct cn_program_tree *tree,
                        const struct cn_program_section *section, void *env, void **compiled_out,
                        struct cn_diagnostics *problems)
{
    struct cn_section_input input = { .arena = arena, .env = env };
    const struct cn_node **nodes = cn_arena_array(arena, const struct cn_node *, tree->count);
    for (size_t i = 0; i < tree->count; i++) {
        const struct cn_node *item = cn_node_get(tree->roots[i], section->key);
        if (item != NULL) {
            nodes[input.count++] = section->form == CN_SECTION_FILE ? tree->roots[i] : item;
        }
    }
    input.nodes = nodes;
    return section->compile(&input, compiled_out, problems);
}
