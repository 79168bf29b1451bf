/* The long loops in C with OpenMP: each prints its plain time and its parallel time, medians of turns. */
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 15
static double *data;

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint64_t work(uint64_t rounds) {
    volatile uint64_t opaque = rounds;
    uint64_t x = opaque | 1;
    for (uint64_t i = 0; i < rounds; i++) {
        x *= 6364136223846793005ULL;
        x = x << 17 | x >> 47;
    }
    return x;
}

static uint64_t mandelbrot(long column, long row) {
    double cx = column / 600.0 * 3.0 - 2.0, cy = row / 600.0 * 2.4 - 1.2, x = 0, y = 0;
    uint64_t count = 0;
    while (count < 500 && x * x + y * y <= 4.0) {
        double t = x * x - y * y + cx;
        y = 2.0 * x * y + cy;
        x = t;
        count++;
    }
    return count;
}

static inline uint64_t cheap(uint64_t i) { return i ^ i >> 3; }
static inline uint64_t opaque(uint64_t i) { __asm__ volatile("" : "+r"(i)); return i; }
static inline uint64_t row(long r) { uint64_t s = 0; for (long c = 0; c < 600; c++) s += mandelbrot(c, r); return s; }

#define SUM(NAME, LEN, ITEM)                                                                       \
    static uint64_t NAME##_plain(void) {                                                           \
        uint64_t sum = 0;                                                                          \
        for (long i = 0; i < LEN; i++) sum += ITEM;                                                \
        return sum;                                                                                \
    }                                                                                              \
    static uint64_t NAME##_omp(void) {                                                             \
        uint64_t sum = 0;                                                                          \
        _Pragma("omp parallel for schedule(runtime) reduction(+ : sum)")                           \
        for (long i = 0; i < LEN; i++) sum += ITEM;                                                \
        return sum;                                                                                \
    }
SUM(a1, 100000000, cheap(i))
SUM(a2, 100000000, opaque(i))
SUM(d1, 20000, work(i))
SUM(d2, 20000, work(20000 - i))
SUM(g1, 600, row(i))
SUM(g2, 360000, mandelbrot(i % 600, i / 600))

static uint64_t c_plain(void) {
    for (long i = 0; i < 10000000; i++) data[i] = data[i] * 1.0000001 + 0.5;
    return 0;
}
static uint64_t c_omp(void) {
    _Pragma("omp parallel for schedule(runtime)")
    for (long i = 0; i < 10000000; i++) data[i] = data[i] * 1.0000001 + 0.5;
    return 0;
}

static volatile uint64_t sink;
static double timed(uint64_t (*f)(void)) {
    double start = omp_get_wtime();
    sink = f();
    return omp_get_wtime() - start;
}

static void compare(const char *name, uint64_t (*plain)(void), uint64_t (*omp)(void)) {
    double p[ROUNDS], s[ROUNDS], d[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        p[i] = timed(plain);
        omp_set_schedule(omp_sched_static, 0);
        s[i] = timed(omp);
        omp_set_schedule(omp_sched_dynamic, 16);
        d[i] = name[0] == 'a' || name[0] == 'c' ? NAN : timed(omp);
    }
    qsort(p, ROUNDS, sizeof *p, ascending);
    qsort(s, ROUNDS, sizeof *s, ascending);
    qsort(d, ROUNDS, sizeof *d, ascending);
    int m = ROUNDS / 2;
    printf("%s %g %g %g\n", name, p[m], s[m], d[m]);
}

int main(void) {
    data = malloc(10000000 * sizeof *data);
    for (long i = 0; i < 10000000; i++) data[i] = 1.0;
    compare("a1", a1_plain, a1_omp);
    compare("a2", a2_plain, a2_omp);
    compare("c", c_plain, c_omp);
    compare("d1", d1_plain, d1_omp);
    compare("d2", d2_plain, d2_omp);
    compare("g1", g1_plain, g1_omp);
    compare("g2", g2_plain, g2_omp);
    return 0;
}
