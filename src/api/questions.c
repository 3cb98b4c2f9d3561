/*
 * /api/v1/segment-questions and /api/v1/accounts/{account_id}/questions: what answers of the seven
 * questions rest on.
 */
#include "engine/questions.h"

#include "base/str.h"

#include "api/accounts.h"
#include "api/core.h"
#include "api/program_view.h"

enum {
    TEXT_MAX = 20000
};

static const struct cn_names questions = { cn_segment_question_names, CN_QUESTIONS };

static const char *const source_texts[] = { "records", "events", "rules" };
static const struct cn_names sources = { source_texts, CN_ARRAY_LEN(source_texts) };

enum source {
    SOURCE_RECORDS,
    SOURCE_EVENTS,
    SOURCE_RULES
};

/* By the column source. */
static enum source source_of(cn_str name)
{
    if (cn_str_equal(name, CN_STR("book"))) {
        return SOURCE_RECORDS;
    }
    return cn_str_equal(name, CN_STR("metric")) ? SOURCE_EVENTS : SOURCE_RULES;
}

/* ---- of all accounts ---- */

struct ground_fact_view {
    cn_str name;
    int source;
};
static const struct cn_field ground_fact_rows[] = {
    CN_FIELD(struct ground_fact_view, name, .max = TEXT_MAX, .doc = "as it stands in the rules"),
    CN_FIELD_OF_ENUM(struct ground_fact_view, source, &sources,
                     .doc = "where it comes from; rules: what the program makes of others"),
};
static const struct cn_fields ground_fact_fields =
    CN_FIELDS("QuestionFact", struct ground_fact_view, ground_fact_rows);
static const struct cn_field ground_fact_item = { .type = CN_FIELD_OBJECT,
                                                  .object = &ground_fact_fields };

struct ground_view {
    enum cn_segment_question question;
    struct {
        struct ground_fact_view *items;
        size_t count;
    } facts;
    int64_t sampled;
    cn_time as_of;
    enum cn_given as_of_given;
    cn_time oldest;
    enum cn_given oldest_given;
    double confidence;
    enum cn_given confidence_given;
};
#define GROUND(member, ...) CN_FIELD(struct ground_view, member, __VA_ARGS__)
#define MAY(member)         CN_MAY(struct ground_view, member, BE_NULL)
static const struct cn_field ground_rows[] = {
    CN_FIELD_OF_ENUM(struct ground_view, question, &questions, .doc = "which"),
    CN_FIELD_OF_LIST(struct ground_view, facts, &ground_fact_item, .max = CN_QUESTION_FACTS_MAX,
                     .doc = "what the rules of the models that answer it read"),
    GROUND(sampled, .doc =
                        "accounts that the rest is of: all that answer it, or a hundred of them, "
                        "evenly"),
    GROUND(as_of, MAY(as_of),
           .doc = "the median of their answers' dates, each that of its oldest fact; null: no date "
                  "is known"),
    GROUND(oldest, MAY(oldest), .doc = "the oldest of those dates"),
    GROUND(confidence, MAY(confidence), .min = 0, .max = 1,
           .doc = "the mean of their answers'; null: nobody answers it"),
};
#undef MAY
static const struct cn_fields ground_fields =
    CN_FIELDS("QuestionGround", struct ground_view, ground_rows);
static const struct cn_field ground_item = { .type = CN_FIELD_OBJECT, .object = &ground_fields };

struct grounds_view {
    struct {
        struct ground_view *items;
        size_t count;
    } data;
};
static const struct cn_field grounds_rows[] = {
    CN_FIELD_OF_LIST(struct grounds_view, data, &ground_item, .max = CN_QUESTIONS,
                     .doc = "each of the seven"),
};
static const struct cn_fields grounds_fields =
    CN_FIELDS("QuestionGrounds", struct grounds_view, grounds_rows);

static struct ground_view ground_of(const struct cn_question_ground *ground, int question,
                                    struct cn_arena *arena)
{
    struct ground_view view = {
        .question = (enum cn_segment_question)question,
        .sampled = (int64_t)ground->sampled,
        .as_of = ground->as_of,
        .as_of_given = cn_null_unless(ground->as_of.us != 0),
        .oldest = ground->oldest,
        .oldest_given = cn_null_unless(ground->oldest.us != 0),
        .confidence = ground->confidence,
        .confidence_given = cn_null_unless(ground->sampled > 0),
    };
    view.facts.count = ground->fact_count;
    view.facts.items = cn_arena_array(arena, struct ground_fact_view, ground->fact_count);
    for (size_t i = 0; i < ground->fact_count; i++) {
        view.facts.items[i] = (struct ground_fact_view){ ground->facts[i].name,
                                                         (int)source_of(ground->facts[i].source) };
    }
    return view;
}

static bool handle_grounds(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    struct grounds_view *view = res->body;
    struct cn_question_ground grounds[CN_QUESTIONS];
    struct cn_arena *arena = req->unit.arena;
    struct cn_engine *engine = NULL;
    if (!cn_program_engine(req, &engine, err) ||
        !cn_engine_question_grounds(engine, &req->unit, arena, grounds, err)) {
        return false;
    }
    view->data.items = cn_arena_array(arena, struct ground_view, CN_QUESTIONS);
    for (int q = CN_QUESTION_NONE + 1; q < CN_QUESTIONS; q++) {
        view->data.items[view->data.count++] = ground_of(&grounds[q], q, arena);
    }
    return true;
}

/* ---- of one account ---- */

