import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../../src/core/language/capabilities.js';
import { checkSource } from '../../src/core/language/check-source.js';
import { ifCondition } from './support.js';

const capabilities: Capabilities = {
  version: 1,
  name: 'names',
  fields: [
    { name: 'region', unit: 'name', about: 'where it runs', names: ['eu', 'us', 'größer 9'] },
    { name: 'home', unit: 'name', about: 'where it belongs', names: ['eu', 'us', 'größer 9'] },
    { name: 'zone', unit: 'name', about: 'also where it runs', names: ['us', 'eu', 'größer 9'] },
    { name: 'tier', unit: 'name', about: 'what it is worth', names: [] },
    { name: 'errors', unit: 'count', about: 'how often it failed' },
  ],
  actions: [
    { name: 'ROUTE_TO_CHEAPER_REGION', code: 1, about: 'moves it', arguments: [], risk: 0, effects: [] },
  ],
};

function codesOf(condition: string): string[] {
  const source = ifCondition(condition);
  const result = checkSource(source, { fileName: 'names.dream', capabilities });
  return (result.ok ? result.warnings : result.diagnostics).map(({ code }) => code);
}

describe('names that JavaScript gives a meaning', () => {
  const loop = (statement: string) => `FUNC f() { FOR EACH task IN task_queue { ${statement} } }`;

  it.each<[string, string, string]>([
    ['a program', 'FUNC __proto__() { FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) } }', 'DN015'],
    [
      'a parameter',
      'FUNC f(__proto__ = 1) { FOR EACH t IN task_queue { IF t.errors > __proto__ THEN ROUTE_TO_CHEAPER_REGION(t) } }',
      'DN015',
    ],
    [
      'a LET',
      loop('LET __proto__ = 1 IF task.errors > __proto__ THEN ROUTE_TO_CHEAPER_REGION(task)'),
      'DN015',
    ],
    [
      'a task',
      'FUNC f() { FOR EACH __proto__ IN task_queue { ROUTE_TO_CHEAPER_REGION(__proto__) } }',
      'DN015',
    ],
    ['a field', loop('IF task.__proto__ > 1 THEN ROUTE_TO_CHEAPER_REGION(task)'), 'DN012'],
    ['a field of every object', loop('IF task.constructor > 1 THEN ROUTE_TO_CHEAPER_REGION(task)'), 'DN012'],
    ['an action', loop('__proto__(task)'), 'DN013'],
    ['an action of every object', loop('toString(task)'), 'DN013'],
    ['a value', loop('IF hasOwnProperty > 1 THEN ROUTE_TO_CHEAPER_REGION(task)'), 'DN014'],
    ['a unit', loop('IF task.errors > 5constructor THEN ROUTE_TO_CHEAPER_REGION(task)'), 'DN004'],
  ])('are told from those that a program knows: %s', (_, source, code) => {
    const result = checkSource(source, { fileName: 'names.dream', capabilities });
    expect(result.ok ? [] : result.diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
  });
});

describe('a field that holds names', () => {
  it.each([
    'task.region == "us"',
    '"us" != task.region',
    'task.region == "größer 9"',
    'task.region == task.home',
    'task.region != task.region',
    'NOT (task.region == "eu" OR task.home == "eu") AND task.errors > 1',
  ])('is compared with one of its names, or with a field of the same: %s', (condition) => {
    expect(codesOf(condition)).toEqual([]);
  });

  it.each<[string, string]>([
    ['task.region == task.zone', 'DN028'],
    ['task.tier != task.region', 'DN028'],
    ['task.region > "us"', 'DN028'],
    ['task.region == 1', 'DN028'],
    ['task.errors == "us"', 'DN028'],
    ['"us" == "us"', 'DN028'],
    ['task.region + 1 > 2', 'DN028'],
    ['MIN(task.region, task.home) > 2', 'DN028'],
    ['-task.region > 2', 'DN028'],
    ['task.region', 'DN022'],
    ['task.region == "US"', 'DN029'],
    ['task.region == ""', 'DN029'],
    ['task.tier == "gold"', 'DN029'],
    ['task.region == "us\u200f"', 'DN002'],
  ])('is not ordered, calculated with or compared with something else: %s', (condition, code) => {
    expect(codesOf(condition)).toContain(code);
  });
});
