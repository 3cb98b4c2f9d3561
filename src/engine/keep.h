/* Daily values over a restart: what the files of engine/ call of keep.c; for them only. */
#ifndef CAIRN_ENGINE_KEEP_H
#define CAIRN_ENGINE_KEEP_H

#include "engine/state.h"

/* Takes the file of daily values, if there is a good one; what came after it is not in them yet. */
CN_MUST_CHECK bool cn_engine_restore_series(struct cn_engine *engine);

/* Reads all daily values from the flushed rollups.  Nothing is added meanwhile. */
CN_MUST_CHECK bool cn_engine_load_series(struct cn_engine *engine, struct cn_error *err);

/* After restoring, with the log and the records: what was counted since. */
CN_MUST_CHECK bool cn_engine_catch_up_series(struct cn_engine *engine, struct cn_error *err);

/* Between rounds: those of another program do not know how far they go. */
void cn_engine_note_series(struct cn_engine *engine);

/* Writes daily values to their file.  For the thread that flushes. */
void cn_engine_keep_series(struct cn_engine *engine);
bool cn_engine_series_is_due(struct cn_engine *engine);

#endif