struct answer_fact_view {
    cn_str name;
    cn_str value_text;
    cn_str source;
    cn_time at;
    enum cn_given at_given;
};
static const struct cn_field answer_fact_rows[] = {
    CN_FIELD(struct answer_fact_view, name, .max = TEXT_MAX, .doc = "as it stands in the rule"),
    CN_FIELD(struct answer_fact_view, value_text, .max = TEXT_MAX, .doc = "with its unit"),
    CN_FIELD(struct answer_fact_view, source, .max = TEXT_MAX, .doc = "where it comes from"),
    CN_FIELD(struct answer_fact_view, at, CN_MAY(struct answer_fact_view, at, BE_NULL),
             .doc = "when it became so"),
};
static const struct cn_fields answer_fact_fields =
    CN_FIELDS("AnswerFact", struct answer_fact_view, answer_fact_rows);
static const struct cn_field answer_fact_item = { .type = CN_FIELD_OBJECT,
                                                  .object = &answer_fact_fields };

struct answer_view {
    enum cn_segment_question question;
    cn_str segment;
    enum cn_given segment_given;
    cn_str model;
    enum cn_given model_given;
    cn_str rule;
    enum cn_given rule_given;
    struct {
        struct answer_fact_view *items;
        size_t count;
    } facts;
    cn_time as_of;
    enum cn_given as_of_given;
    double confidence;
    enum cn_given confidence_given;
};
#define ANSWER(member, ...) CN_FIELD(struct answer_view, member, __VA_ARGS__)
#define MAY(member)         CN_MAY(struct answer_view, member, BE_NULL)
static const struct cn_field answer_rows[] = {
    CN_FIELD_OF_ENUM(struct answer_view, question, &questions, .doc = "which"),
    ANSWER(segment, MAY(segment), .max = TEXT_MAX, .doc = "the answer; null: not answered"),
    ANSWER(model, MAY(model), .max = TEXT_MAX, .doc = "the model that answers"),
    ANSWER(rule, MAY(rule), .max = TEXT_MAX, .doc = "the segment's condition"),
    CN_FIELD_OF_LIST(struct answer_view, facts, &answer_fact_item, .max = CN_QUESTION_FACTS_MAX,
                     .doc = "what the condition reads"),
    ANSWER(as_of, MAY(as_of), .doc = "the date of the oldest of them; null: no date is known"),
    ANSWER(confidence, MAY(confidence), .min = 0, .max = 1,
           .doc =
               "the mean of what each of them is worth: 0 if it is missing, 1 if it is within the "
               "model's `validity`, half as much for each such time more"),
};
#undef MAY
static const struct cn_fields answer_fields =
    CN_FIELDS("QuestionAnswer", struct answer_view, answer_rows);
static const struct cn_field answer_item = { .type = CN_FIELD_OBJECT, .object = &answer_fields };

struct answers_view {
    struct {
        struct answer_view *items;
        size_t count;
    } data;
};
static const struct cn_field answers_rows[] = {
    CN_FIELD_OF_LIST(struct answers_view, data, &answer_item, .max = CN_QUESTIONS,
                     .doc = "each of the seven"),
};
static const struct cn_fields answers_fields =
    CN_FIELDS("QuestionAnswers", struct answers_view, answers_rows);

static struct answer_view answer_view_of(const struct cn_answered *answer, struct cn_arena *arena)
{
    const enum cn_given given = cn_null_unless(answer->is_answered);
    struct answer_view view = {
        .question = answer->question,
        .segment = answer->segment,
        .segment_given = given,
        .model = answer->model,
        .model_given = given,
        .rule = answer->rule,
        .rule_given = given,
        .as_of = answer->as_of,
        .as_of_given = cn_null_unless(answer->as_of.us != 0),
        .confidence = answer->confidence,
        .confidence_given = given,
    };
    view.facts.count = answer->fact_count;
    view.facts.items = cn_arena_array(arena, struct answer_fact_view, answer->fact_count);
    for (size_t i = 0; i < answer->fact_count; i++) {
        const struct cn_fact *fact = &answer->facts[i];
        view.facts.items[i] =
            (struct answer_fact_view){ fact->name, fact->value_text, fact->source, fact->at,
                                       cn_null_unless(fact->at.us != 0) };
    }
    return view;
}

static bool handle_answers(const struct cn_request *req, struct cn_response *res,
                           struct cn_error *err)
{
    const struct cn_account_path *path = req->path;
    struct answers_view *view = res->body;
    struct cn_answered answers[CN_QUESTIONS];
    struct cn_arena *arena = req->unit.arena;
    struct cn_engine *engine = NULL;
    if (!cn_program_engine(req, &engine, err) ||
        !cn_account_visible(&req->unit, path->account_id, err) ||
        !cn_engine_answers(engine, path->account_id, arena, answers, err)) {
        return false;
    }
    view->data.items = cn_arena_array(arena, struct answer_view, CN_QUESTIONS);
    for (int q = CN_QUESTION_NONE + 1; q < CN_QUESTIONS; q++) {
        view->data.items[view->data.count++] = answer_view_of(&answers[q], arena);
    }
    return true;
}

static const struct cn_route question_routes[] = {
    { .method = CN_GET,
      .path = "/api/v1/segment-questions",
      .access = CN_READERS,
      .response = &grounds_fields,
      .success_status = 200,
      .handler = handle_grounds,
      .operation = "listQuestionGrounds",
      .doc = "What the answers of the seven questions rest on: sources, dates, confidence" },
    { .method = CN_GET,
      .path = "/api/v1/accounts/{account_id}/questions",
      .access = CN_READERS,
      .path_params = &cn_account_path_fields,
      .response = &answers_fields,
      .success_status = 200,
      .handler = handle_answers,
      .operation = "listAccountAnswers",
      .doc =
          "What the account answers of the seven questions, with sources, dates and confidence" },
};

const struct cn_route_table cn_api_questions = CN_ROUTE_TABLE(question_routes);
