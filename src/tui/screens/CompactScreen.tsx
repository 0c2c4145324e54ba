/** The operation in as many short lines as a very small terminal has, the important ones first. */
import { Box, Text } from 'ink';
import { formatNumber } from '../../cli/format.js';
import { barOf } from '../../cli/progress/bar.js';
import { headlineOf, headlineText } from '../../cli/progress/headline.js';
import { fleetState, statusOf } from '../fleet-state.js';
import type { FleetView } from '../hooks/fleet-feed.js';
import { liveMetrics } from '../metrics.js';
import { operationOf } from '../operation.js';
import { type Steering, steeringLine } from '../steering.js';
import { levelTones, stateTone, type Tone, theme, verdictTone } from '../theme.js';
import { workloadText } from '../workload.js';

interface CompactScreenProps {
  readonly view: FleetView;
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
  readonly frozen: boolean;
  readonly steering: Steering;
}

interface CompactLine {
  readonly tone: Tone;
  readonly text: string;
}

export function CompactScreen(props: CompactScreenProps) {
  const { columns, rows } = props;
  const lines = compactLines(props).slice(0, Math.max(1, rows));
  return (
    <Box flexDirection="column" width={columns} height={Math.max(1, rows)} overflow="hidden">
      {lines.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity than their place.
        <Text key={at} wrap="truncate-end" {...theme[line.tone]}>
          {line.text}
        </Text>
      ))}
    </Box>
  );
}

function compactLines({ view, nowMs, columns, frozen, steering }: CompactScreenProps): CompactLine[] {
  const { facts } = view;
  const fleet = fleetState(view, nowMs);
  const status = statusOf(view, nowMs, frozen);
  const lines: CompactLine[] = [
    ...operationLines(view, nowMs, columns),
    ...liveMetrics(facts).map((metric) => ({
      tone: metric.verdict === undefined ? ('plain' as const) : verdictTone(metric),
      text: `${metric.name} ${metric.value} ${metric.remark}`,
    })),
  ];
  if (facts?.result)
    lines.push({ tone: 'plain', text: `last: ${headlineText(headlineOf(facts.result, facts.decision))}` });
  const event = view.events.at(-1);
  if (event) lines.push({ tone: levelTones[event.level], text: event.text });
  lines.push({ tone: 'muted', text: workloadText(facts) });
  const agents = `${formatNumber(facts?.agentsAlive ?? 0)} agents, ${fleet.text}`;
  const head = status.tone === 'muted' ? { tone: fleet.tone, text: agents } : status;
  const said = steeringLine(steering);
  // What is asked of the user stands where even the smallest terminal shows it.
  const first = said === undefined ? [head] : [said, head];
  return [...first, ...lines.filter((line) => line.text !== ''), { tone: 'muted', text: 'q quit  ? help' }];
}

function operationLines(view: FleetView, nowMs: number, columns: number): CompactLine[] {
  const operation = operationOf(view.facts, nowMs);
  if (operation === undefined) return [{ tone: 'muted', text: 'no operation yet' }];
  const { batches, window, state, goal } = operation;
  const lines: CompactLine[] = [
    { tone: 'title', text: goal },
    { tone: stateTone(state), text: state.replaceAll('_', ' ') },
  ];
  if (window) {
    const left = `${Math.ceil(window.remainingMs / 1_000)} s left`;
    lines.push(barLine(1 - window.remainingMs / window.windowMs, left, columns));
  } else if (batches) {
    const count = `${formatNumber(batches.done)}/${formatNumber(batches.total)}`;
    lines.push(barLine(batches.total === 0 ? 0 : batches.done / batches.total, count, columns));
  }
  return lines;
}

function barLine(share: number, text: string, columns: number): CompactLine {
  const bar = barOf(share, Math.min(30, Math.max(0, columns - text.length - 2)));
  return { tone: 'accent', text: `${bar.filled}${bar.rest} ${text}` };
}
