/** Traces of one agent in; the load path as a waterfall, and ticks as lines, out. */

import type {
  CaptureTrace,
  LoadTrace,
  TickTrace,
  Trace,
  UnappliedEffects,
} from '../../core/nerve/messages/trace-record.js';
import type { StoredTrace } from '../../core/tracer/read.js';
import {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatMoney,
  formatNumber,
  formatTime,
} from '../format.js';
import { formatPairs, formatTable } from '../table.js';
import { escapeControls, terminalWidth } from '../terminal-text.js';
import { shortDigest } from './agents-view.js';

export interface TraceDocument {
  readonly agent: string;
  /** How it last loaded a program, or tried to; null when it never did. */
  readonly load: LoadTrace | null;
  /** Newest first. */
  readonly traces: readonly StoredTrace[];
  /** Entries that do not fit: another version, or damage. */
  readonly damaged: number;
}

export function traceText({ agent, load, traces, damaged }: TraceDocument): string {
  const ticks = traces.flatMap(({ trace }) => (trace.kind === 'tick' ? [trace] : []));
  const captures = traces.flatMap(({ trace }) => (trace.kind === 'capture' ? [trace] : []));
  const parts = captures.map(captureText);
  // An agent that an engine looks after does not write these itself.
  if (load !== null || captures.length === 0) {
    parts.push(load === null ? `${agent} has never loaded a program.` : loadText(load));
    parts.push(ticks.length === 0 ? 'No ticks in this time.' : ticksText(ticks));
    parts.push(...unappliedTables(ticks));
  }
  const dropped = ticks.reduce((sum, tick) => sum + (tick.dropped ?? 0), 0);
  if (dropped > 0)
    parts.push(
      `${formatCount(dropped, 'trace')} could not be written, Redis being away or slow; the ticks are in later ones.`,
    );
  if (damaged > 0) parts.push(`${formatCount(damaged, 'entry', 'entries')} cannot be read.`);
  return parts.join('\n\n');
}

/** One line for `--follow`. */
export function traceLine(trace: Trace): string {
  const time = formatTime(trace.at);
  switch (trace.kind) {
    case 'load': {
      const why = trace.reason === undefined ? '' : `: ${trace.reason}`;
      return `${time}  load  ${shortDigest(trace.digest)} ${trace.outcome} in ${formatDuration(trace.timings.totalMs)}${why}`;
    }
    case 'tick': {
      const { cost, latency, throughput } = trace.metrics;
      const error = trace.error === undefined ? '' : ` · ERROR ${trace.error}`;
      const figures = [
        cost === undefined ? [] : `${formatMoney(cost)}/h`,
        latency === undefined ? [] : `latency ${secondsText(latency)}`,
        throughput === undefined ? [] : `${formatNumber(throughput, 1)}/s`,
        effectsText(trace),
        `${formatNumber(trace.steps)} steps in ${formatDuration(trace.evaluateMs)}${error}`,
      ].flat();
      const [first] = trace.unapplied?.effects ?? [];
      const why = first === undefined ? '' : ` · ${first.action}: ${whyText(first)}`;
      return `${time}  tick  ${figures.join(' · ')}${why}`;
    }
    case 'capture':
      return `${time}  seen  ${shortDigest(trace.digest)} for ${formatDuration(trace.forMs)} in ${trace.container} · ${usageText(trace)} · ${formatCount((trace.lines?.length ?? 0) + (trace.linesLeftOut ?? 0), 'line')} printed`;
    default:
      return trace satisfies never;
  }
}

const steps = ['fetch', 'digest', 'signature', 'verify', 'capabilities', 'instantiate'] as const;
const labelColumns = 14;
const timeColumns = 10;
const barColumnsMax = 48;

/** Each step begins where the one before ended. */
function loadText({ at, digest, outcome, reason, instruction, timings, ...memory }: LoadTrace): string {
  const width = Math.min(barColumnsMax, terminalWidth() - labelColumns - timeColumns - 1);
  const sum = steps.reduce((total, step) => total + timings[`${step}Ms`], 0);
  const perMs = width / Math.max(timings.totalMs, sum, Number.EPSILON);
  let beforeMs = 0;
  const lines = steps.map((step) => {
    const ms = timings[`${step}Ms`];
    const from = Math.min(width - 1, Math.floor(beforeMs * perMs));
    beforeMs += ms;
    const bar = ms === 0 ? '' : '█'.repeat(Math.max(1, Math.round(ms * perMs)));
    const drawn = width < 8 ? '' : (' '.repeat(from) + bar).slice(0, width).padEnd(width);
    const time = ms === 0 ? 'shared' : formatDuration(ms);
    return `${step.padEnd(labelColumns)}${drawn} ${time.padStart(timeColumns - 1)}`.trimEnd();
  });
  const grown = memory.processMemoryAfter - memory.processMemoryBefore;
  const facts = formatPairs([
    ['load', `${formatTime(at)} ${outcome}${reason === undefined ? '' : `: ${reason}`}`],
    ['program', digest],
    ['instruction', instruction],
    ['took', `${formatDuration(timings.totalMs)}; shared steps were done once for all agents of the host`],
    [
      'host memory',
      `${formatBytes(memory.processMemoryAfter)}, ${grown < 0 ? '' : '+'}${formatBytes(grown)}`,
    ],
  ]);
  return `${facts}\n\n${lines.join('\n')}`;
}

