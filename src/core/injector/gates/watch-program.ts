/** Live agents in, whether they tick under the new program and without an error of it out. */
import type { AgentReading } from './read-agents.js';

export type ProgramFinding =
  | { readonly state: 'ticking' }
  | { readonly state: 'broken'; readonly reason: string }
  | { readonly state: 'silent'; readonly agent: string };

export function findProgramTrouble(
  agents: readonly string[],
  readings: readonly (AgentReading | undefined)[],
  { instruction, sinceMs }: { readonly instruction: string; readonly sinceMs: number },
): ProgramFinding {
  const broken = readings.findIndex(
    (reading) => reading?.window?.instruction === instruction && reading.window.errors > 0,
  );
  if (broken >= 0) {
    const reason = readings[broken]?.window?.lastError ?? 'the program failed';
    return { state: 'broken', reason: `${agents[broken]}: ${reason}` };
  }
  const silent = agents.findIndex((_, at) => !hasTicked(readings[at], { instruction, sinceMs }));
  return silent < 0 ? { state: 'ticking' } : { state: 'silent', agent: agents[silent] ?? '' };
}

/** Under the new program: by its window, or, when the agent has restarted since and lost that, by a reading since then. */
function hasTicked(
  reading: AgentReading | undefined,
  { instruction, sinceMs }: { readonly instruction: string; readonly sinceMs: number },
): boolean {
  const { window, metrics } = reading ?? {};
  if (window?.instruction === instruction && window.ticks > 0) return true;
  return reading?.instruction === instruction && metrics !== undefined && metrics.at > sinceMs;
}
