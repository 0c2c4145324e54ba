/** What a piece of text means -> how Ink paints it. Named colours only, so that the terminal's own palette decides. */
import type { EventLevel } from './hooks/fleet-events.js';
import type { LiveMetric } from './metrics.js';
import type { StepState } from './operation.js';

export interface Paint {
  readonly color?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
}

export type Tone = 'title' | 'value' | 'plain' | 'muted' | 'border' | 'accent' | 'good' | 'warning' | 'bad';

export const theme: Readonly<Record<Tone, Paint>> = {
  title: { bold: true },
  value: { bold: true },
  plain: {},
  muted: { color: 'gray' },
  border: { color: 'gray' },
  accent: { color: 'cyan' },
  good: { color: 'green' },
  warning: { color: 'yellow' },
  bad: { color: 'red' },
};

export const levelTones: Readonly<Record<EventLevel, Tone>> = {
  info: 'accent',
  good: 'good',
  warning: 'warning',
  bad: 'bad',
};

/** A mark and a tone for each state of a step: the mark alone tells it where there are no colours. */
export const stepMarks: Readonly<Record<StepState, { readonly mark: string; readonly tone: Tone }>> = {
  waiting: { mark: '○', tone: 'muted' },
  active: { mark: '◉', tone: 'accent' },
  done: { mark: '●', tone: 'good' },
  failed: { mark: '✖', tone: 'bad' },
};

/** Colour of a rollout's state. */
export function stateTone(state: string): Tone {
  if (state === 'complete') return 'good';
  if (state === 'failed') return 'bad';
  if (['paused', 'aborted', 'rolled_back', 'waits for approval'].includes(state)) return 'warning';
  return 'accent';
}

/** A live figure that got worse is a warning: the gates and the result judge, not the eye. */
export function verdictTone({ verdict }: LiveMetric): Tone {
  if (verdict === undefined) return 'muted';
  return verdict === 'good' ? 'good' : 'warning';
}
