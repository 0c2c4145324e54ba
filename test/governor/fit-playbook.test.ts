import { expect, test } from 'vitest';
import { fitPlaybook } from '../../src/core/governor/fit-playbook.js';
import { loadPlaybooks } from '../../src/core/governor/playbooks.js';
import { type Capabilities, referenceFleet } from '../../src/core/language/capabilities.js';
import { publishedOffer } from '../../src/core/offers/published-offer.js';
import { videoFleet } from '../support/video-agents.js';

const playbook = loadPlaybooks().find(({ name }) => name === 'cost_optimize') as never;
const offer = (capabilities: Capabilities, ...agents: string[]) => ({
  digest: publishedOffer(capabilities).digest,
  capabilities,
  agents,
});
const found = (...offers: ReturnType<typeof offer>[]) => ({ offers, unusable: [], silent: [] });

test('a playbook that all agents can run, or of whom nobody knows, is not spoken of', () => {
  expect(fitPlaybook(playbook, found(offer(referenceFleet, 'a', 'b')), 2)).toBeUndefined();
  expect(fitPlaybook(playbook, found(), 2)).toBeUndefined();
});

test('agents that would refuse it are warned of by name', () => {
  const mixed = found(offer(referenceFleet, 'a', 'b'), offer(videoFleet, 'v'));
  expect(fitPlaybook(playbook, mixed, 3)).toContain(
    '1 of 3 agents would refuse the playbook cost_optimize. v: "this agent does not offer REDUCE_CPU_THROTTLE".',
  );
});

test('where all would refuse it nothing is decided', () => {
  expect(() => fitPlaybook(playbook, found(offer(videoFleet, 'v', 'w')), 2)).toThrow(
    expect.objectContaining({ code: 'DN676', kind: 'bad-input', message: expect.stringContaining('v, w: ') }),
  );
  expect(fitPlaybook(playbook, found(offer(videoFleet, 'v', 'w')), 3)).toContain('2 of 3 agents');
});
