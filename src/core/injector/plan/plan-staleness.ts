/** A saved plan and the fleet as it is now in; what has changed since out, or the refusal that says it. Pure. */
import { DreamnetError } from '../../errors.js';
import type { RegisteredAgent } from '../../fleet/registry.js';
import { type AgentState, fingerprintOf, type SavedPlan, stateOfAgent } from './plan-file.js';

/** Throws DN550 when an agent has left, joined, moved to another host, or runs another program than when it was planned. */
export function requireSameFleet(saved: SavedPlan, meant: readonly RegisteredAgent[]): void {
  const now = meant.map(stateOfAgent);
  if (fingerprintOf(now) === saved.fingerprint) return;
  const before = new Map([...saved.agents, ...saved.others].map((agent) => [agent.id, agent]));
  const present = new Set(now.map(({ id }) => id));
  const changed = (differs: (before: AgentState, now: AgentState) => boolean) =>
    now.flatMap((agent) => {
      const known = before.get(agent.id);
      return known !== undefined && differs(known, agent) ? [agent.id] : [];
    });
  const changes = [
    some(
      [...before.keys()].filter((id) => !present.has(id)),
      'left',
    ),
    some(
      now.map(({ id }) => id).filter((id) => !before.has(id)),
      'joined',
    ),
    some(
      changed((a, b) => a.live !== b.live),
      'run another program',
    ),
    some(
      changed((a, b) => a.host !== b.host),
      'moved to another host',
    ),
  ].filter((text) => text !== undefined);
  // Nothing can be told only of a file whose fingerprint was made for other agents than it names.
  const what = changes.length === 0 ? 'its fingerprint is of other agents' : changes.join('; ');
  throw new DreamnetError({
    code: 'DN550',
    kind: 'bad-input',
    message: `The fleet is not what it was when this plan was made: ${what}.`,
    hint: 'Plan again with `dreamnet inject --dry-run --save-plan FILE`.',
  });
}

export function programChanged({ instruction, digest }: SavedPlan, now: string): DreamnetError {
  return new DreamnetError({
    code: 'DN551',
    kind: 'bad-input',
    message: `The program of ${instruction.id} compiles to ${now} now; the plan was made for ${digest}.`,
    hint: 'Plan again with `dreamnet inject --dry-run --save-plan FILE`, or sign with the key of then.',
  });
}

const namedMax = 3;

function some(ids: readonly string[], what: string): string | undefined {
  if (ids.length === 0) return undefined;
  const named = ids.toSorted().slice(0, namedMax).join(', ');
  return `${ids.length} ${what} (${named}${ids.length > namedMax ? ', …' : ''})`;
}
