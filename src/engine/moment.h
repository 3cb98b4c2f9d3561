/*
 * An account at the beginning of a past day, under the rules of a version of the program: for
 * explanations.  It is made beside the engine, from a frame and sources of its own; the engine's
 * lock is taken only to list the accounts, and that only if rules compare them.  For engine/ only.
 */
#ifndef CAIRN_ENGINE_MOMENT_H
#define CAIRN_ENGINE_MOMENT_H

#include "engine/state.h"

struct cn_moment {
    const struct cn_engine_program *program; /* borrowed */
    struct cn_frame *frame;                  /* the account is row 0 */
    struct cn_health_state state;            /* of the frame's rows */
    struct cn_when when;
    struct cn_health_score score; /* of row 0, as computed now */
};

/*
 * Fills what the health of the account reads at `when`, the first moment of a day, as true, and
 * scores it and the accounts of its family on the colour `band_before`.  Ranks are among the
 * accounts that there are now.  The program is nobody else's meanwhile: the past of its metrics is
 * loaded.  Close it, whether or not it succeeds.  Fails as the database does.
 */
CN_MUST_CHECK bool cn_moment_open(struct cn_engine *engine, const struct cn_engine_program *program,
                                  int64_t account_id, const struct cn_when *when,
                                  enum cn_band band_before, struct cn_moment *moment_out,
                                  struct cn_error *err);

void cn_moment_close(struct cn_moment *moment); /* one of all zeroes is allowed */

#endif