/** What it printed comes from whoever wrote the agent: nothing of it moves the cursor. */
function captureText(capture: CaptureTrace): string {
  const { at, digest, instruction, container, route, forMs, lines, linesLeftOut } = capture;
  const facts = formatPairs([
    ['capture', `${formatTime(at - forMs)}, the ${formatDuration(forMs)} after it went live`],
    ['program', digest],
    ['instruction', instruction],
    ['container', `${escapeControls(container)}, by ${escapeControls(route)}`],
    ['used', usageText(capture)],
  ]);
  return `${facts}\n\n${printedText({ lines, linesLeftOut })}`;
}

function printedText({ lines, linesLeftOut = 0 }: Pick<CaptureTrace, 'lines' | 'linesLeftOut'>): string {
  if (lines === undefined) return 'What it printed was not to be had in time.';
  if (lines.length === 0) return 'It printed nothing.';
  const left = linesLeftOut === 0 ? [] : [`  … ${formatCount(linesLeftOut, 'earlier line')}, not kept`];
  return ['It printed:', ...left, ...lines.map((line) => `  ${escapeControls(line)}`)].join('\n');
}

function usageText({
  cpuPct,
  memoryBefore,
  memoryAfter,
  networkReceived,
  networkSent,
  restarts,
}: CaptureTrace): string {
  const network =
    networkReceived === undefined || networkSent === undefined
      ? []
      : [`${formatBytes(networkReceived)} received, ${formatBytes(networkSent)} sent`];
  const grown =
    memoryAfter === undefined || memoryBefore === undefined
      ? ''
      : `, ${memoryAfter < memoryBefore ? '' : '+'}${formatBytes(memoryAfter - memoryBefore)}`;
  return [
    ...(cpuPct === undefined ? [] : [`${formatNumber(cpuPct, 1)} % CPU`]),
    ...(memoryAfter === undefined ? [] : [`${formatBytes(memoryAfter)} memory${grown}`]),
    ...network,
    restarts === 0 ? 'no restart' : formatCount(restarts, 'restart'),
  ].join(' · ');
}

function ticksText(ticks: readonly TickTrace[]): string {
  const added = ticks.some((tick) => tick.ticks !== undefined);
  return formatTable(
    [
      { header: 'TIME' },
      { header: 'COST/H', align: 'right' },
      { header: 'CHANGE', align: 'right' },
      { header: 'LATENCY', align: 'right' },
      { header: 'RUNS/S', align: 'right' },
      { header: 'EFFECTS', shrinkTo: 10 },
      ...(added ? [{ header: 'TICKS', align: 'right' } as const] : []),
      { header: 'STEPS', align: 'right' },
      { header: 'EVALUATE', align: 'right' },
    ],
    ticks.map((tick, at) => [
      formatTime(tick.at),
      formatMoney(tick.metrics.cost),
      changeText(tick, ticks[at + 1]),
      secondsText(tick.metrics.latency),
      formatNumber(tick.metrics.throughput, 1),
      tick.error === undefined ? effectsText(tick) : `ERROR ${tick.error}`,
      ...(added ? [formatNumber(tick.ticks ?? 1)] : []),
      formatNumber(tick.steps),
      formatDuration(tick.evaluateMs),
    ]),
  );
}

function secondsText(seconds: number | undefined): string {
  return seconds === undefined ? '–' : `${formatNumber(seconds, 2)} s`;
}

function changeText(tick: TickTrace, before: TickTrace | undefined): string {
  const [was, is] = [before?.metrics.cost, tick.metrics.cost];
  if (was === undefined || is === undefined || was <= 0) return '–';
  return formatChange((is / was - 1) * 100);
}

function effectsText({ effects, unapplied }: TickTrace): string {
  const parts = Object.entries(effects)
    .filter(([, count]) => count > 0)
    .map(([action, count]) => `${count} ${action}`);
  if (unapplied !== undefined) parts.push(`${formatNumber(unappliedCount(unapplied))} not applied`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function unappliedCount({ refused, failed, overBudget, putOff }: UnappliedEffects): number {
  return refused + failed + overBudget + putOff;
}

type Unapplied = UnappliedEffects['effects'][number];

/** Rows that one look can take in; the newest. */
const unappliedRowsMax = 20;

/** Names of tasks and reasons come from whoever wrote the agent: nothing of them moves the cursor. */
function unappliedTables(ticks: readonly TickTrace[]): string[] {
  const rows = ticks.flatMap(({ at, unapplied }) =>
    (unapplied?.effects ?? []).map((effect) => [
      formatTime(at),
      formatNumber(effect.count),
      escapeControls(effect.action),
      effect.task === undefined ? '–' : escapeControls(String(effect.task)),
      whyText(effect),
    ]),
  );
  if (rows.length === 0) return [];
  return [
    formatTable(
      [
        { header: 'NOT APPLIED' },
        { header: 'COUNT', align: 'right' },
        { header: 'ACTION', shrinkTo: 12 },
        { header: 'TASK', shrinkTo: 8 },
        { header: 'WHY', shrinkTo: 20 },
      ],
      rows.slice(0, unappliedRowsMax),
    ),
  ];
}

function whyText({ kind, reason }: Unapplied): string {
  const words = { refused: 'refused', failed: 'failed', 'over-budget': 'over budget', 'put-off': 'put off' };
  return `${words[kind]}: ${escapeControls(reason)}`;
}
