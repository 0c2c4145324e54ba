/** Where the figures come from, in words: what is simulated is always said to be. */
import { escapeControls } from '../cli/terminal-text.js';
import type { FleetFacts } from './hooks/fleet-facts.js';

/** `simulated workload`; empty while it is not known. */
export function workloadText(facts: FleetFacts | undefined): string {
  const workloads = facts?.workloads ?? [];
  return workloads.length === 0 ? '' : `${escapeControls(workloads.join(' + '))} workload`;
}
