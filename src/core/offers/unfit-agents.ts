/** A program and what agents offer in; the agents that do not offer what it needs, by what is missing, out. Pure. */
import type { Manifest } from '../bytecode/manifest.js';
import { type Capabilities, fieldByName } from '../language/capabilities.js';
import { offerProblem } from './offer-problem.js';
import type { FleetOffers } from './read-offers.js';

export interface NeedyProgram {
  readonly name: string;
  readonly manifest: Manifest;
  /** What it was compiled for, where that is known. */
  readonly capabilities?: Capabilities | undefined;
}

export interface UnfitAgents {
  /** As each of them would say it. */
  readonly reason: string;
  readonly agents: readonly string[];
}

/** Agents whose offer is not known are none of them. */
export function unfitAgents(program: NeedyProgram, { offers }: Pick<FleetOffers, 'offers'>): UnfitAgents[] {
  const byReason = new Map<string, string[]>();
  for (const { capabilities, agents } of offers) {
    const reason = whyUnfit(program, capabilities);
    if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), ...agents]);
  }
  return [...byReason]
    .map(([reason, agents]) => ({ reason, agents }))
    .sort((a, b) => b.agents.length - a.agents.length);
}

/** What speaks against running it where this is offered. */
export function whyUnfit({ manifest, capabilities }: NeedyProgram, offer: Capabilities): string | undefined {
  const refusal = offerProblem(manifest, offer);
  if (refusal !== undefined || capabilities === undefined) return refusal;
  for (const { name, unit } of manifest.fields) {
    if (unit !== 'name') continue;
    const [here, there] = [offer, capabilities].map((side) => fieldByName(side, name)?.names ?? []) as [
      readonly string[],
      readonly string[],
    ];
    // New names go to the end of either list.
    const at = here.findIndex((one, number) => number < there.length && one !== there[number]);
    if (at >= 0) return `${name} ${at} is "${here[at]}" here, and "${there[at]}" in the program`;
  }
  return undefined;
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
