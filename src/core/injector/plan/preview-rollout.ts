/**
 * What a rollout would do, in full and without doing it: nothing is stored, claimed or sent. A saved plan comes back as the
 * draft that it was, if the fleet and the program are what they were.
 */
import { listAgents } from '../../fleet/registry.js';
import type { Keyring } from '../../keys/keyring.js';
import type { Instruction } from '../../nerve/messages/instruction.js';
import type { Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';
import { readRollout } from '../../nerve/rollout-records.js';
import { alreadyRolledOut } from '../course/rollout-refusals.js';
import type { SigningKey } from '../course/send-orders.js';
import { type PreparedProgram, prepareProgram } from '../prepare-program.js';
import { requireTransports, type Transports } from '../transports/courier.js';
import { candidatesOf } from './choose-targets.js';
import { type Draft, draftRollout } from './draft-rollout.js';
import { draftOf, type SavedPlan } from './plan-file.js';
import { programChanged, requireSameFleet } from './plan-staleness.js';
import { requireOffers } from './require-offers.js';
import type { RolloutWishes } from './settings.js';

export interface PreviewDependencies {
  readonly redis: Redis;
  readonly names: Names;
  readonly clock: () => number;
  readonly key: SigningKey;
  readonly keyring?: (() => Keyring) | undefined;
  /** How agents are reached that are not on the bus. */
  readonly transports?: Transports;
}

export interface PreviewRequest {
  readonly instruction: Instruction;
  readonly wishes: RolloutWishes;
  readonly windowMs: number;
  readonly resume: boolean;
  readonly plan?: SavedPlan | undefined;
}

export interface Preview {
  readonly instruction: Instruction;
  readonly program: PreparedProgram;
  readonly windowMs: number;
  readonly draft: Draft;
}

export async function previewRollout(deps: PreviewDependencies, request: PreviewRequest): Promise<Preview> {
  const { redis, names, key, keyring } = deps;
  const { instruction, windowMs, plan } = request;
  const program = await prepareProgram(redis, names, {
    instruction,
    key,
    keyring: keyring?.(),
    store: false,
  });
  const draft =
    plan === undefined
      ? await draftRollout(deps, { ...request, program })
      : await draftFromPlan(deps, plan, program);
  return { instruction, program, windowMs, draft };
}

/**
 * Throws DN512 for one that has been rolled out, DN550 and DN551 for one that is out of date, DN537 without a way to some
 * agents, DN670 when some offer too little.
 */
async function draftFromPlan(
  { redis, names, clock, transports }: PreviewDependencies,
  saved: SavedPlan,
  program: PreparedProgram,
): Promise<Draft> {
  const { instruction, settings } = saved;
  const earlier = await readRollout(redis, names, instruction.id);
  if (earlier !== undefined) throw alreadyRolledOut(earlier);
  if (program.digest !== saved.digest) throw programChanged(saved, program.digest);
  const registered = await listAgents(redis, names, clock());
  requireSameFleet(saved, candidatesOf(registered, { selector: instruction.selector ?? '', settings }));
  const draft = draftOf(saved);
  requireTransports(draft.plan.agents, transports);
  const planned = new Set(draft.plan.agents.map(({ id }) => id));
  const asked = registered.filter(({ id }) => planned.has(id));
  return { ...draft, warnings: await requireOffers({ redis, names }, asked, program) };
}
