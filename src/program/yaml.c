/* Builds the tree from libyaml's events.  Events never expand an alias, so that nothing can
 * explode. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/map.h"
#include "base/str.h"
#include "base/utf8.h"

#include "program/node.h"

/* A position in the text.  libyaml counts characters, places count bytes. */
struct cursor {
    size_t index; /* characters before it */
    size_t offset;
    size_t line_start;
    int64_t line;
};

struct open_node {
    struct cn_node node;
    size_t first; /* of its items in builder->done */
    bool has_key; /* a map whose next item's key is known */
    cn_str key;
    int64_t key_line;
    int64_t key_column;
    bool is_key_quoted;
};

struct builder {
    struct cn_arena *arena;
    cn_str file;
    cn_str text;
    struct cn_diagnostics *problems;
    size_t problems_before;
    struct cursor at;
    struct open_node open[CN_NODE_DEPTH_MAX];
    size_t depth;
    struct cn_node *done; /* finished items of the open nodes */
    size_t done_count;
    size_t done_capacity;
    size_t node_count;
    struct cn_node *root;
    size_t documents;
};

static void advance(struct cursor *at, cn_str text, size_t index)
{
    if (index < at->index) {
        *at = (struct cursor){ .line = 1 };
    }
    while (at->index < index && at->offset < text.len) {
        if (text.ptr[at->offset] == '\n') {
            at->line++;
            at->line_start = at->offset + 1;
        }
        at->offset++;
        while (at->offset < text.len && ((unsigned char)text.ptr[at->offset] & 0xC0U) == 0x80U) {
            at->offset++;
        }
        at->index++;
    }
}

static struct cn_place place_of(const struct builder *b, const struct cursor *at)
{
    return (struct cn_place){ .source = b->file,
                              .line = at->line,
                              .column = (int64_t)(at->offset - at->line_start) + 1 };
}

static void refuse(struct builder *b, const char *what)
{
    struct cn_place place = place_of(b, &b->at);
    (void)cn_diagnose(b->problems, &place, "%s", what);
}

static void check_duplicates(struct builder *b, const struct cn_node *map)
{
    struct cn_str_map seen;
    cn_str_map_init(&seen);
    for (size_t i = 0; i < map->count; i++) {
        bool is_new = false;
        uint64_t *line = cn_str_map_put(&seen, map->items[i].key, &is_new);
        if (!is_new) {
            struct cn_place place = cn_node_key_place(&map->items[i]);
            (void)cn_diagnose(b->problems, &place, "key \"%.*s\" is there already, in line %lld",
                              CN_STR_ARG(map->items[i].key), (long long)*line);
        } else {
            *line = (uint64_t)map->items[i].key_line;
        }
    }
    cn_str_map_deinit(&seen);
}

/* The node becomes the root, or an item of the innermost open one. */
static void add(struct builder *b, struct cn_node node)
{
    if (b->depth == 0) {
        b->root = cn_arena_new(b->arena, struct cn_node);
        *b->root = node;
        return;
    }
    struct open_node *parent = &b->open[b->depth - 1];
    if (parent->node.kind == CN_NODE_MAP) {
        node.key = parent->key;
        node.key_line = parent->key_line;
        node.key_column = parent->key_column;
        node.is_key_quoted = parent->is_key_quoted;
        parent->has_key = false;
    }
    if (b->done_count == b->done_capacity) {
        b->done_capacity = b->done_capacity == 0 ? 64 : b->done_capacity * 2;
        b->done = cn_heap_resize(b->done, b->done_capacity * sizeof(*b->done));
    }
    assert(b->done != NULL);
    b->done[b->done_count++] = node;
}

static bool wants_key(const struct builder *b)
{
    return b->depth > 0 && b->open[b->depth - 1].node.kind == CN_NODE_MAP &&
           !b->open[b->depth - 1].has_key;
}

static struct cn_node new_node(struct builder *b, enum cn_node_kind kind)
{
    struct cn_place place = place_of(b, &b->at);
    b->node_count++;
    return (struct cn_node){
        .kind = kind, .file = b->file, .line = place.line, .column = place.column
    };
}

