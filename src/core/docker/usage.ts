/** A container in, one reading of the engine's statistics about it out. */
import { z } from 'zod';
import type { Engine } from './engine.js';

export interface Usage {
  readonly atMs: number;
  /** CPU time since the container started. */
  readonly cpuMs: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes since it started, over all its networks. */
  readonly received: number;
  readonly sent: number;
}

const statsSchema = z.object({
  read: z.string(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({ usage: z.number().optional() }),
  networks: z.record(z.string(), z.object({ rx_bytes: z.number(), tx_bytes: z.number() })).optional(),
});

/** Undefined for a container that does not run. */
export async function readUsage({ docker }: Engine, id: string): Promise<Usage | undefined> {
  const answer = await docker.getContainer(id).stats({ stream: false, 'one-shot': true });
  const stats = statsSchema.safeParse(answer).data;
  if (stats?.memory_stats.usage === undefined) return undefined;
  const networks = Object.values(stats.networks ?? {});
  return {
    atMs: Date.parse(stats.read),
    cpuMs: stats.cpu_stats.cpu_usage.total_usage / 1e6,
    memory: stats.memory_stats.usage,
    received: networks.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
    sent: networks.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
  };
}
