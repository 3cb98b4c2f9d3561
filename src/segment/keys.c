#include "segment/keys.h"

/* Beyond any ARR or number of accounts. */
#define LARGE 1e12

const char *const cn_segment_question_names[CN_QUESTIONS] = {
    [CN_QUESTION_NONE] = "none",     [CN_QUESTION_WHO] = "who",
    [CN_QUESTION_PROFIT] = "profit", [CN_QUESTION_SATISFACTION] = "satisfaction",
    [CN_QUESTION_WALLET] = "wallet", [CN_QUESTION_FOOTPRINT] = "footprint",
    [CN_QUESTION_MARKET] = "market", [CN_QUESTION_INFLUENCE] = "influence",
};

static const char *const owners[] = { "csm", "pool" };

/* ---- segments ---- */

static const struct cn_node_field segment_rows[] = {
    { "when", CN_SHAPE_CEL, true, "the condition", .result = "bool" },
    { "model", CN_SHAPE_NAME, false,
      "the segment model that it is part of: of its segments an account is in the first that "
      "applies" },
    { "doc", CN_SHAPE_TEXT, false, "what it is for" },
    { "was", CN_SHAPE_NAME, false, "its name before: who is in it stays in it" },
};
const struct cn_node_fields cn_segment_fields =
    CN_NODE_FIELDS("segment", "A set of accounts by condition", segment_rows);
static const struct cn_node_field segment = { .shape = CN_SHAPE_MAP, .object = &cn_segment_fields };
const struct cn_node_field cn_segments_value = { .shape = CN_SHAPE_MAP,
                                                 .key_shape = CN_SHAPE_NAME,
                                                 .element = &segment };

static const struct cn_node_field model_rows[] = {
    { "primary", CN_SHAPE_BOOL, false,
      "the way in which all accounts are told apart; accounts in none of it are listed",
      .initial = "false" },
    { "question", CN_SHAPE_TEXT, false,
      "which of the seven it answers: who they are, what they bring, how satisfied they are, their "
      "share of wallet, where else they could buy, their market, whom they influence",
      .initial = "none", CN_CHOICES(cn_segment_question_names) },
    { "validity", CN_SHAPE_DAYS, false,
      "how old a fact behind it may be and still count in full for the confidence of an answer; "
      "without, facts do not age" },
    { "doc", CN_SHAPE_TEXT, false, "what it tells" },
};
const struct cn_node_fields cn_segment_model_fields =
    CN_NODE_FIELDS("segment_model", "Segments of which an account is in one at most", model_rows);
static const struct cn_node_field model = { .shape = CN_SHAPE_MAP,
                                            .object = &cn_segment_model_fields };
const struct cn_node_field cn_segment_models_value = { .shape = CN_SHAPE_MAP,
                                                       .key_shape = CN_SHAPE_NAME,
                                                       .element = &model };

const char cn_segments_example[] = "segments:\n"
                                   "  enterprise: {model: size, when: seats >= 500.0}\n"
                                   "  standard:   {model: size, when: \"true\"}\n"
                                   "  key-accounts: {when: \"arr >= 50000.0 && has_sponsor\", doc: "
                                   "whom the board knows, was: vip}\n";

const char cn_segment_models_example[] = "segment_models:\n"
                                         "  size: {primary: true, question: who, validity: 365d}\n"
                                         "  wallet: {question: wallet, doc: our share of what they "
                                         "spend}\n";

/* ---- coverage ---- */

static const struct cn_node_field touch_rows[] = {
    { "cadence", CN_SHAPE_DAYS, false, "days between two touches at this colour" },
    { "focus", CN_SHAPE_TEXT, false, "what the touches are for" },
};
const struct cn_node_fields cn_coverage_touch_fields =
    CN_NODE_FIELDS("touch", "How often accounts of a colour are touched, and why", touch_rows);

#define TOUCH(colour)                                                                     \
    {                                                                                     \
        colour, CN_SHAPE_MAP, false, "while " colour, .object = &cn_coverage_touch_fields \
    }
static const struct cn_node_field colour_rows[] = { TOUCH("red"), TOUCH("yellow"), TOUCH("green") };
const struct cn_node_fields cn_coverage_colour_fields = CN_NODE_FIELDS(
    "colours", "The shorter of the cadence of the model and of the colour holds", colour_rows);

static const struct cn_node_field accounts_rows[] = {
    { "min", CN_SHAPE_WHOLE, false, "fewer leave time", .max = LARGE },
    { "max", CN_SHAPE_WHOLE, false, "more are too many", .max = LARGE },
    { "per", CN_SHAPE_TEXT, false, "of one CSM, or of all CSMs together", .initial = "csm",
      CN_CHOICES(owners) },
};
const struct cn_node_fields cn_coverage_accounts_fields =
    CN_NODE_FIELDS("accounts", "How many accounts one CSM has", accounts_rows);

