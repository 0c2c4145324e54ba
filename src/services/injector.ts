/**
 * The injector over HTTP: a thin face over core. Work is accepted by putting it on the nerve, where this service or
 * another one takes it; rollouts are steered as `dreamnet rollout` does it, wherever they run.
 */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DreamnetError } from '../core/errors.js';
import { findRollout } from '../core/injector/control/find-rollout.js';
import { steerRollout } from '../core/injector/control/steer.js';
import type { Acceptance } from '../core/injector-service/accept.js';
import { agentHistory } from '../core/injector-service/agent-history.js';
import type { InjectorService } from '../core/injector-service/injector-service.js';
import { instructionForOneAgent } from '../core/injector-service/one-agent.js';
import { settingsWishSchema } from '../core/injector-service/settings.js';
import { instructionOnNerve, type Submitted, submitInstruction } from '../core/injector-service/submit.js';
import { instructionsWaiting } from '../core/injector-service/take-in-turn.js';
import { wantRollout } from '../core/injector-service/wanted-rollouts.js';
import { identifierSchema } from '../core/nerve/messages/identifiers.js';
import { instructionSchema } from '../core/nerve/messages/instruction.js';
import { agentOutcomeSchema, rolloutStateSchema } from '../core/nerve/messages/rollout-record.js';
import { wishActionSchema } from '../core/nerve/messages/wish.js';
import { readHold } from '../core/nerve/rollout-holds.js';
import { isServing } from '../core/nerve/serving.js';
import { rolloutDocument, rolloutsDocument } from '../documents/rollout-document.js';
import { steeredDocument } from '../documents/steered-document.js';
import { redisIsAway } from './answer-failure.js';
import { bodyOf, doesNotFit, queryOf } from './http-server.js';

export interface InjectorFace {
  readonly service: InjectorService;
  /** Its connection fails at once while Redis is away, so that nothing is done after the answer. */
  readonly acceptance: Acceptance;
  readonly version: string;
  readonly startedAt: number;
  /** As shown to people: without a password. */
  readonly redisAt: string;
  /** Raised when the service ends. */
  readonly stopping: AbortSignal;
}

/** Longer than a coordinator has to answer, and agents to return to what they had. */
const steerMsMax = 60_000;
const listedMax = 1_000;

const programSchema = instructionSchema.shape.program.unwrap();
const oneAgentSchema = settingsWishSchema
  .extend({
    agent: identifierSchema,
    instructionId: identifierSchema.optional(),
    instruction: instructionSchema.optional(),
    program: programSchema.optional(),
  })
  .refine(hasExactlyOne('instructionId', 'instruction', 'program'), {
    error: 'exactly one of instructionId, instruction and program is expected',
  });
const swarmSchema = settingsWishSchema
  .extend({ instructionId: identifierSchema.optional(), instruction: instructionSchema.optional() })
  .refine(hasExactlyOne('instructionId', 'instruction'), {
    error: 'exactly one of instructionId and instruction is expected',
  });
const steerSchema = z.strictObject({
  reason: z.string().trim().min(1).max(500).optional(),
  by: z.string().trim().min(1).max(200).optional(),
});
const listSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(listedMax).default(20),
  state: rolloutStateSchema.optional(),
});
const agentsSchema = z.strictObject({
  agents: z.enum(['', 'all', ...agentOutcomeSchema.options]).optional(),
});

