import { expect, test } from 'vitest';
import { defaultSettings, isNarrowed, resolveSettings } from '../../../src/core/injector/plan/settings.js';
import { rolloutSettingsSchema } from '../../../src/core/nerve/messages/rollout-settings.js';

test('what is not asked for is as it is by default, and nothing else is kept', () => {
  expect(resolveSettings({})).toEqual(defaultSettings);
  const given = { batch: '5%', canary: undefined, plan: 'x', instruction: {} };
  expect(resolveSettings(given)).toEqual({ ...defaultSettings, batch: '5%' });
  expect(rolloutSettingsSchema.parse(defaultSettings)).toEqual(defaultSettings);
});

test('a resumed rollout keeps its settings, unless told otherwise', () => {
  const earlier = resolveSettings({
    batch: '7',
    parallel: 3,
    timeoutMs: 5,
    autoRollback: false,
    canary: '2',
  });
  expect(resolveSettings({}, earlier)).toEqual(earlier);
  expect(resolveSettings({ batch: '8', autoRollback: true }, earlier)).toEqual({
    ...earlier,
    batch: '8',
    autoRollback: true,
  });
});

test('whom a rollout leaves out can only grow when it is resumed', () => {
  const earlier = resolveSettings({ selector: 'class=web', exclude: ['a'] });
  expect(resolveSettings({ selector: 'region=eu', exclude: ['b', 'a'] }, earlier)).toMatchObject({
    selector: 'class=web,region=eu',
    exclude: ['a', 'b'],
  });
  expect(resolveSettings({ selector: 'class=web' }, earlier)).toMatchObject({ selector: 'class=web' });
  expect(isNarrowed(earlier)).toBe(true);
  expect(isNarrowed(defaultSettings)).toBe(false);
});
