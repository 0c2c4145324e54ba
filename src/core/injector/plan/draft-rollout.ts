/**
 * An instruction and what an operator asked for in; whom it would reach, in which batches, with which numbers, and why
 * others stay out of it. Reads only: a dry run ends here.
 */
import { noAgents } from '../../fleet/no-agents.js';
import { listAgents, type RegisteredAgent } from '../../fleet/registry.js';
import type { Selectable } from '../../fleet/selector.js';
import type { Instruction } from '../../nerve/messages/instruction.js';
import type { AgentOutcome, RolloutAgent } from '../../nerve/messages/rollout-record.js';
import type { RolloutSettings } from '../../nerve/messages/rollout-settings.js';
import { readRollout, readRolloutAgents } from '../../nerve/rollout-records.js';
import type { NeedyProgram } from '../../offers/unfit-agents.js';
import type { PlanNumbers } from '../../pipeline-events.js';
import type { RolloutDependencies } from '../course/rollout.js';
import { isAskedAgain, planAgain } from '../course/rollout-agents.js';
import { requireTransports } from '../transports/courier.js';
import {
  admissionRule,
  type Choice,
  type ChoiceOptions,
  chooseTargets,
  type LeftOut,
} from './choose-targets.js';
import { type Plan, planRollout } from './plan.js';
import { planNumbers } from './plan-numbers.js';
import { compareByRank, readRanking } from './ranking.js';
import { requireOffers } from './require-offers.js';
import { type RolloutWishes, resolveSettings } from './settings.js';

export interface Draft {
  readonly settings: RolloutSettings;
  readonly plan: Plan;
  readonly numbers: PlanNumbers;
  /** Registered agents that it does not reach. */
  readonly leftOut: readonly LeftOut[];
  /** Agents among whom a limit or a rank chose; all targets without one. */
  readonly candidates: readonly RegisteredAgent[];
  /** What agents have become that an earlier coordinator is done with. */
  readonly already: ReadonlyMap<string, AgentOutcome>;
  readonly canJoin: ((agent: Selectable) => boolean) | undefined;
  readonly warnings: readonly string[];
}

export interface DraftRequest {
  readonly instruction: Instruction;
  readonly wishes: RolloutWishes;
  readonly resume: boolean;
  /** What all whom it asks must offer something for. */
  readonly program: NeedyProgram;
}

/**
 * Throws DN504 when nobody is meant, DN537 when there is no way to some of them, DN670 when some offer too little for the
 * program, and what settings that do not fit throw.
 */
export async function draftRollout(
  { redis, names, clock, transports }: Pick<RolloutDependencies, 'redis' | 'names' | 'clock' | 'transports'>,
  { instruction, wishes, resume, program }: DraftRequest,
): Promise<Draft> {
  const { id, selector = '' } = instruction;
  const earlier = resume ? await readRollout(redis, names, id) : undefined;
  const settings = resolveSettings(wishes, earlier?.options);
  const registered = await listAgents(redis, names, clock());
  const ranking = settings.top === undefined ? undefined : await readRanking(redis, names);
  const known = earlier === undefined ? undefined : await readRolloutAgents(redis, names, id);
  const choice =
    known === undefined
      ? chooseTargets(registered, { instructionId: id, selector, settings, ranking })
      : chooseAgain(registered, known, {
          ...{ instructionId: id, selector: '', settings: resolveSettings(wishes), ranking },
        });
  if (choice.chosen.length === 0) throw noAgents(selectors(selector, settings));
  requireTransports(choice.chosen, transports);
  // In a rollout that is live nobody else is asked.
  const asked =
    earlier?.state === 'live' ? [] : choice.chosen.filter(({ id: agent }) => isAsked(known?.get(agent)));
  const offerWarnings = await requireOffers({ redis, names }, asked, program);
  const drawn = planRollout({
    ...{ instructionId: id, selector, targets: choice.chosen },
    batch: settings.batch,
    canary: settings.canary,
    maxFailures: settings.maxFailures,
    inOrder: settings.top !== undefined,
  });
  const plan = known === undefined ? drawn : planAgain(drawn, known);
  return {
    ...{ settings, plan, leftOut: choice.leftOut, candidates: choice.candidates },
    warnings: [...choice.warnings, ...offerWarnings],
    numbers: planNumbers(plan, settings),
    already: new Map(
      [...(known ?? [])].flatMap(([agent, state]) => (isAskedAgain(state) ? [] : [[agent, state.outcome]])),
    ),
    canJoin: admissionRule({ selector, settings }),
  };
}

function isAsked(before: RolloutAgent | undefined): boolean {
  return before === undefined || isAskedAgain(before);
}

/** A resumed rollout keeps the agents it was planned for, and those that have done their part; whom else to ask may be narrowed. */
function chooseAgain(
  registered: readonly RegisteredAgent[],
  known: ReadonlyMap<string, RolloutAgent>,
  options: ChoiceOptions,
): Choice {
  const planned = registered.filter(({ id }) => known.has(id));
  const stateOf = ({ id }: RegisteredAgent) => known.get(id) as RolloutAgent;
  // The agent is asked whether it is there; its heartbeat may only be late.
  const open = planned
    .filter((agent) => isAskedAgain(stateOf(agent)))
    .map((agent) => ({ ...agent, alive: true }));
  const choice = chooseTargets(open, options);
  const done = planned.filter((agent) => !isAskedAgain(stateOf(agent)));
  const { ranking } = options;
  const asked =
    ranking === undefined
      ? choice.chosen
      : choice.chosen.toSorted((a, b) => compareByRank(ranking, a.id, b.id));
  return { ...choice, chosen: [...done, ...asked], candidates: planned };
}

function selectors(own: string, { selector }: RolloutSettings): string {
  return [own, selector].filter((part) => part !== '').join(',');
}
