/** What measuring a fleet costs: traces of agents, and the aggregate of them all. */
import type { BenchContext, Claim } from './support.js';
import { traceClaims } from './telemetry/traces.js';

export async function bench(context: BenchContext): Promise<readonly Claim[]> {
  return await traceClaims(context);
}
