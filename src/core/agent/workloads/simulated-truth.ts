/**
 * The hidden truth of a simulated fleet: a seed in, the real strength of every action per agent class out. The governor
 * never sees these; its priors (the capability file) are off by up to a factor of two, so that it can be wrong and learn.
 */
import { createRandom } from '../../random.js';

export const agentClasses = ['web', 'batch', 'stream'] as const;
export type AgentClass = (typeof agentClasses)[number];

/** How strongly each action works in truth; 1 means exactly as asked for, and nothing works that well. */
export interface TrueEffects {
  readonly cpuCut: number;
  readonly cpuCutLatency: number;
  readonly memoryCut: number;
  readonly memoryCutLatency: number;
  readonly routeLatency: number;
  readonly cpuBoost: number;
  readonly cacheBoost: number;
  readonly nearerLatency: number;
  readonly idleMemory: number;
  readonly concurrency: number;
}

const names = [
  'cpuCut',
  'cpuCutLatency',
  'memoryCut',
  'memoryCutLatency',
  'routeLatency',
  'cpuBoost',
  'cacheBoost',
  'nearerLatency',
  'idleMemory',
  'concurrency',
] as const satisfies readonly (keyof TrueEffects)[];

/** Fleet-wide factor between 0.4 and 0.75 per action, times up to 10 % either way per agent class. */
export function trueEffects(seed: number, agentClass: AgentClass): TrueEffects {
  const entries = names.map((name) => {
    const fleet = 0.4 + 0.35 * createRandom(seed, 'truth', name)();
    const own = 0.9 + 0.2 * createRandom(seed, 'truth', name, agentClass)();
    return [name, fleet * own] as const;
  });
  return Object.fromEntries(entries) as unknown as TrueEffects;
}