static bool is_null(cn_str text)
{
    return text.len == 0 || cn_str_equal(text, CN_STR("~")) || cn_str_equal(text, CN_STR("null"));
}

static void take_key(struct builder *b, cn_str text)
{
    struct open_node *map = &b->open[b->depth - 1];
    struct cn_place place = place_of(b, &b->at);
    if (cn_str_equal(text, CN_STR("<<"))) {
        refuse(b, "merge keys are not part of the program's YAML");
    }
    map->has_key = true;
    map->key = text;
    map->key_line = place.line;
    map->key_column = place.column;
}

static void on_scalar(struct builder *b, const yaml_event_t *event)
{
    cn_str text = cn_arena_str(
        b->arena, (cn_str){ (const char *)event->data.scalar.value, event->data.scalar.length });
    bool is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (wants_key(b)) {
        take_key(b, text);
        b->open[b->depth - 1].is_key_quoted = is_quoted;
        return;
    }
    struct cn_node node = new_node(b, CN_NODE_SCALAR);
    struct cursor end = b->at;
    advance(&end, b->text, event->end_mark.index);
    node.raw = cn_str_slice(b->text, b->at.offset, end.offset);
    node.is_quoted = is_quoted;
    if (!node.is_quoted && is_null(text)) {
        node.kind = CN_NODE_NULL;
    } else {
        node.text = text;
    }
    add(b, node);
}

/* False when the file is nested too deeply to go on. */
static bool on_begin(struct builder *b, enum cn_node_kind kind)
{
    if (wants_key(b)) {
        refuse(b, "a key must be a plain text, not a list or map");
        take_key(b, CN_STR("?"));
        b->open[b->depth - 1].has_key = true;
    }
    if (b->depth == CN_NODE_DEPTH_MAX) {
        struct cn_place place = place_of(b, &b->at);
        return cn_diagnose(b->problems, &place, "nested deeper than %d", CN_NODE_DEPTH_MAX);
    }
    struct open_node *opened = &b->open[b->depth];
    *opened = (struct open_node){ .node = new_node(b, kind), .first = b->done_count };
    b->depth++;
    return true;
}

static void on_end(struct builder *b)
{
    struct open_node *closed = &b->open[--b->depth];
    struct cn_node node = closed->node;
    node.count = b->done_count - closed->first;
    node.items = cn_arena_array(b->arena, struct cn_node, node.count);
    if (node.count > 0) {
        assert(b->done != NULL);
        memcpy(node.items, b->done + closed->first, node.count * sizeof(*node.items));
    }
    b->done_count = closed->first;
    if (node.kind == CN_NODE_MAP) {
        check_duplicates(b, &node);
    }
    add(b, node);
}

static void check_decoration(struct builder *b, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL) {
        refuse(b, "anchors are not part of the program's YAML");
    }
    if (tag != NULL) {
        refuse(b, "tags are not part of the program's YAML");
    }
}

