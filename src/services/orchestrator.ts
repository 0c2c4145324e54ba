/** The orchestrator over HTTP: what is known of the fleet, read from Redis, whichever orchestrator wrote it. Changes nothing. */
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { DreamnetError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { LoopContext } from '../core/loop-context.js';
import { isServing } from '../core/nerve/serving.js';
import { readAggregate, readHealth, readHistory } from '../core/orchestrator/read.js';
import { redisIsAway } from './answer-failure.js';
import { queryOf } from './http-server.js';
import { prometheusContentType, prometheusText } from './prometheus.js';

export interface OrchestratorFace {
  /** Its connection fails at once while Redis is away. */
  readonly context: LoopContext;
  /** When this service last aggregated itself (ms); null: another one does. */
  readonly aggregatedAt: () => number | null;
  readonly version: string;
  readonly startedAt: number;
  /** As shown to people: without a password. */
  readonly redisAt: string;
}

const historySchema = z.strictObject({
  /** Milliseconds since 1970. */
  since: z.coerce.number().int().nonnegative().optional(),
  count: z.coerce.number().int().min(1).max(limits.historyEntriesMax).default(100),
});

export function orchestratorRoutes(face: OrchestratorFace): FastifyPluginAsync {
  const { redis, names, clock } = face.context;
  const ready = async () => {
    if (!isServing(redis)) throw redisIsAway();
  };

  return async (server) => {
    server.get('/aggregate', { preHandler: ready }, async () => {
      const aggregate = await readAggregate(redis, names);
      if (aggregate === undefined) throw notMeasured();
      return { ageMs: Math.max(0, clock() - aggregate.at), aggregate };
    });

    server.get('/history', { preHandler: ready }, async (request) => {
      const { since = 0, count } = queryOf(request, historySchema);
      const newest = await readHistory(redis, names, count);
      return { history: newest.filter(({ at }) => at >= since).toReversed() };
    });

    server.get('/health', async () => {
      const { version, startedAt, redisAt } = face;
      const isThere = isServing(redis);
      const fleet = isThere ? await readHealth(redis, names).catch(() => undefined) : undefined;
      return {
        ...{ service: 'orchestrator', version, upMs: Math.max(0, clock() - startedAt) },
        redis: { at: redisAt, state: isThere ? 'connected' : 'away' },
        work: { aggregatedAt: face.aggregatedAt() },
        fleet: fleet ?? null,
      };
    });

    server.get('/metrics', { preHandler: ready }, async (_request, reply) => {
      const [aggregate, health] = await Promise.all([readAggregate(redis, names), readHealth(redis, names)]);
      return reply.type(prometheusContentType).send(await prometheusText({ aggregate, health }));
    });
  };
}

function notMeasured(): DreamnetError {
  return new DreamnetError({
    code: 'DN740',
    kind: 'bad-input',
    message: 'The fleet has not been measured yet.',
    hint: 'Ask again when an orchestrator has run for as long as its --every says.',
  });
}
