/** The targets of an order in; who may answer for each of them, and how many are waited for together, out. Pure. */
import type { PlannedAgent } from '../plan/plan.js';

/** Few enough that what waits to be written down takes little memory. */
const settledAtOnce = 2_000;

/** Agents off the bus are told one after the other: the time of all of them begins anew whenever one is reached. */
export function partsOf(targets: readonly PlannedAgent[]): (readonly PlannedAgent[])[] {
  if (targets.length <= settledAtOnce || targets.some(({ transport }) => transport !== 'bus'))
    return [targets];
  const parts: (readonly PlannedAgent[])[] = [];
  for (let from = 0; from < targets.length; from += settledAtOnce)
    parts.push(targets.slice(from, from + settledAtOnce));
  return parts;
}

/** Only the host that carries an agent may answer for it, where orders go to hosts. */
export function* carriersOf(
  targets: readonly PlannedAgent[],
): Generator<readonly [agent: string, host: string | undefined]> {
  for (const { id, host, transport } of targets) yield [id, transport === 'bus' ? host : undefined];
}
