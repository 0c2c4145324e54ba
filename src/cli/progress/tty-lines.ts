/** What is known of a run -> the lines drawn for its running phase: what is going on, and bars below it. */

import type { Phase } from '../../core/pipeline-events.js';
import { formatDuration } from '../format.js';
import { barOf } from './bar.js';
import { paint } from './paint.js';
import { type BatchGroup, batchGroups, type ProgressState } from './state.js';
import { metricsText, phaseText, phaseTitles } from './wording.js';

export interface DrawOptions {
  readonly columns: number;
  readonly nowMs: number;
}

const barColumnsMax = 40;
const labelColumns = 16;
const countColumns = 12;
const indentColumns = 6;

/** The first line is the phase; listr2 cuts each line to the terminal. */
export function runningLines(phase: Phase, state: ProgressState, options: DrawOptions): string[] {
  const title = paint('bold', phaseTitles[phase]);
  if (phase === 'inject') return [`${title}  ${phaseText(phase, state)}`, ...groupLines(state, options)];
  if (phase === 'measure' || (phase === 'live' && state.live !== undefined))
    return [`${title}  ${countdown(state, options)}`, ...windowLines(state, options)];
  return [`${title}  ${phaseText(phase, state)}`];
}

function groupLines(state: ProgressState, options: DrawOptions): string[] {
  return batchGroups(state).map((group) => groupLine(group, options));
}

function groupLine(group: BatchGroup, options: DrawOptions): string {
  const { first, last, done } = group;
  const total = last - first + 1;
  const label = (first === last ? `batch ${first}` : `batches ${first}-${last}`).padEnd(labelColumns);
  const line = `${label}${bar(done / total, options)}  ${done}/${total}`;
  return done === 0 ? paint('dim', line) : line;
}

function windowLines(state: ProgressState, options: DrawOptions): string[] {
  const { planned, windowEndsAt } = state;
  const metrics = metricsText(state);
  const lines = metrics === '' ? [] : [metrics];
  if (planned === undefined || windowEndsAt === undefined) return lines;
  const share = 1 - Math.max(0, windowEndsAt - options.nowMs) / planned.windowMs;
  return [`${'window'.padEnd(labelColumns)}${bar(share, options)}`, ...lines];
}

function countdown({ windowEndsAt, planned }: ProgressState, { nowMs }: DrawOptions): string {
  if (windowEndsAt === undefined) return '';
  const left = formatDuration(Math.max(0, Math.ceil((windowEndsAt - nowMs) / 1_000)) * 1_000);
  return planned === undefined ? `${left} left` : `${left} left of ${formatDuration(planned.windowMs)}`;
}

function bar(share: number, { columns }: DrawOptions): string {
  const width = Math.min(barColumnsMax, columns - labelColumns - countColumns - indentColumns);
  const { filled, rest } = barOf(share, Math.max(4, width));
  return paint('cyan', filled) + paint('dim', rest);
}
