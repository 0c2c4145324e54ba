/*
 * The reference program in C, doing what a host of program.bc does: columns of 1,024 tasks are copied into a chunk, the
 * conditions are evaluated, effect records of 16 bytes are written. Reads a file of three columns of f64, prints the
 * nanoseconds per task of both ways of writing it: with branches, and without. Built by bench/evaluate.ts with -O3.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHUNK = 1024, WARM_UP_PASSES = 5 };

typedef struct {
  uint32_t action, row;
  double argument;
} effect;

static double cpu[CHUNK], memory[CHUNK], network[CHUNK];
static effect effects[3 * CHUNK + 1];

static inline int write_effect(int count, uint32_t action, uint32_t row, double argument) {
  effects[count].action = action;
  effects[count].row = row;
  effects[count].argument = argument;
  return count;
}

__attribute__((noinline)) static int with_branches(int rows) {
  int count = 0;
  for (int row = 0; row < rows; row++) {
    if (cpu[row] > 5) count = write_effect(count, 1, row, 0.2) + 1;
    if (memory[row] > 1e9) count = write_effect(count, 2, row, 0.3) + 1;
    if (network[row] > 1e8) count = write_effect(count, 3, row, 1) + 1;
  }
  return count;
}

__attribute__((noinline)) static int without_branches(int rows) {
  int count = 0;
  for (int row = 0; row < rows; row++) {
    count = write_effect(count, 1, row, 0.2) + (cpu[row] > 5);
    count = write_effect(count, 2, row, 0.3) + (memory[row] > 1e9);
    count = write_effect(count, 3, row, 1) + (network[row] > 1e8);
  }
  return count;
}

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static long pass(const double *columns, long tasks, int (*run)(int)) {
  long found = 0;
  for (long from = 0; from < tasks; from += CHUNK) {
    int rows = tasks - from < CHUNK ? (int)(tasks - from) : CHUNK;
    memcpy(cpu, columns + from, rows * sizeof(double));
    memcpy(memory, columns + tasks + from, rows * sizeof(double));
    memcpy(network, columns + 2 * tasks + from, rows * sizeof(double));
    found += run(rows);
  }
  return found;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long tasks = atol(argv[2]);
  double *columns = malloc(3 * tasks * sizeof(double));
  FILE *file = fopen(argv[1], "rb");
  if (!columns || !file || fread(columns, sizeof(double), 3 * tasks, file) != (size_t)(3 * tasks)) return 1;
  int (*ways[])(int) = {with_branches, without_branches};
  long found[2];
  double ns[2];
  for (int way = 0; way < 2; way++) {
    for (int warming = 0; warming < WARM_UP_PASSES; warming++) pass(columns, tasks, ways[way]);
    double start = now_ns();
    found[way] = pass(columns, tasks, ways[way]);
    ns[way] = (now_ns() - start) / tasks;
  }
  printf("{\"withBranches\":%f,\"withoutBranches\":%f,\"effects\":[%ld,%ld]}\n", ns[0], ns[1], found[0], found[1]);
  return 0;
}
