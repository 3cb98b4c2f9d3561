#include "cel/kernel.h"

void cn_cel_kernel_targets(struct cn_cel_target_set targets_out[CN_CEL_TARGETS_MAX],
                           size_t *count_out)
{
    size_t count = 0;
    targets_out[count++] = (struct cn_cel_target_set){ "base", &cn_cel_kernels_base };
#ifdef CN_KERNEL_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) {
        targets_out[count++] = (struct cn_cel_target_set){ "avx2", &cn_cel_kernels_avx2 };
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
        targets_out[count++] = (struct cn_cel_target_set){ "avx512", &cn_cel_kernels_avx512 };
    }
#endif
    *count_out = count;
}
