/** What a program needs and what agents offer in; the agents that would refuse it, by what they would say, out. Pure. */
import type { Manifest } from '../bytecode/manifest.js';
import { offerProblem } from './offer-problem.js';
import type { FleetOffers } from './read-offers.js';

export interface UnfitAgents {
  /** As each of them would say it. */
  readonly reason: string;
  readonly agents: readonly string[];
}

/** Agents whose offer is not known are none of them. */
export function unfitAgents(manifest: Manifest, { offers }: Pick<FleetOffers, 'offers'>): UnfitAgents[] {
  const byReason = new Map<string, string[]>();
  for (const { capabilities, agents } of offers) {
    const reason = offerProblem(manifest, capabilities);
    if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), ...agents]);
  }
  return [...byReason]
    .map(([reason, agents]) => ({ reason, agents }))
    .sort((a, b) => b.agents.length - a.agents.length);
}

const namedMax = 5;

/** `agent-1, agent-2 and 7 more`. */
export function namesOf(agents: readonly string[]): string {
  const named = agents.slice(0, namedMax).join(', ');
  return agents.length > namedMax ? `${named} and ${agents.length - namedMax} more` : named;
}

/** `agent-1, agent-2: "this agent does not offer X"; agent-3: …`. */
export function unfitText(unfit: readonly UnfitAgents[]): string {
  const shown = unfit.slice(0, reasonsMax).map(({ reason, agents }) => `${namesOf(agents)}: "${reason}"`);
  const more = unfit.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more reasons`] : [])].join('; ');
}

const reasonsMax = 3;
