/**
 * A plan as a file: exactly these agents in these batches, with the instruction, the program's digest, the settings, and the
 * state of the fleet that it was made on. Text in, a checked plan out, and the other way round. Pure.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DreamnetError } from '../../errors.js';
import type { RegisteredAgent } from '../../fleet/registry.js';
import { transportNameSchema } from '../../nerve/messages/agent-record.js';
import { digestSchema, identifierSchema, timestampMsSchema } from '../../nerve/messages/identifiers.js';
import { instructionSchema } from '../../nerve/messages/instruction.js';
import { rolloutSettingsSchema } from '../../nerve/messages/rollout-settings.js';
import { inOurWords, reasonsOf } from '../../nerve/schema-words.js';
import type { Draft } from './draft-rollout.js';
import type { Plan, PlannedAgent } from './plan.js';
import { planNumbers } from './plan-numbers.js';
import type { Preview } from './preview-rollout.js';

/** A plan of 100,000 agents has about 20 MB. */
export const planFileBytesMax = 134_217_728;
const version = 1;

const agentStateSchema = z.object({
  id: identifierSchema,
  host: identifierSchema,
  /** Digest of the program that it runs, or null. */
  live: z.string().max(128).nullable(),
});
export type AgentState = z.infer<typeof agentStateSchema>;

const savedPlanSchema = z.object({
  dreamnetPlan: z.literal(version),
  madeAt: timestampMsSchema,
  instruction: instructionSchema,
  digest: digestSchema,
  windowMs: z.number().int().positive(),
  settings: rolloutSettingsSchema,
  maxFailures: z.number().int().nonnegative(),
  /** Agents of the first batch when that is watched first. */
  canary: z.number().int().nonnegative(),
  /** In the order in which they are asked; batches are counted from 1. */
  agents: z
    .array(
      agentStateSchema.extend({
        transport: transportNameSchema,
        batch: z.number().int().positive(),
        heldOut: z.boolean(),
      }),
    )
    .min(1),
  /** Agents that were meant too, and for which a limit left no room. */
  others: z.array(agentStateSchema),
  /** SHA-256 of who was there, where, and what each ran. */
  fingerprint: z.string(),
});
export type SavedPlan = z.infer<typeof savedPlanSchema>;

export function savePlan({ instruction, program, windowMs, draft }: Preview, nowMs: number): SavedPlan {
  const { plan, settings, candidates } = draft;
  const stateOf = new Map(candidates.map((agent) => [agent.id, stateOfAgent(agent)]));
  const agents = plan.agents.map(({ id, host, transport, batch, heldOut }) => ({
    ...{ id, host, live: stateOf.get(id)?.live ?? null },
    ...{ transport, batch: batch + 1, heldOut },
  }));
  const planned = new Set(plan.agents.map(({ id }) => id));
  const others = [...stateOf.values()].filter(({ id }) => !planned.has(id));
  return {
    dreamnetPlan: version,
    madeAt: Math.floor(nowMs),
    instruction,
    digest: program.digest,
    windowMs,
    settings,
    maxFailures: plan.maxFailures,
    canary: plan.canary,
    agents,
    others,
    fingerprint: fingerprintOf([...agents, ...others]),
  };
}

export function stateOfAgent({ id, host, live }: RegisteredAgent): AgentState {
  return { id, host, live: live ?? null };
}

export function fingerprintOf(agents: readonly AgentState[]): string {
  const hash = createHash('sha256');
  for (const { id, host, live } of agents.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
    hash.update(`${id} ${host} ${live ?? '-'}\n`);
  return `sha256:${hash.digest('hex')}`;
}

/** The plan again, with nobody who may join. */
export function draftOf(saved: SavedPlan): Draft {
  const batches: PlannedAgent[][] = [];
  for (const { id, host, transport, batch, heldOut } of saved.agents) {
    batches[batch - 1] ??= [];
    batches[batch - 1]?.push({ id, host, transport, batch: batch - 1, heldOut });
  }
  const agents = batches.flat();
  const { canary, maxFailures, settings } = saved;
  const heldOut = agents.filter((agent) => agent.heldOut).length;
  const plan: Plan = { agents, batches, heldOut, canary, maxFailures };
  return {
    ...{
      settings,
      plan,
      numbers: planNumbers(plan, settings),
      already: new Map(),
      candidates: [],
      canJoin: undefined,
      warnings: [],
    },
    leftOut: saved.others.map(({ id }) => ({ id, reason: 'not in the plan' })),
  };
}

/** The checksum tells a file that was cut off or changed by hand from one that was written. */
export function planText(saved: SavedPlan): string {
  return `${JSON.stringify({ ...saved, checksum: checksumOf(saved) })}\n`;
}

/** Throws DN548 for what is no whole plan file, DN549 for one of another version. */
export function parsePlan(text: string, name: string): SavedPlan {
  const document = documentOf(text, name);
  if (document.dreamnetPlan !== version) throw otherVersion(name, document.dreamnetPlan);
  const { checksum, ...rest } = document;
  const parsed = savedPlanSchema.safeParse(rest, inOurWords);
  if (!parsed.success) throw noPlan(name, reasonsOf(parsed.error)[0] ?? 'it does not fit');
  if (checksum !== checksumOf(rest)) throw noPlan(name, 'it was changed after it had been written');
  const wrong = firstGap(parsed.data);
  if (wrong !== undefined) throw noPlan(name, wrong);
  return parsed.data;
}

function documentOf(text: string, name: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw noPlan(name, text.trim() === '' ? 'it is empty' : 'it is not JSON, or was not written to its end');
  }
  if (typeof document !== 'object' || document === null || !('dreamnetPlan' in document))
    throw noPlan(name, 'it is another document');
  return document as Record<string, unknown>;
}

function checksumOf(document: object): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex');
}

/** Batches in turn, each agent once. */
function firstGap({ agents }: SavedPlan): string | undefined {
  const ids = new Set<string>();
  let last = 0;
  for (const { id, batch } of agents) {
    if (ids.has(id)) return `${id} is in it twice`;
    if (batch !== last && batch !== last + 1) return `batch ${batch} follows batch ${last}`;
    ids.add(id);
    last = batch;
  }
  return undefined;
}

const makeOne = 'Make one with `dreamnet inject --dry-run --save-plan FILE`.';

function noPlan(name: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN548',
    kind: 'bad-input',
    message: `${name} is no plan that can be rolled out: ${why.slice(0, 200)}.`,
    hint: makeOne,
  });
}

function otherVersion(name: string, found: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN549',
    kind: 'bad-input',
    message: `${name} is a plan of version ${JSON.stringify(found)?.slice(0, 40)}; this dreamnet reads version ${version}.`,
    hint: makeOne,
  });
}
