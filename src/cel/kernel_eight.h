/*
 * Only kernel.c includes this.  Eight rows in registers, compared to eight bits: processors make
 * them in one step, which compilers do not find in a loop over rows.  Where the instruction set has
 * no such step, CN_CEL_EIGHT is not defined.
 *
 * Comparisons are those of semantics.h: nothing is equal to, less than, or at most NaN.
 */
#ifndef CAIRN_CEL_KERNEL_EIGHT_H
#define CAIRN_CEL_KERNEL_EIGHT_H

#ifdef __AVX2__
#define CN_CEL_EIGHT

#include <immintrin.h>
#include <stdint.h>

/* NOLINTBEGIN(portability-simd-intrinsics): for one instruction set; others have the loop */
typedef __m256i cn_eight_str;

static inline cn_eight_str cn_eight_at_str(const uint32_t *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

static inline cn_eight_str cn_eight_all_str(uint32_t value)
{
    return _mm256_set1_epi32((int)value);
}

static inline uint8_t cn_eight_eq_str(cn_eight_str a, cn_eight_str b)
{
    return (uint8_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)));
}

#ifdef __AVX512F__
typedef __m512d cn_eight_f64;

static inline cn_eight_f64 cn_eight_at_f64(const double *from)
{
    return _mm512_loadu_pd(from);
}

static inline cn_eight_f64 cn_eight_all_f64(double value)
{
    return _mm512_set1_pd(value);
}

#define CN_EIGHT_COMPARE_F64(name, predicate)                      \
    static inline uint8_t name(cn_eight_f64 a, cn_eight_f64 b)     \
    {                                                              \
        return (uint8_t)_mm512_cmp_pd_mask((a), (b), (predicate)); \
    }
#else
typedef struct {
    __m256d low;
    __m256d high;
} cn_eight_f64;

static inline cn_eight_f64 cn_eight_at_f64(const double *from)
{
    return (cn_eight_f64){ _mm256_loadu_pd(from), _mm256_loadu_pd(from + 4) };
}

static inline cn_eight_f64 cn_eight_all_f64(double value)
{
    return (cn_eight_f64){ _mm256_set1_pd(value), _mm256_set1_pd(value) };
}

#define CN_EIGHT_COMPARE_F64(name, predicate)                                      \
    static inline uint8_t name(cn_eight_f64 a, cn_eight_f64 b)                     \
    {                                                                              \
        int low = _mm256_movemask_pd(_mm256_cmp_pd(a.low, b.low, (predicate)));    \
        int high = _mm256_movemask_pd(_mm256_cmp_pd(a.high, b.high, (predicate))); \
        return (uint8_t)(low | high << 4);                                         \
    }
#endif

CN_EIGHT_COMPARE_F64(cn_eight_eq_f64, _CMP_EQ_OQ)
CN_EIGHT_COMPARE_F64(cn_eight_lt_f64, _CMP_LT_OQ)
CN_EIGHT_COMPARE_F64(cn_eight_le_f64, _CMP_LE_OQ)
/* NOLINTEND(portability-simd-intrinsics) */

#endif
#endif
