/** What the gates of a canary found, the way a rollout's record has it: latency was looked at twice. */
import type { GateVerdict } from '../../src/core/nerve/messages/gate-verdict.js';

const look = { stage: 'bake', batch: 1, changed: 9, unchanged: 491, alpha: 0.05 / 3 } as const;

export const sampleVerdicts: GateVerdict[] = [
  {
    ...look,
    ...{ gate: 'program', verdict: 'passed', at: 1_767_225_600_000, changed: 9, unchanged: 0 },
    text: '9 agents tick without an error of the program',
  },
  {
    ...look,
    ...{ gate: 'latency', verdict: 'passed', at: 1_767_225_600_000, looks: 1 },
    ...{ estimate: 0.99, interval: [-0.1, 3], tolerance: 0.1 },
    text: 'latency +99 % (-10 to +300) on 9 changed against 491 unchanged agents; +10 % are tolerated',
  },
  {
    ...look,
    ...{ gate: 'latency', verdict: 'inconclusive', at: 1_767_225_601_000, looks: 2 },
    ...{ estimate: 0.04, interval: [-0.04, 0.12], tolerance: 0.1 },
    text: 'latency +4 % (-4 to +12) on 9 changed against 491 unchanged agents; +10 % are tolerated',
    accepted: { by: 'ana@ops-3\u001b[31m', at: 1_767_225_602_000 },
  },
  {
    ...look,
    ...{ gate: 'cost', verdict: 'passed', at: 1_767_225_601_000, looks: 2 },
    ...{ estimate: -0.15, interval: [-0.25, -0.04], tolerance: 0.05 },
    text: 'cost -15 % (-25 to -4) on 9 changed against 491 unchanged agents; +5 % are tolerated',
  },
];
