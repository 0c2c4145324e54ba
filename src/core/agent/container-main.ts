/**
 * Entry of an agent container: environment in, agents on the bus out. It hosts the agents named, over the simulated
 * workload, until SIGTERM; keeps what they hold in its state directory, so that a restart brings them back with it; and
 * trusts the public keys of a mounted directory, never anything from Redis.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { trustIn } from '../keys/trust.js';
import { connectRedis, describeTarget } from '../nerve/connection.js';
import { identifierSchema } from '../nerve/messages/identifiers.js';
import { createNames } from '../nerve/names.js';
import { type Host, startHost } from './host.js';
import { simulatedAgents } from './workloads/simulated-agents.js';

const log = (line: string) => void process.stderr.write(`${new Date().toISOString()} ${line}\n`);

const parts = (text: string) => text.split(',').map((part) => part.trim());
const environmentSchema = z.object({
  REDIS_URL: z.string('is not set; it is such as redis://redis:6379'),
  /** Ids of the agents, with commas between them. */
  DREAMNET_ID: z
    .string('is not set; it is the id of the agent, or of several with commas')
    .transform(parts)
    .pipe(
      z.array(identifierSchema).refine((ids) => new Set(ids).size === ids.length, 'names an agent twice'),
    ),
  /** Such as `zone=east,tier=web`: of every agent here, besides those of its workload. */
  DREAMNET_LABELS: z
    .string()
    .regex(/^[^=,]+=[^=,]+(,[^=,]+=[^=,]+)*$/, 'must be name=value, or several with commas')
    .transform((text) => Object.fromEntries(parts(text).map((pair) => pair.split('='))))
    .default({}),
  DREAMNET_PREFIX: z.string().default(''),
  DREAMNET_KEYS: z.string().default('/keys'),
  DREAMNET_STATE: z.string().default('/state'),
});

async function main(): Promise<void> {
  const environment = readEnvironment();
  const ids = environment.DREAMNET_ID;
  const hostId = ids[0] ?? '';
  const target = { socketPath: null, url: environment.REDIS_URL };
  const trust = trustIn(environment.DREAMNET_KEYS, log);
  if (trust().trusted.length === 0)
    log(`no order is obeyed before a NAME.pub.pem is in ${environment.DREAMNET_KEYS}`);
  let starting: Promise<Host> | undefined;
  const end = async () => {
    // Redis may be away: nobody waits for a goodbye for longer than this.
    setTimeout(() => process.exit(0), 3_000);
    // Asked to end while it starts, it may be registered already.
    await starting?.then((host) => host.stop()).catch(() => undefined);
    process.exit(0);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);

  log(`${ids.join(', ')}: connecting to Redis at ${describeTarget(target)}`);
  const redis = await connectRedis(target, { patience: 'agent', name: hostId });
  starting = startHost({
    hostId,
    redis,
    names: createNames(environment.DREAMNET_PREFIX),
    agents: simulatedAgents({
      ids,
      labels: environment.DREAMNET_LABELS,
      firstAgent: numberOf(hostId),
      agents: ids.length,
      seed: 1,
    }),
    trust,
    stateDir: environment.DREAMNET_STATE,
    log,
  });
  await starting;
  log('ready');
}

function readEnvironment(): z.infer<typeof environmentSchema> {
  const parsed = environmentSchema.safeParse(process.env);
  if (parsed.success) return parsed.data;
  throw new Error(
    parsed.error.issues.map(({ path, message }) => `${path[0]?.toString()} ${message}`).join('\n'),
  );
}

/** Which simulated tasks an agent has follows from its number: the same after a restart, others for another container. */
function numberOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0);
}

main().catch((thrown) => {
  log(messageOf(thrown));
  process.exit(1);
});
