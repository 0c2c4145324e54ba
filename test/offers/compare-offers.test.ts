import { describe, expect, test } from 'vitest';
import type { Capabilities } from '../../src/core/language/capabilities.js';
import { readCapabilities } from '../../src/core/language/read-capabilities.js';
import { capabilityFileText } from '../../src/core/language/write-capabilities.js';
import { compareOffers, isCommon, nothingSharedIn } from '../../src/core/offers/compare-offers.js';
import { publishedOffer } from '../../src/core/offers/published-offer.js';
import { videoFleet } from '../support/video-agents.js';

const offer = (capabilities: Capabilities, ...agents: string[]) => ({
  digest: publishedOffer(capabilities).digest,
  capabilities,
  agents,
});
const withAction = (name: string, change: object): Capabilities => ({
  ...videoFleet,
  actions: videoFleet.actions.map((action) => (action.name === name ? { ...action, ...change } : action)),
});
const withField = (name: string, change: object): Capabilities => ({
  ...videoFleet,
  fields: videoFleet.fields.map((field) => (field.name === name ? { ...field, ...change } : field)),
});
const without = (...names: string[]): Capabilities => ({
  ...videoFleet,
  fields: videoFleet.fields.filter(({ name }) => !names.includes(name)),
  actions: videoFleet.actions.filter(({ name }) => !names.includes(name)),
});
const namesIn = (common: Capabilities | undefined) =>
  [...(common?.fields ?? []), ...(common?.actions ?? [])].map(({ name }) => name);

test('of one offer all is common, as it is', () => {
  expect(compareOffers([offer(videoFleet, 'a', 'b')]).common).toBe(videoFleet);
});

test('of none nothing is', () => {
  expect(compareOffers([])).toEqual({ fields: [], actions: [], common: undefined });
});

test('what some lack is not common, and who lacks it is known', () => {
  const most = offer(videoFleet, 'a', 'b');
  const few = offer(without('PUT_OFF', 'size'), 'c');
  const { actions, common } = compareOffers([most, few]);
  expect(namesIn(common)).toEqual(['wait', 'format', 'cost', 'LOWER_BIT_RATE']);
  expect(actions.find(({ name }) => name === 'PUT_OFF')).toMatchObject({
    variants: [{ what: 'code 2', offers: [most] }],
    lacking: [few],
  });
});

describe('the same name is a conflict', () => {
  test.each([
    ['with another code', withAction('PUT_OFF', { code: 3 }), 'PUT_OFF', ['code 2', 'code 3']],
    [
      'with another range',
      withAction('LOWER_BIT_RATE', { arguments: [{ name: 'share', unit: 'ratio', min: 0, max: 0.5 }] }),
      'LOWER_BIT_RATE',
      ['code 1, ratio 0% to 60%', 'code 1, ratio 0% to 50%'],
    ],
    [
      'with an argument of another unit',
      withAction('LOWER_BIT_RATE', { arguments: [{ name: 'share', unit: 'count', min: 0, max: 5 }] }),
      'LOWER_BIT_RATE',
      ['code 1, ratio 0% to 60%', 'code 1, count 0 to 5'],
    ],
    [
      'with no argument',
      withAction('LOWER_BIT_RATE', { arguments: [] }),
      'LOWER_BIT_RATE',
      ['code 1, ratio 0% to 60%', 'code 1'],
    ],
    ['in another unit', withField('wait', { unit: 'count' }), 'wait', ['duration', 'count']],
    [
      'with the names in another order',
      withField('format', { names: ['av1', 'h264', 'h265'] }),
      'format',
      ['one of "h264", "h265", "av1"', 'one of "av1", "h264", "h265"'],
    ],
  ])('%s, and is not common', (_how, other, name, whats) => {
    const { fields, actions, common } = compareOffers([offer(videoFleet, 'a', 'b'), offer(other, 'c')]);
    const found = [...fields, ...actions].find((entry) => entry.name === name);
    expect(found?.variants.map(({ what }) => what)).toEqual(whats);
    expect(found && isCommon(found)).toBe(false);
    expect(namesIn(common)).not.toContain(name);
    expect(namesIn(common)).toContain('cost');
  });
});

test('words for people and for the governor are no conflict: those of most agents are kept', () => {
  const other = withAction('PUT_OFF', { about: 'later', risk: 0.9, effects: [] });
  const { common } = compareOffers([offer(videoFleet, 'a', 'b'), offer(other, 'c')]);
  expect(common).toEqual({ ...videoFleet });
});

test('an effect on a field that some lack is left out, so that the common file can be read', () => {
  const { common } = compareOffers([offer(videoFleet, 'a', 'b'), offer(without('wait'), 'c')]);
  expect(common?.actions.map(({ effects }) => effects.map(({ metric }) => metric))).toEqual([
    ['cost'],
    ['cost'],
  ]);
  const read = readCapabilities(capabilityFileText(common as Capabilities), { fileName: 'common.json' });
  expect(read.ok && read.capabilities).toEqual(common);
});

test('fleets without a common action or field have no common offer', () => {
  const actionless = compareOffers([
    offer(videoFleet, 'a'),
    offer(without('PUT_OFF', 'LOWER_BIT_RATE'), 'b'),
  ]);
  expect([actionless.common, nothingSharedIn(actionless)]).toEqual([undefined, 'action']);
  const fieldless = compareOffers([
    offer(videoFleet, 'a'),
    offer(without('wait', 'size', 'format', 'cost'), 'b'),
  ]);
  expect([fieldless.common, nothingSharedIn(fieldless)]).toEqual([undefined, 'field']);
});
