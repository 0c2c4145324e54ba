/** Events in, calm single lines out, for logs and pipes: batches and metrics only now and then. */
import type { Phase, PipelineEvent } from '../../core/pipeline-events.js';
import { formatDuration, formatTime } from '../format.js';
import { escapeControls } from '../terminal-text.js';
import { gatesLine } from '../views/gates-view.js';
import { planLimitsText, planSizeText } from '../views/plan-words.js';
import type { Progress } from './progress.js';
import { noProgress, type ProgressState, withEvent } from './state.js';
import { endedBy, metricsText, phaseText, phaseTitles } from './wording.js';

export interface PlainProgressOptions {
  /** Receives whole lines, without the line feed. */
  readonly write: (line: string) => void;
}

const batchLinesApartMs = 1_000;
const metricLinesApartMs = 5_000;
const failuresShown = 5;

export function createPlainProgress({ write }: PlainProgressOptions): Progress {
  let state: ProgressState = noProgress();
  let failures = 0;
  const due = everyOf({ batch: batchLinesApartMs, aggregate: metricLinesApartMs });
  return {
    handle(event) {
      state = withEvent(state, event);
      if (event.type === 'agent-failed' && ++failures > failuresShown) return;
      if (event.type === 'aggregate' && state.phase !== 'measure') return;
      if ((event.type === 'batch' || event.type === 'aggregate') && !due(event.type, event.at)) return;
      const line = lineOf(event, state);
      if (line !== undefined) write(`${formatTime(event.at)}  ${line}`);
    },
    // What went wrong is told once, by the command; the line of the phase says only that it failed.
    async finish() {
      if (failures > failuresShown) write(`${failures} agents failed in all`);
    },
  };
}

/** Undefined: not worth a line. */
function lineOf(event: PipelineEvent, state: ProgressState): string | undefined {
  switch (event.type) {
    case 'phase':
      return event.state === 'started' ? undefined : phaseEnd(event, state);
    case 'batch':
      return titled('inject', phaseText('inject', state));
    case 'agent-failed':
      return titled('inject', `${event.agent} failed: ${event.code} ${escapeControls(event.reason)}`);
    case 'canary':
      return titled('inject', canaryText(event));
    case 'gate':
      return titled('inject', `gates: ${gatesLine(event.verdicts)}`);
    case 'state':
      return event.reason === undefined
        ? undefined
        : titled('inject', `${event.state.replaceAll('_', ' ')}: ${escapeControls(event.reason)}`);
    case 'planned':
      return event.numbers === undefined
        ? undefined
        : titled('inject', `${planSizeText(event.numbers)}; ${planLimitsText(event.numbers)}`);
    case 'aggregate':
      return titled('measure', `${metricsText(state)} · ${formatDuration(event.remainingMs)} left`);
    case 'note':
      return `${event.level === 'warning' ? 'warning: ' : ''}${escapeControls(event.text)}`;
    case 'fleet':
    case 'decided':
    case 'compiled':
    case 'live':
    case 'measured':
    case 'learned':
    case 'rewarded':
      return undefined;
    default:
      return event satisfies never;
  }
}

function phaseEnd(event: Extract<PipelineEvent, { type: 'phase' }>, state: ProgressState): string {
  const took = event.ms === undefined ? '' : ` (${formatDuration(event.ms)})`;
  if (event.state === 'failed') return titled(event.phase, `${endedBy(event)}${took}`);
  const text = phaseText(event.phase, state);
  const detail = event.detail === undefined ? text : escapeControls(event.detail);
  return titled(event.phase, `${detail || 'done'}${took}`);
}

export function canaryText(event: Extract<PipelineEvent, { type: 'canary' }>): string {
  const reason = event.reason === undefined ? '' : `: ${escapeControls(event.reason)}`;
  if (event.state === 'watching')
    return `canary of ${event.agents} is live, watched for ${formatDuration(event.bakeMs)}`;
  return `canary ${event.state}${reason}`;
}

function titled(phase: Phase, text: string): string {
  return `${phaseTitles[phase].toLowerCase().padEnd(titleColumns)}  ${text}`;
}

const titleColumns = Math.max(...Object.values(phaseTitles).map((title) => title.length));

/** True at most once per interval for each kind. */
function everyOf<Kind extends string>(intervals: Readonly<Record<Kind, number>>) {
  const last = new Map<Kind, number>();
  return (kind: Kind, atMs: number): boolean => {
    const before = last.get(kind);
    if (before !== undefined && atMs - before < intervals[kind]) return false;
    last.set(kind, atMs);
    return true;
  };
}
