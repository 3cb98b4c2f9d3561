#include "cel/function.h"

#include "base/str.h"

#include "cel/rows.h"

static const struct cn_cel_function_list *const lists[] = {
    &cn_cel_operator_functions, &cn_cel_number_functions, &cn_cel_text_functions,
    &cn_cel_convert_functions,  &cn_cel_time_functions,   &cn_cel_string_functions,
    &cn_cel_optional_functions, &cn_cel_macros,
};

const struct cn_cel_function_list *cn_cel_function_list_at(size_t index)
{
    return index < CN_ARRAY_LEN(lists) ? lists[index] : NULL;
}

const struct cn_cel_function *cn_cel_function_at(size_t index)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(lists); i++) {
        if (index < lists[i]->count) {
            return &lists[i]->rows[index];
        }
        index -= lists[i]->count;
    }
    return NULL;
}

const struct cn_cel_function *cn_cel_function_find(cn_str name, unsigned forms)
{
    const struct cn_cel_function *function;
    for (size_t i = 0; (function = cn_cel_function_at(i)) != NULL; i++) {
        if ((function->form & forms) != 0 && cn_str_equal(name, cn_str_of(function->name))) {
            return function;
        }
    }
    return NULL;
}

static bool takes(const struct cn_cel_overload *overload, const struct cn_cel_value *args,
                  size_t count)
{
    if (overload->is_variadic ? count == 0 : count != overload->arg_count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        enum cn_cel_kind kind = overload->args[overload->is_variadic ? 0 : i];
        if (kind != CN_CEL_DYN && kind != args[i].kind) {
            return false;
        }
    }
    return true;
}

const struct cn_cel_overload *cn_cel_overload_find(const struct cn_cel_function *function,
                                                   const struct cn_cel_value *args, size_t count)
{
    for (size_t i = 0; i < function->overload_count; i++) {
        if (takes(&function->overloads[i], args, count)) {
            return &function->overloads[i];
        }
    }
    return NULL;
}
