/** The flags that say which fleet is meant in, what `openFleet` is told of them out. */
import type { OpenFleetOptions } from '../core/fleet/open-fleet.js';
import type { SessionOptions } from './open-session.js';
import { namesAgents } from './transport-flags.js';

export function fleetWish(
  flags: SessionOptions['flags'],
): Pick<OpenFleetOptions, 'redisUrl' | 'prefix' | 'agents' | 'seed'> & { readonly agentsElsewhere: boolean } {
  return {
    redisUrl: flags.redis,
    prefix: flags.prefix,
    agents: flags.agents === undefined ? undefined : Number(flags.agents),
    seed: Number(flags.seed ?? 1),
    // Who asks for a number of simulated agents gets them beside the others.
    agentsElsewhere: namesAgents(flags) && flags.agents === undefined,
  };
}