static const struct cn_node_field need_rows[] = {
    { "name", CN_SHAPE_NAME, true, "what it is called" },
    { "when", CN_SHAPE_CEL, true, "it is there", .result = "bool" },
    { "doc", CN_SHAPE_TEXT, false, "what it is for" },
};
const struct cn_node_fields cn_need_fields =
    CN_NODE_FIELDS("need", "What every account of a coverage model has to have", need_rows);
static const struct cn_node_field need = { .shape = CN_SHAPE_MAP, .object = &cn_need_fields };

static const struct cn_node_field coverage_rows[] = {
    { "from", CN_SHAPE_NUMBER, true, "least ARR, in major units", .max = LARGE },
    { "below", CN_SHAPE_NUMBER, false, "ARR at which it ends; without it, it has no end",
      .max = LARGE },
    { "accounts", CN_SHAPE_MAP, false, "how many accounts one CSM has",
      .object = &cn_coverage_accounts_fields },
    { "cadence", CN_SHAPE_DAYS, false, "days between two touches" },
    { "colours", CN_SHAPE_MAP, false, "what the colour of health changes",
      .object = &cn_coverage_colour_fields },
    { "needs", CN_SHAPE_LIST, false,
      "what every account of it has to have; an account without it has a gap", .element = &need },
    { "doc", CN_SHAPE_TEXT, false, "how these accounts are looked after" },
    { "was", CN_SHAPE_NAME, false, "its name before" },
};
const struct cn_node_fields cn_coverage_fields = CN_NODE_FIELDS(
    "coverage_model", "How accounts of a band of ARR are looked after", coverage_rows);
static const struct cn_node_field coverage = { .shape = CN_SHAPE_MAP,
                                               .object = &cn_coverage_fields };
const struct cn_node_field cn_coverage_value = { .shape = CN_SHAPE_MAP,
                                                 .key_shape = CN_SHAPE_NAME,
                                                 .element = &coverage };

const char cn_coverage_example[] =
    "coverage:\n"
    "  scaled: {from: 0, below: 20000, accounts: {max: 2000, per: pool}}\n"
    "  named:\n"
    "    from: 20000\n"
    "    accounts: {min: 40, max: 80}\n"
    "    cadence: 30d\n"
    "    needs: [{name: sponsor, when: has_sponsor}]\n"
    "    colours: {red: {cadence: 7d, focus: rescue}}\n";

/* ---- lifecycle ---- */

static const struct cn_node_field goal_rows[] = {
    { "name", CN_SHAPE_NAME, true, "the name of the goal" },
    { "when", CN_SHAPE_CEL, true, "it is reached", .result = "bool" },
    { "doc", CN_SHAPE_TEXT, false, "what it means" },
};
const struct cn_node_fields cn_goal_fields =
    CN_NODE_FIELDS("goal", "What a stage is to reach", goal_rows);
static const struct cn_node_field goal = { .shape = CN_SHAPE_MAP, .object = &cn_goal_fields };

static const struct cn_node_field stage_rows[] = {
    { "from", CN_SHAPE_WHOLE, true,
      "days after the first contract began; it ends where the next "
      "stage begins",
      .max = 36500 },
    { "goals", CN_SHAPE_LIST, false, "what is to be reached in it", .element = &goal },
    { "stall_after", CN_SHAPE_DAYS, false,
      "days into the stage after which an account without all goals is stalled, until the end of "
      "the next stage" },
    { "doc", CN_SHAPE_TEXT, false, "what it is" },
    { "was", CN_SHAPE_NAME, false, "its name before" },
};
const struct cn_node_fields cn_stage_fields =
    CN_NODE_FIELDS("stage", "A part of an account's life", stage_rows);
static const struct cn_node_field stage = { .shape = CN_SHAPE_MAP, .object = &cn_stage_fields };

static const struct cn_node_field lifecycle_rows[] = {
    { "stages", CN_SHAPE_MAP, true, "in the order of their days, from 0 on",
      .key_shape = CN_SHAPE_NAME, .element = &stage },
    { "renewal_window", CN_SHAPE_CEL, false, "the renewal is to be worked on; beside any stage",
      .result = "bool" },
};
const struct cn_node_fields cn_lifecycle_fields =
    CN_NODE_FIELDS("lifecycle", "The stages of an account, and its renewal", lifecycle_rows);
const struct cn_node_field cn_lifecycle_value = { .shape = CN_SHAPE_MAP,
                                                  .object = &cn_lifecycle_fields };

const char cn_lifecycle_example[] =
    "lifecycle:\n"
    "  stages:\n"
    "    onboarding:\n"
    "      from: 0\n"
    "      stall_after: 90d\n"
    "      goals: [{name: activated, when: \"people >= 5.0\"}]\n"
    "    growth: {from: 91}\n"
    "  renewal_window: days_to_renewal >= 0.0 && days_to_renewal <= 120.0\n";
