/** What a piece of text means -> how Ink paints it. Named colours only, so that the terminal's own palette decides. */
import type { EventLevel } from './hooks/fleet-events.js';
import type { StepState } from './operation.js';

export interface Paint {
  readonly color?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
}

export type Role = 'title' | 'value' | 'plain' | 'muted' | 'border' | 'accent' | 'good' | 'warning' | 'bad';

export const theme: Readonly<Record<Role, Paint>> = {
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

export const levelRoles: Readonly<Record<EventLevel, Role>> = {
  info: 'accent',
  good: 'good',
  warning: 'warning',
  bad: 'bad',
};

/** A mark and a role for each state of a step: the mark alone tells it where there are no colours. */
export const stepMarks: Readonly<Record<StepState, { readonly mark: string; readonly role: Role }>> = {
  waiting: { mark: '○', role: 'muted' },
  active: { mark: '◉', role: 'accent' },
  done: { mark: '●', role: 'good' },
  failed: { mark: '✖', role: 'bad' },
};

/** Colour of a rollout's state. */
export function stateRole(state: string): Role {
  if (state === 'complete') return 'good';
  if (state === 'failed') return 'bad';
  if (['paused', 'aborted', 'rolled_back', 'waits for approval'].includes(state)) return 'warning';
  return 'accent';
}
