/** A view of the fleet in, the one line out that stays in the terminal after the screen is gone. */
import { formatCount, formatDuration } from '../cli/format.js';
import { headlineOf, headlineText } from '../cli/progress/headline.js';
import type { FleetView } from './hooks/fleet-feed.js';
import { operationOf } from './operation.js';

export function summaryLine(view: FleetView, watchedMs: number): string {
  const { facts } = view;
  const parts = [formatCount(facts?.agentsAlive ?? 0, 'agent')];
  const operation = operationOf(facts, facts?.atMs ?? 0);
  if (operation !== undefined) parts.push(`${operation.type} ${operation.state.replaceAll('_', ' ')}`);
  if (facts?.result) parts.push(headlineText(headlineOf(facts.result, facts.decision)));
  return `dreamnet: ${parts.join(' · ')} · watched for ${formatDuration(Math.round(watchedMs / 1_000) * 1_000)}`;
}
