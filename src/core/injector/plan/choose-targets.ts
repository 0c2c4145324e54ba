/**
 * The registered agents and what an operator asked for in; the agents that are meant out, and why each other one is not.
 * Pure, so that a dry run says what a rollout would do.
 */
import type { RegisteredAgent } from '../../fleet/registry.js';
import { parseSelector, type Selectable, unmetRequirement } from '../../fleet/selector.js';
import type { RolloutSettings } from '../../nerve/messages/rollout-settings.js';
import { parseLimit } from './amount.js';
import { parseExclusion } from './exclusion.js';
import { shuffle } from './plan.js';
import { compareByRank, type Ranking } from './ranking.js';

export interface ChoiceOptions {
  readonly instructionId: string;
  /** The instruction's own. */
  readonly selector: string;
  readonly settings: Pick<RolloutSettings, 'selector' | 'exclude' | 'limit' | 'top'>;
  /** What each agent has earned; asked for with `top` only. */
  readonly ranking?: Ranking | undefined;
}

export interface LeftOut {
  readonly id: string;
  readonly reason: string;
}

export interface Choice {
  /** Best first when the best were asked for, else by id. */
  readonly chosen: readonly RegisteredAgent[];
  /** Alive, meant and not excluded: those among whom a limit or a rank then chose. */
  readonly candidates: readonly RegisteredAgent[];
  readonly leftOut: readonly LeftOut[];
  /** What an operator should know before it starts. */
  readonly warnings: readonly string[];
}

export function chooseTargets(registered: readonly RegisteredAgent[], options: ChoiceOptions): Choice {
  const whyNot = reasonAgainst(options);
  const candidates: RegisteredAgent[] = [];
  const leftOut: LeftOut[] = [];
  for (const agent of registered) {
    const reason = whyNot(agent);
    if (reason === undefined) candidates.push(agent);
    else leftOut.push({ id: agent.id, reason });
  }
  const { chosen, reason, warnings } = best(candidates, options) ?? limited(candidates, options);
  const isChosen = new Set(chosen.map(({ id }) => id));
  for (const { id } of candidates) if (!isChosen.has(id)) leftOut.push({ id, reason });
  return { chosen, candidates, leftOut, warnings: [...unknownIds(registered, options), ...warnings] };
}

/** Alive, meant and not excluded. */
export function candidatesOf(
  registered: readonly RegisteredAgent[],
  options: Pick<ChoiceOptions, 'selector' | 'settings'>,
): RegisteredAgent[] {
  const whyNot = reasonAgainst(options);
  return registered.filter((agent) => whyNot(agent) === undefined);
}

/** Whether an agent that comes while the rollout is under way is meant: whoever is chosen by number leaves no room. */
export function admissionRule({
  selector,
  settings,
}: Pick<ChoiceOptions, 'selector' | 'settings'>): ((agent: Selectable) => boolean) | undefined {
  if (settings.limit !== undefined || settings.top !== undefined) return undefined;
  const isMeant = parseSelector(selector);
  const isWanted = parseSelector(settings.selector);
  const exclusions = settings.exclude.map(parseExclusion);
  return (agent) => isMeant(agent) && isWanted(agent) && !exclusions.some(({ covers }) => covers(agent));
}

function reasonAgainst({
  selector,
  settings,
}: Pick<ChoiceOptions, 'selector' | 'settings'>): (agent: RegisteredAgent) => string | undefined {
  const unmet = unmetRequirement(selector);
  const unwanted = unmetRequirement(settings.selector);
  const exclusions = settings.exclude.map((text) => ({ text, ...parseExclusion(text) }));
  return (agent) => {
    const exclusion = exclusions.find(({ covers }) => covers(agent));
    if (exclusion !== undefined) return `excluded by --exclude ${exclusion.text}`;
    const requirement = unmet(agent);
    if (requirement !== undefined) return `does not match ${requirement} of the instruction`;
    const narrowing = unwanted(agent);
    if (narrowing !== undefined) return `does not match ${narrowing} of --selector`;
    if (!agent.alive) return `not alive: last heard of at ${new Date(agent.heartbeatMs).toISOString()}`;
    return undefined;
  };
}

interface Picked {
  readonly chosen: readonly RegisteredAgent[];
  /** Why the others are not. */
  readonly reason: string;
  readonly warnings: readonly string[];
}

function best(
  candidates: readonly RegisteredAgent[],
  { settings: { top }, ranking = new Map() }: ChoiceOptions,
): Picked | undefined {
  if (top === undefined) return undefined;
  const chosen = candidates.toSorted((a, b) => compareByRank(ranking, a.id, b.id)).slice(0, top);
  const unranked = chosen.filter(({ id }) => !ranking.has(id)).length;
  const text = `${unranked} of the ${chosen.length} best have no score yet; they come last.`;
  return { chosen, reason: `not among the ${top} best`, warnings: unranked === 0 ? [] : [text] };
}

/** By chance, and the same ones for the same instruction. */
function limited(
  candidates: readonly RegisteredAgent[],
  { settings: { limit }, instructionId }: ChoiceOptions,
): Picked {
  if (limit === undefined) return { chosen: candidates, reason: '', warnings: [] };
  const most = parseLimit(limit, candidates.length);
  const chosen = shuffle(candidates, `${instructionId}/limit`).slice(0, most);
  return {
    chosen: chosen.sort((a, b) => (a.id < b.id ? -1 : 1)),
    reason: `over the limit of ${most}`,
    warnings: [],
  };
}

/** Somebody meant to be spared may have been written wrong. */
function unknownIds(registered: readonly RegisteredAgent[], { settings }: ChoiceOptions): string[] {
  const named = settings.exclude.flatMap((text) => parseExclusion(text).ids);
  if (named.length === 0) return [];
  const known = new Set(registered.map(({ id }) => id));
  const unknown = named.filter((id) => !known.has(id));
  if (unknown.length === 0) return [];
  return [`--exclude names agents that are not registered: ${unknown.slice(0, 5).join(', ')}.`];
}
