#include "base/subject.h"

#include "base/hash.h"

int64_t cn_subject_of(enum cn_subject_kind kind, cn_str key)
{
    if (key.len == 0) {
        return 0;
    }
    struct cn_hash128 hash = cn_hash128_of(key, (uint64_t)kind);
    int64_t subject = (int64_t)(hash.hi >> 1);
    return subject != 0 ? subject : 1;
}

int64_t cn_subject_of_keys(cn_str group_key, cn_str user_key, cn_str anonymous_key)
{
    if (group_key.len > 0) {
        return cn_subject_of(CN_SUBJECT_GROUP, group_key);
    }
    if (user_key.len > 0) {
        return cn_subject_of(CN_SUBJECT_USER, user_key);
    }
    return cn_subject_of(CN_SUBJECT_ANONYMOUS, anonymous_key);
}