/* False when there is no point in reading on. */
static bool on_event(struct builder *b, const yaml_event_t *event)
{
    advance(&b->at, b->text, event->start_mark.index);
    if (b->node_count > CN_NODE_COUNT_MAX) {
        struct cn_place place = place_of(b, &b->at);
        return cn_diagnose(b->problems, &place, "more than %d values in one file",
                           CN_NODE_COUNT_MAX);
    }
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++b->documents > 1) {
            refuse(b, "a second document begins here; use a file of its own");
            return false;
        }
        return true;
    case YAML_ALIAS_EVENT:
        refuse(b, "aliases are not part of the program's YAML");
        if (wants_key(b)) {
            take_key(b, CN_STR("*"));
        } else {
            add(b, new_node(b, CN_NODE_NULL));
        }
        return true;
    case YAML_SCALAR_EVENT:
        check_decoration(b, event->data.scalar.anchor, event->data.scalar.tag);
        on_scalar(b, event);
        return true;
    case YAML_SEQUENCE_START_EVENT:
        check_decoration(b, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        return on_begin(b, CN_NODE_LIST);
    case YAML_MAPPING_START_EVENT:
        check_decoration(b, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        return on_begin(b, CN_NODE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_end(b);
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

/* What people mean where YAML's own words do not say so. */
static const char *hint_of(const yaml_parser_t *parser)
{
    static const struct {
        const char *problem;
        const char *context;
        const char *hint;
    } hints[] = {
        { "", "while scanning a tag", "; an expression that begins with ! needs quotes" },
        { "mapping values are not allowed", "",
          "; does a text with \": \" in it lack its quotes?" },
        { "", "while parsing a block mapping", "; is the line indented as those before it?" },
    };
    const char *problem = parser->problem != NULL ? parser->problem : "";
    const char *context = parser->context != NULL ? parser->context : "";
    for (size_t i = 0; i < CN_ARRAY_LEN(hints); i++) {
        if (strstr(problem, hints[i].problem) != NULL &&
            strstr(context, hints[i].context) != NULL) {
            return hints[i].hint;
        }
    }
    return "";
}

static void on_error(struct builder *b, const yaml_parser_t *parser)
{
    const char *problem = parser->problem != NULL ? parser->problem : "cannot be read";
    if (parser->error == YAML_READER_ERROR) {
        /* its offset counts bytes of what was read */
        size_t offset = parser->problem_offset < b->text.len ? parser->problem_offset : b->text.len;
        b->at = (struct cursor){ .line = 1 };
        while (b->at.offset < offset) {
            advance(&b->at, b->text, b->at.index + 1);
        }
    } else {
        advance(&b->at, b->text, parser->problem_mark.index);
    }
    struct cn_place place = place_of(b, &b->at);
    (void)cn_diagnose(b->problems, &place, "not YAML: %s%s%s%s", problem,
                      parser->context != NULL ? " " : "",
                      parser->context != NULL ? parser->context : "", hint_of(parser));
}

static bool run(struct builder *b)
{
    yaml_parser_t parser;
    yaml_event_t event;
    if (!yaml_parser_initialize(&parser)) {
        refuse(b, "out of memory while reading YAML");
        return false;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)b->text.ptr, b->text.len);
    bool goes_on = true;
    while (goes_on) {
        if (!yaml_parser_parse(&parser, &event)) {
            on_error(b, &parser);
            break;
        }
        goes_on = on_event(b, &event) && event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return b->problems->total == b->problems_before;
}

/* libyaml refuses these too, in words that help nobody. */
static bool check_text(struct builder *b)
{
    cn_str rest = b->text;
    cn_str line;
    struct cn_place place = { .source = b->file };
    while (cn_str_split(&rest, '\n', &line)) {
        place.line++;
        place.column = 1;
        size_t valid = cn_utf8_valid_len(line);
        if (valid < line.len) {
            place.column = (int64_t)valid + 1;
            return cn_diagnose(b->problems, &place, "not valid UTF-8");
        }
        for (size_t i = 0; i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'); i++) {
            if (line.ptr[i] == '\t') {
                place.column = (int64_t)i + 1;
                return cn_diagnose(b->problems, &place, "a tab in the indentation; use spaces");
            }
        }
    }
    return true;
}

bool cn_node_parse(struct cn_arena *arena, cn_str file, cn_str text, struct cn_node **root_out,
                   struct cn_diagnostics *problems)
{
    struct builder b = { .arena = arena,
                         .file = cn_arena_str(arena, file),
                         .problems = problems,
                         .problems_before = problems->total,
                         .at = { .line = 1 } };
    struct cn_place top = { .source = b.file, .line = 1, .column = 1 };
    if (text.len > CN_NODE_FILE_MAX_BYTES) {
        return cn_diagnose(problems, &top, "larger than %d bytes", CN_NODE_FILE_MAX_BYTES);
    }
    if (cn_str_starts_with(text, CN_STR("\xEF\xBB\xBF"))) {
        text = cn_str_slice(text, 3, text.len);
    }
    b.text = cn_arena_str(arena, text);
    bool ok = check_text(&b) && run(&b);
    free(b.done);
    if (ok && b.root == NULL) {
        return cn_diagnose(problems, &top, "the file is empty");
    }
    if (ok) {
        *root_out = b.root;
    }
    return ok;
}
