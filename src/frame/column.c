#include "frame/column.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

size_t cn_column_value_bytes(enum cn_column_type type)
{
    switch (type) {
    case CN_COLUMN_F64:
        return sizeof(double);
    case CN_COLUMN_I64:
    case CN_COLUMN_TIME:
    case CN_COLUMN_SPAN:
        return sizeof(int64_t);
    case CN_COLUMN_BOOL:
        return sizeof(uint8_t);
    case CN_COLUMN_STR:
        return sizeof(uint32_t);
    }
    return 0;
}

void cn_column_init(struct cn_column *column, enum cn_column_type type)
{
    *column = (struct cn_column){ .type = type };
}

void cn_column_deinit(struct cn_column *column)
{
    free(column->as.any);
    free(column->missing);
    *column = (struct cn_column){ .type = column->type };
}

void cn_column_reserve(struct cn_column *column, size_t rows)
{
    if (rows <= column->capacity) {
        return;
    }
    size_t wants = rows > column->capacity + column->capacity / 2
                       ? rows
                       : column->capacity + column->capacity / 2;
    size_t capacity = (wants + CN_BLOCK_ROWS - 1) / CN_BLOCK_ROWS * CN_BLOCK_ROWS;
    size_t bytes = cn_column_value_bytes(column->type);
    column->as.any =
        cn_heap_resize_lines(column->as.any, column->capacity * bytes, capacity * bytes);
    memset((char *)column->as.any + column->capacity * bytes, 0,
           (capacity - column->capacity) * bytes);
    column->missing = cn_heap_resize_lines(column->missing, column->capacity / 8, capacity / 8);
    memset((char *)column->missing + column->capacity / 8, 0xFF, (capacity - column->capacity) / 8);
    column->capacity = capacity;
}
