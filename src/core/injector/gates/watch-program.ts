/** Live agents in, whether they tick under the new program and without an error of it out. */
import type { Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';
import { pause } from '../../pause.js';
import { signedOffAmong } from '../course/departures.js';
import type { Target } from '../plan/plan.js';
import { type AgentReading, readAgents } from './read-agents.js';

export interface ProgramWatch {
  readonly agents: readonly Target[];
  readonly instruction: string;
  /** When they went live. */
  readonly sinceMs: number;
  /** How long a first tick is waited for; undefined: nothing is said while one is missing. */
  readonly graceMs: number | undefined;
  readonly signal: AbortSignal;
}

export interface ProgramFinding {
  readonly verdict: 'passed' | 'failed';
  readonly text: string;
  /** Agents that it rests on. */
  readonly agents: number;
}

/** Between looks for a first tick, which ends a wait. */
const lookEveryMs = 50;

/** Undefined while some have not ticked that are not waited for. */
export async function watchProgram(
  deps: { readonly redis: Redis; readonly names: Names; readonly clock: () => number },
  watch: ProgramWatch,
): Promise<ProgramFinding | undefined> {
  const { graceMs, signal } = watch;
  const giveUpAtMs = deps.clock() + (graceMs ?? 0);
  let { agents } = watch;
  for (;;) {
    const ids = agents.map(({ id }) => id);
    const readings = await readAgents(deps.redis, deps.names, ids, { windows: true });
    const broken = readings.findIndex((reading) => hasFailed(reading, watch));
    if (broken >= 0) {
      const why = readings[broken]?.window?.lastError ?? 'the program failed';
      return { verdict: 'failed', text: `${ids[broken]}: ${why}`, agents: agents.length };
    }
    const mute = agents.filter(({ transport }, at) => transport !== 'bus' && !readings[at]?.metrics);
    const [left] = await signedOffAmong(
      deps,
      mute.map(({ id }) => id),
    );
    if (left !== undefined)
      return { verdict: 'failed', text: `${left} left the fleet after going live`, agents: agents.length };
    const silent = agents.filter((agent, at) => !mute.includes(agent) && !hasTicked(readings[at], watch));
    if (silent.length === 0) return passed(agents.length - mute.length, mute.length);
    if (graceMs === undefined || signal.aborted) return undefined;
    // Who has left shows nothing; the others do.
    const away = silent.map(({ id }) => id);
    const gone = new Set(await signedOffAmong(deps, away));
    if (gone.size === agents.length)
      return { verdict: 'failed', text: 'all its agents have left the fleet', agents: 0 };
    agents = agents.filter(({ id }) => !gone.has(id));
    if (gone.size > 0) continue;
    if (deps.clock() >= giveUpAtMs) {
      const text = `${silent[0]?.id} did not tick after going live`;
      return { verdict: 'failed', text, agents: agents.length };
    }
    await pause(lookEveryMs, signal);
  }
}

/** Containers that are no SDK agents have no ticks to show: that they acknowledged is all that they say. */
function passed(ticking: number, mute: number): ProgramFinding {
  const unheard = mute === 0 ? '' : `; ${mute} never report, and have acknowledged it`;
  const who = ticking === 1 ? '1 agent ticks' : `${ticking} agents tick`;
  const text = `${who} without an error of the program${unheard}`;
  return { verdict: 'passed', text, agents: ticking };
}

function hasFailed(reading: AgentReading | undefined, { instruction }: ProgramWatch): boolean {
  return reading?.window?.instruction === instruction && reading.window.errors > 0;
}

/** Under the new program: by its window, or, when the agent has restarted since and lost that, by a reading since then. */
function hasTicked(reading: AgentReading | undefined, { instruction, sinceMs }: ProgramWatch): boolean {
  const { window, metrics } = reading ?? {};
  if (window?.instruction === instruction && window.ticks > 0) return true;
  return reading?.instruction === instruction && metrics !== undefined && metrics.at > sinceMs;
}
