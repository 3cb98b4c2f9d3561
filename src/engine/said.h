/*
 * What users had said of an account at a moment, for explanations.  For engine/ only.
 */
#ifndef CAIRN_ENGINE_SAID_H
#define CAIRN_ENGINE_SAID_H

#include "engine/state.h"
#include "health/explain.h"

/* The judgements that were current at `at`; `later` is the moment that its cells are for.  All in
 * `arena`.  Fails as the database does. */
CN_MUST_CHECK bool cn_engine_said(struct cn_engine *engine, int64_t account_id, cn_time at,
                                  const struct cn_when *later, struct cn_arena *arena,
                                  struct cn_explain_said *said_out, struct cn_error *err);

#endif