export function injectorRoutes(face: InjectorFace): FastifyPluginAsync {
  const { acceptance, stopping } = face;
  const { context } = acceptance;
  const { redis, names } = context;
  const ready = async () => {
    if (!isServing(redis)) throw redisIsAway();
  };
  const notStopping = async () => {
    if (stopping.aborted) throw isStopping();
  };

  return async (server) => {
    server.get('/health', async (_request, reply) => {
      const health = healthOf(face);
      return reply.code(health.status === 'ok' ? 200 : 503).send(health);
    });

    server.register(async (routes) => {
      routes.addHook('preHandler', ready);

      routes.get('/rollouts', async (request) => {
        const { limit: count, state } = queryOf(request, listSchema);
        const [document, waiting] = await Promise.all([
          rolloutsDocument(redis, names, { count, state }),
          instructionsWaiting(redis, names),
        ]);
        return {
          ...document,
          waiting: waiting.map(({ id, type, selector = '' }) => ({ id, type, selector })),
        };
      });

      routes.get('/rollouts/:id', async (request) => {
        const typed = idOf(request);
        const { agents } = queryOf(request, agentsSchema);
        return rolloutDocument(redis, names, { typed, agents: agents === '' ? 'all' : agents });
      });

      routes.get('/history/:agentId', async (request) => {
        const { agentId } = request.params as { agentId: string };
        return agentHistory(redis, names, checkedId(agentId));
      });
    });

    server.register(async (routes) => {
      routes.addHook('preHandler', notStopping);
      routes.addHook('preHandler', ready);

      routes.post('/inject', async (request, reply) => {
        const { agent, instructionId, instruction, program, ...settings } = bodyOf(request, oneAgentSchema);
        const what =
          instructionId === undefined
            ? instruction === undefined
              ? { program }
              : { instruction }
            : { instruction: await instructionOnNerve(acceptance, instructionId) };
        const made = await instructionForOneAgent(context, agent, what);
        return reply
          .code(202)
          .send(acceptedDocument(await submitInstruction(acceptance, { instruction: made, settings })));
      });

      routes.post('/inject-swarm', async (request, reply) => {
        const { instructionId, instruction, ...settings } = bodyOf(request, swarmSchema);
        const found = instruction ?? (await instructionOnNerve(acceptance, instructionId ?? ''));
        return reply
          .code(202)
          .send(acceptedDocument(await submitInstruction(acceptance, { instruction: found, settings })));
      });

      for (const action of wishActionSchema.options) {
        routes.post(`/rollouts/:id/${action}`, { handlerTimeout: steerMsMax }, async (request, reply) => {
          const typed = idOf(request);
          const { reason, by = `${request.ip} over HTTP` } = bodyOf(request, steerSchema);
          const left = action === 'resume' ? await leftByService(face, typed) : undefined;
          if (left !== undefined) {
            await wantRollout(context, left);
            return reply.code(202).send({ id: left, action, accepted: true });
          }
          const deps = { ...context, key: context.key, signal: stopping };
          return steeredDocument(action, await steerRollout(deps, { typed, action, by, reason }));
        });
      }
    });
  };
}

/** What a service began, and nobody works on: nobody can be asked to go on with it, so one of us does it. */
async function leftByService({ acceptance }: InjectorFace, typed: string): Promise<string | undefined> {
  const { redis, names } = acceptance.context;
  const { id, service, state } = await findRollout(redis, names, typed);
  if (service === undefined || ['complete', 'rolled_back'].includes(state)) return undefined;
  return (await readHold(redis, names, id)).held ? undefined : id;
}

function healthOf({ service, acceptance, version, startedAt, redisAt, stopping }: InjectorFace) {
  const { redis, clock } = acceptance.context;
  const { state, rollout, since, done, trouble } = service.status;
  const isReady = isServing(redis);
  return {
    status: isReady && !stopping.aborted && trouble === null ? 'ok' : 'unavailable',
    service: 'injector',
    name: service.name,
    version,
    uptimeMs: clock() - startedAt,
    redis: { at: redisAt, state: isReady ? 'connected' : 'away' },
    work: { state: stopping.aborted ? 'stopping' : state, rollout, since, done, trouble },
  } as const;
}

function acceptedDocument({ instruction, ahead }: Submitted) {
  const { id, selector = '', target_agents } = instruction;
  return { id, selector, agents: target_agents, ahead, rollout: `/rollouts/${id}` };
}

function idOf({ params }: FastifyRequest): string {
  return checkedId((params as { id: string }).id);
}

function checkedId(text: string): string {
  if (identifierSchema.safeParse(text).success) return text;
  throw doesNotFit('what stands in the address is no identifier');
}

function isStopping(): DreamnetError {
  return new DreamnetError({
    code: 'DN708',
    kind: 'unreachable',
    message: 'This service is stopping; nothing was done.',
    hint: 'Ask another one, or try again when it has been started.',
  });
}

function hasExactlyOne(...fields: readonly string[]) {
  return (body: object) =>
    fields.filter((field) => (body as Record<string, unknown>)[field] !== undefined).length === 1;
}
