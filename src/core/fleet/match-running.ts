/** What is wanted and what runs in, the running fleet out if it is what is wanted; otherwise an error that says how they differ. */
import { DreamnetError } from '../errors.js';
import { withoutPassword } from '../nerve/address.js';
import type { FleetConnection, FleetStatus } from './fleet-status.js';
import type { Home } from './home.js';
import type { FleetLifetime, FleetState } from './state-file.js';

/** The part of a wish for a fleet that a fleet that runs already must meet. */
export interface FleetWish {
  readonly home: Home;
  /** At least one, unless only Redis is wanted. */
  readonly agents: number;
  /** Put before every name in Redis. */
  readonly prefix: string;
  /** A Redis that runs already; without it a private one is started. */
  readonly redisUrl?: string;
  /** `daemon` lasts until `stopFleet`; `session` ends with this process, however that ends. */
  readonly lifetime: FleetLifetime;
  /** No agents: the private Redis alone. A fleet with agents meets this wish too. */
  readonly redisOnly?: boolean;
}

/** A fleet that can be used. */
export interface RunningState {
  readonly status: FleetStatus;
  readonly connection: FleetConnection;
}

export function matchRunning(wish: FleetWish, status: FleetStatus): RunningState {
  const { fleet, connection } = status;
  if (fleet === null || connection === null) throw unknownError(status);
  const difference = differenceOf(wish, fleet);
  if (difference !== undefined) throw differentError(fleet, difference);
  return { status, connection };
}

/** True when a prefix was asked for and the fleet of this home has another one. */
export function hasOtherPrefix({ fleet }: FleetStatus, prefix: string | undefined): boolean {
  return prefix !== undefined && fleet !== null && !fleet.redisOnly && fleet.prefix !== prefix;
}

/** Throws DN320 when the fleet of this home is not the one with the prefix that was asked for. */
export function requirePrefix(status: FleetStatus, prefix: string | undefined): void {
  const { fleet } = status;
  if (fleet === null || !hasOtherPrefix(status, prefix)) return;
  throw new DreamnetError({
    code: 'DN320',
    kind: 'bad-input',
    message: `The fleet of this home ${prefixText(fleet)}, and prefix "${prefix}" was asked for.`,
    hint: 'Leave out --prefix and DREAMNET_PREFIX to mean the fleet of this home, or set DREAMNET_HOME to the home of the other.',
  });
}

/** `has no prefix`, or `has prefix "blue"`. */
export function prefixText({ prefix }: Pick<FleetState, 'prefix'>): string {
  return prefix === '' ? 'has no prefix' : `has prefix "${prefix}"`;
}

function differenceOf(wish: FleetWish, fleet: FleetState): string | undefined {
  if (wish.lifetime === 'daemon' && fleet.lifetime === 'session') {
    return `it ends with process ${fleet.ownerPid}, which started it for itself`;
  }
  if ((wish.redisUrl ?? null) !== fleet.redis.url) return `${redisOf(wish.redisUrl ?? null)} was asked for`;
  if (wish.redisOnly) return undefined;
  if (wish.agents !== fleet.agents) return `${agentsOf(wish)} were asked for`;
  return wish.prefix === fleet.prefix ? undefined : `prefix "${wish.prefix}" was asked for`;
}

function agentsOf({ agents }: Pick<FleetState, 'agents'>): string {
  return agents === 1 ? '1 agent' : `${agents} agents`;
}

function redisOf(url: string | null): string {
  return url === null ? 'a private Redis' : `Redis at ${withoutPassword(url)}`;
}

function differentError(fleet: FleetState, difference: string): DreamnetError {
  const what = fleet.redisOnly
    ? 'Redis alone'
    : `A fleet of ${agentsOf(fleet)} with prefix "${fleet.prefix}"`;
  return new DreamnetError({
    code: 'DN320',
    kind: 'bad-input',
    message: `${what} runs already on ${redisOf(fleet.redis.url)}, and ${difference}`,
    hint: 'Run `dreamnet down` to stop it first, ask for the same, or set DREAMNET_HOME to run a second one beside it.',
  });
}

function unknownError(status: FleetStatus): DreamnetError {
  return new DreamnetError({
    code: 'DN320',
    kind: 'failed',
    message: `A fleet runs already, and what it is cannot be told: ${status.reason ?? `it is ${status.state}`}`,
    hint: 'Run `dreamnet down`, then start again.',
  });
}
