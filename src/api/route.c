/* Which row a path fits.  A few dozen rows are compared in less time than a clever structure takes
 * to explain. */
#include "api/route.h"

#include <assert.h>

#include "base/str.h"

static bool fits(const struct cn_route *route, cn_str path, cn_str params_out[CN_PATH_PARAMS_MAX])
{
    cn_str pattern = cn_str_of(route->path);
    cn_str wanted;
    cn_str given;
    size_t count = 0;
    for (;;) {
        const bool more_wanted = cn_str_split(&pattern, '/', &wanted);
        const bool more_given = cn_str_split(&path, '/', &given);
        if (!more_wanted || !more_given) {
            return more_wanted == more_given;
        }
        if (cn_str_starts_with(wanted, CN_STR("{"))) {
            assert(count < CN_PATH_PARAMS_MAX);
            params_out[count++] = given;
        } else if (!cn_str_equal(wanted, given)) {
            return false;
        }
    }
}

void cn_route_find(enum cn_http_method method, cn_str path, struct cn_route_match *match_out)
{
    struct cn_route_match match = { 0 };
    cn_str params[CN_PATH_PARAMS_MAX] = { 0 };
    const enum cn_http_method wanted = method == CN_HEAD ? CN_GET : method;
    for (size_t t = 0; t < cn_route_table_count; t++) {
        for (size_t i = 0; i < cn_route_tables[t]->count; i++) {
            const struct cn_route *route = &cn_route_tables[t]->routes[i];
            if (!fits(route, path, params)) {
                continue;
            }
            match.methods |= 1U << route->method;
            if (route->method == wanted) {
                match.route = route;
                memcpy(match.params, params, sizeof(params));
            }
        }
    }
    *match_out = match;
}
