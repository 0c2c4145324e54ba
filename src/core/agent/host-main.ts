/** Entry of a host process: one JSON argument in, `ready` over IPC out; it ends on SIGTERM or when its parent is gone. */
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { trustIn } from '../keys/trust.js';
import { connectRedis } from '../nerve/connection.js';
import { createNames } from '../nerve/names.js';
import { startHost } from './host.js';
import { simulatedAgents } from './workloads/simulated-agents.js';

const argumentSchema = z.object({
  hostId: z.string(),
  redisUrl: z.string().nullable(),
  socketPath: z.string().nullable(),
  prefix: z.string(),
  firstAgent: z.number().int().nonnegative(),
  agents: z.number().int().positive(),
  seed: z.number().int(),
  keysDir: z.string(),
  stateDir: z.string(),
  /** A directory shared with the injector, when the agents are reached by files. */
  volumeDir: z.string().optional(),
  workload: z.literal('simulated'),
});

async function main(): Promise<void> {
  const options = argumentSchema.parse(JSON.parse(process.argv[2] ?? ''));
  const target = { socketPath: options.socketPath, url: options.redisUrl };
  const redis = await connectRedis(target, { patience: 'agent', name: options.hostId });
  const log = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);
  const { hostId, stateDir, volumeDir } = options;
  const host = await startHost({
    ...{ hostId, stateDir, volumeDir },
    agents: simulatedAgents(options),
    redis,
    names: createNames(options.prefix),
    trust: trustIn(options.keysDir, log),
    log,
  });
  process.send?.({ type: 'ready', agents: host.agents.length });

  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    // Redis may be gone already; the parent waits for the process, not for its goodbye.
    const patience = setTimeout(() => process.exit(0), 3_000);
    await host.stop().catch(() => undefined);
    clearTimeout(patience);
    redis.disconnect();
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', () => undefined);
  process.on('disconnect', end);
}

main().catch((thrown) => {
  process.send?.({ type: 'failed', reason: messageOf(thrown) });
  process.stderr.write(`${messageOf(thrown)}\n`);
  process.exit(1);
});
