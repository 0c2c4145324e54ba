/** A view in, two short remarks out: how the fleet is, and how fresh what we know of it is. */
import { formatDuration, formatTime } from '../cli/format.js';
import { truncateToWidth } from '../cli/terminal-text.js';
import { externalWorkload } from '../core/nerve/messages/agent-record.js';
import type { FleetView } from './hooks/fleet-feed.js';
import type { Tone } from './theme.js';

/** Redis answers several times a second: what is older than this is told as old and stands for nothing. */
const oldAfterMs = 6_000;
/** An orchestrator aggregates every 30 s at the slowest: two of its rounds, and some time for a slow one. */
const healthOldAfterMs = 65_000;

/** `unknown` when what was last heard, from Redis or from the orchestrator, is no longer news. */
export function fleetState(view: FleetView, nowMs: number): { readonly tone: Tone; readonly text: string } {
  const { connection, facts } = view;
  if (facts === undefined) return { tone: 'muted', text: 'connecting' };
  if (connection.state === 'lost' || isOld(facts.atMs, nowMs)) return unknown;
  if (facts.agentsKnown === 0) return { tone: 'muted', text: 'no agents' };
  if (facts.agentsAlive === 0) return isExternal(facts.workloads) ? unknown : allSilent;
  if (facts.health !== undefined && nowMs - facts.health.at >= healthOldAfterMs) return unknown;
  const state = facts.health?.state ?? (facts.agentsAlive < facts.agentsKnown ? 'degraded' : 'healthy');
  const tone = ({ healthy: 'good', degraded: 'warning', down: 'bad' } as const)[state];
  return { tone, text: state };
}

/** Since when nothing new came, when that is long, and what is wrong. */
export function statusOf(
  view: FleetView,
  nowMs: number,
  frozen: boolean,
): { readonly tone: Tone; readonly text: string } {
  const { connection, facts, problem } = view;
  if (frozen) return { tone: 'warning', text: `frozen at ${formatTime(nowMs)}` };
  if (connection.state === 'lost')
    return {
      tone: 'bad',
      text: `Redis lost ${ageText(nowMs - connection.sinceMs)}`,
    };
  if (problem !== undefined) return { tone: 'bad', text: truncateToWidth(problem, 40) };
  if (facts === undefined) return { tone: 'muted', text: 'no data yet' };
  if (!isOld(facts.atMs, nowMs)) return { tone: 'muted', text: 'data live' };
  return { tone: 'warning', text: `data from ${ageText(nowMs - facts.atMs)}` };
}

const allSilent = { tone: 'bad', text: 'all agents silent' } as const;
const unknown = { tone: 'muted', text: 'unknown' } as const;

/** Agents that are reached from outside have no heartbeat of their own. */
function isExternal(workloads: readonly string[]): boolean {
  return workloads.length > 0 && workloads.every((workload) => workload === externalWorkload);
}

function isOld(atMs: number, nowMs: number): boolean {
  return nowMs - atMs >= oldAfterMs;
}

/** Whole seconds, so that the age does not flicker. */
function ageText(ms: number): string {
  return ms < 1_000 ? 'just now' : `${formatDuration(Math.round(ms / 1_000) * 1_000)} ago`;
}
