/** A container in, one reading of the engine's statistics about it out. */
import { z } from 'zod';
import type { Engine } from './engine.js';

export interface Usage {
  /** By the clock of the machine that was read. */
  readonly atMs: number;
  /** CPU time since the container started. */
  readonly cpuMs: number;
  /** Bytes, with what the kernel caches for it. */
  readonly memory: number;
  /** Bytes, without file pages that the kernel would drop first: what `docker stats` shows. */
  readonly workingSet: number;
  /** Bytes since it started, over all its networks; undefined when it has none of its own. */
  readonly network: { readonly received: number; readonly sent: number } | undefined;
  /** Bytes read from and written to block devices since it started. */
  readonly blockBytes: number;
}

const statsSchema = z.object({
  read: z.string(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({
    usage: z.number().optional(),
    stats: z.record(z.string(), z.number()).nullish(),
  }),
  networks: z.record(z.string(), z.object({ rx_bytes: z.number(), tx_bytes: z.number() })).nullish(),
  blkio_stats: z
    .object({
      io_service_bytes_recursive: z.array(z.object({ op: z.string(), value: z.number() })).nullish(),
    })
    .optional(),
});

/** Undefined for a container that does not run. The engine answers when it has next looked: up to two seconds later. */
export async function readUsage({ docker }: Engine, id: string): Promise<Usage | undefined> {
  const answer = await docker.getContainer(id).stats({ stream: false, 'one-shot': true });
  return usageFrom(answer);
}

/** The engine's JSON; undefined for that of a container that does not run, or that is none. */
export function usageFrom(answer: unknown): Usage | undefined {
  const stats = statsSchema.safeParse(answer).data;
  const memory = stats?.memory_stats.usage;
  if (stats === undefined || memory === undefined) return undefined;
  const kept = stats.memory_stats.stats ?? {};
  const networks = stats.networks == null ? undefined : Object.values(stats.networks);
  return {
    atMs: Date.parse(stats.read),
    cpuMs: stats.cpu_stats.cpu_usage.total_usage / 1e6,
    memory,
    // The first is that of cgroup v1, where the second leaves out what lies in groups below.
    workingSet: workingSetOf(memory, kept.total_inactive_file ?? kept.inactive_file ?? 0),
    network: networks && {
      received: networks.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
      sent: networks.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
    },
    blockBytes: (stats.blkio_stats?.io_service_bytes_recursive ?? [])
      .filter(({ op }) => /^(read|write)$/i.test(op))
      .reduce((sum, { value }) => sum + value, 0),
  };
}

/** Both are read one after the other, so that the second may be larger for a moment: then it is not believed. */
export function workingSetOf(memory: number, inactiveFile: number): number {
  return inactiveFile < memory ? memory - inactiveFile : memory;
}
