/**
 * The plan: an instruction's targets in, batches with a random hold-out in them out. The order is shuffled by the
 * instruction's id, so that the canary is a fair sample and a resumed rollout plans the same. The hold-out is drawn in
 * proportion from each kind of agent, so that the arms are alike in what labels tell.
 */
import { noAgents } from '../../fleet/no-agents.js';
import { limits } from '../../limits.js';
import { externalWorkload, type TransportName } from '../../nerve/messages/agent-record.js';
import { createRandom } from '../../random.js';
import { parseBatchSizes, parseCanary, parseMaxFailures } from './amount.js';

export interface Target {
  readonly id: string;
  readonly host: string;
  /** How it is reached. */
  readonly transport: TransportName;
  /** What it works on; `external` agents report no measurements. */
  readonly workload?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface PlannedAgent extends Target {
  /** From 0. */
  readonly batch: number;
  readonly heldOut: boolean;
  /** It came while the rollout was under way. */
  readonly joined?: true;
}

export interface Plan {
  readonly agents: readonly PlannedAgent[];
  readonly batches: readonly (readonly PlannedAgent[])[];
  readonly heldOut: number;
  /** Agents of the first batch when that goes live first and is watched; 0 when there is no canary. */
  readonly canary: number;
  /** The rollout stops when one agent more than this has failed. */
  readonly maxFailures: number;
}

export interface PlanOptions {
  readonly instructionId: string;
  readonly selector: string;
  readonly targets: readonly Target[];
  /** As typed: `10`, `5%`, `1,10,25%`. */
  readonly batch: string;
  readonly maxFailures: string;
  /** As typed: `5`, `1%`, `0` for none; absent: the first batch. */
  readonly canary?: string | undefined;
  readonly holdOutShare?: number;
  /** The targets come best first and keep their order; else it is shuffled. */
  readonly inOrder?: boolean;
}

export function planRollout(options: PlanOptions): Plan {
  const { targets } = options;
  if (targets.length === 0) throw noAgents(options.selector);
  const canary = options.canary === undefined ? undefined : parseCanary(options.canary, targets.length);
  const listed = parseBatchSizes(options.batch, targets.length);
  const sizes = canary === undefined || canary === 0 ? listed : [canary, ...listed];
  const maxFailures = parseMaxFailures(options.maxFailures, targets.length);
  // Agents that report nothing are no control.
  const reporting = targets.filter(({ workload }) => workload !== externalWorkload);
  const heldOut = heldOutCount(reporting.length, options.holdOutShare ?? limits.holdOutShare);
  const order = options.inOrder ? [...targets] : shuffle(targets, options.instructionId);
  const held = drawHoldOut(reporting, heldOut, `${options.instructionId}/hold-out`);
  putTreatedFirst(order, held);
  const batches: PlannedAgent[][] = [];
  for (let from = 0; from < order.length; ) {
    const batch = batches.length;
    const size = sizes[Math.min(batch, sizes.length - 1)] as number;
    const members = order.slice(from, from + size);
    batches.push(
      members.map(({ id, host, transport }) => ({ id, host, transport, batch, heldOut: held.has(id) })),
    );
    from += size;
  }
  return { agents: batches.flat(), batches, heldOut, canary: canaryOf(batches, canary), maxFailures };
}

/** Where one batch holds all agents, nobody would wait for what the canary shows. */
function canaryOf(batches: readonly (readonly PlannedAgent[])[], asked: number | undefined): number {
  return asked === 0 || batches.length < 2 ? 0 : (batches[0]?.length ?? 0);
}

/** One agent alone cannot be compared; from two on at least one is held out, unless the share is 0. */
function heldOutCount(agents: number, share: number): number {
  if (agents < 2 || share <= 0) return 0;
  return Math.min(agents - 1, Math.max(1, Math.round(agents * share)));
}

/**
 * Systematic sampling (Cochran, Sampling Techniques, 1977, chapter 8) of the agents, sorted by kind and shuffled within:
 * everybody is as likely to be held out, and each kind has its share to within one agent.
 */
function drawHoldOut(agents: readonly Target[], count: number, seed: string): Set<string> {
  const sorted = shuffle(agents, seed)
    .map(({ id, ...agent }) => ({ id, kind: kindOf(agent) }))
    .sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0));
  const step = sorted.length / count;
  const start = createRandom(seed, 'start')() * step;
  const places = Array.from({ length: count }, (_, at) =>
    Math.min(sorted.length - 1, Math.floor(start + at * step)),
  );
  return new Set(places.flatMap((place) => sorted[place]?.id ?? []));
}

function kindOf({ workload = '', labels = {} }: Omit<Target, 'id'>): string {
  const told = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [workload, ...told.sort()].join('\n');
}

/** A canary that holds the program out shows nothing: whatever its size, the first agent of the first batch is treated. */
function putTreatedFirst(order: Target[], held: ReadonlySet<string>): void {
  const treated = order.findIndex(({ id }) => !held.has(id));
  if (treated <= 0) return;
  [order[0], order[treated]] = [order[treated] as Target, order[0] as Target];
}

/** Fisher and Yates, seeded. */
export function shuffle<T>(values: readonly T[], seed: string): T[] {
  const random = createRandom(seed);
  const shuffled = [...values];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}
