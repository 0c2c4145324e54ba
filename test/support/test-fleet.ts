/**
 * The fleet that generated programs are written for: a field of every unit, two fields of the same names, one action for
 * every unit, and names and codes at the edges of what a capability file may hold.
 */
import type { Capabilities, FieldUnit } from '../../src/core/language/capabilities.js';
import type { QuantityName } from '../../src/core/language/units/units.js';

export const regions = ['eu', 'us', 'asia-1', 'ünder/x y'];

export const testFleet: Capabilities = {
  version: 1,
  name: 'test-fleet',
  fields: [
    field('cpu_time', 'duration'),
    field('age', 'duration'),
    field('memory', 'bytes'),
    field('network', 'bitrate'),
    field('cost', 'money'),
    field('share', 'ratio'),
    field('errors', 'count'),
    field('constructor', 'count'),
    { ...field('region', 'name'), names: regions },
    { ...field('home', 'name'), names: regions },
  ],
  actions: [
    action('THROTTLE', 1, ['ratio', 0, 0.9]),
    action('SET_CACHE', 2, ['bytes', 0, 1e12]),
    action('MOVE', 3),
    action('DELAY', 4, ['duration', 0.1, 3_600]),
    action('SHAPE', 5, ['bitrate', 1e3, 1e10]),
    action('BUDGET', 6, ['money', -10, 10]),
    action('RANK', 0, ['count', -3, 3]),
    action('toString', 0x7fff_ffff, ['count', 2, 2]),
  ],
};

function field(name: string, unit: FieldUnit) {
  return { name, unit, about: name };
}

function action(name: string, code: number, argument?: readonly [QuantityName, number, number]) {
  const [unit, min, max] = argument ?? [];
  const taken =
    unit === undefined || min === undefined || max === undefined ? [] : [{ name: 'amount', unit, min, max }];
  return { name, code, about: name, arguments: taken, risk: 0.1, effects: [] };
}
