/* The event log's store on PostgreSQL; for event/log.c only. */
#ifndef CAIRN_EVENT_POSTGRES_H
#define CAIRN_EVENT_POSTGRES_H

#include "event/store.h"

/* options->db must have the migrations of set `eventpg`. */
CN_MUST_CHECK bool cn_event_store_postgres(const struct cn_event_log_options *options,
                                           struct cn_event_store **store_out, struct cn_error *err);

#endif
