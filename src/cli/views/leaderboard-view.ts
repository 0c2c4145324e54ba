/** Ranked agents of one or all boards in, tables out. */
import type { LeaderboardKind } from '../../core/nerve/names.js';
import type { RankedAgent } from '../../core/results/leaderboard.js';
import { formatNumber, formatPercent } from '../format.js';
import { formatTable } from '../table.js';

export interface Board {
  readonly kind: LeaderboardKind;
  /** What the values count. */
  readonly unit: string;
  /** Best first. */
  readonly agents: readonly (RankedAgent & { readonly rank: number })[];
}

export interface LeaderboardDocument {
  readonly boards: readonly Board[];
}

export const boardKinds = ['throughput', 'savings', 'volume', 'points'] as const satisfies LeaderboardKind[];

const wording: Readonly<Record<LeaderboardKind, { unit: string; title: string }>> = {
  throughput: { unit: 'runs/s', title: 'throughput: runs per second in the last window' },
  savings: { unit: 'percent of cost', title: 'savings: cost saved in the last window' },
  volume: { unit: 'effects', title: 'volume: effects applied in the last window' },
  points: { unit: 'points', title: 'points: earned by all results' },
};

export function boardOf(kind: LeaderboardKind, ranked: readonly RankedAgent[]): Board {
  return {
    kind,
    unit: wording[kind].unit,
    agents: ranked.map((agent, at) => ({ rank: at + 1, ...agent })),
  };
}

export function leaderboardText({ boards }: LeaderboardDocument): string {
  return boards.map(boardText).join('\n\n');
}

function boardText({ kind, unit, agents }: Board): string {
  const { title } = wording[kind];
  if (agents.length === 0) return `${title}\nnobody yet`;
  const table = formatTable(
    [
      { header: '#', align: 'right' },
      { header: 'AGENT' },
      { header: unit === 'percent of cost' ? 'SAVED' : unit.toUpperCase(), align: 'right' },
    ],
    agents.map(({ rank, agent, value }) => [String(rank), agent, valueText(kind, value)]),
  );
  return `${title}\n${table}`;
}

function valueText(kind: LeaderboardKind, value: number): string {
  if (kind === 'savings') return formatPercent(value);
  return formatNumber(value, kind === 'throughput' ? 1 : 0);
}
