/*
 * Replay: everything that was counted, counted again from the event log, and compared.
 */
#ifndef CAIRN_ENGINE_REPLAY_H
#define CAIRN_ENGINE_REPLAY_H

#include "engine/engine.h"

/*
 * Counts the whole log into `into`, an empty rollup, and compares it with the live one row by row.
 * The engine must have settled and nothing may arrive meanwhile: for commands, not for a server.
 */
CN_MUST_CHECK bool cn_engine_replay(struct cn_engine *engine, struct cn_rollup *into,
                                    struct cn_rollup_difference *difference_out,
                                    struct cn_error *err);

#endif
