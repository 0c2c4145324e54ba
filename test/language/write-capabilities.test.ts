import { expect, test } from 'vitest';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import { readCapabilities } from '../../src/core/language/read-capabilities.js';
import { capabilityFileText } from '../../src/core/language/write-capabilities.js';
import { testFleet } from '../support/test-fleet.js';
import { videoFleet } from '../support/video-agents.js';

test.each([
  ['of the reference fleet', referenceFleet],
  ['of the tutorial', videoFleet],
  ['with every unit', testFleet],
])('a capability file %s reads back as what was written', (_which, capabilities) => {
  const text = capabilityFileText(capabilities);
  const read = readCapabilities(text, { fileName: 'fleet.json' });
  expect(read.ok && read.capabilities).toEqual(capabilities);
  expect(JSON.parse(text)).toBeTypeOf('object');
  expect(text.endsWith('}\n')).toBe(true);
});
