import { describe, expect, it } from 'vitest';
import { bytecodeLimits } from '../../src/core/bytecode/limits.js';
import type { Manifest } from '../../src/core/bytecode/manifest.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import { withCustomContent } from '../support/program-bytes.js';
import { compiled, fixture, verified } from './support.js';

const { bytes } = compiled(fixture('every-form.dream'));
const { manifest } = verified(bytes);
const [parameter, ...parameters] = manifest.parameters;
const [field, ...fields] = manifest.fields;
const [action, ...actions] = manifest.actions;
const [argument] = action?.arguments ?? [];

/** What the verifier says to the program with another manifest. */
function codeWith(json: unknown): string {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  const result = verifyProgram(withCustomContent(bytes, 'manifest', Buffer.from(text, 'utf8')));
  return result.ok ? 'accepted' : `${result.code} ${result.reason}`;
}

function withParameter(change: object): unknown {
  return { ...manifest, parameters: [{ ...parameter, ...change }, ...parameters] };
}

function withField(change: object): unknown {
  return { ...manifest, fields: [{ ...field, ...change }, ...fields] };
}

function withAction(change: object): unknown {
  return { ...manifest, actions: [{ ...action, ...change }, ...actions] };
}

function withArgument(change: object): unknown {
  return withAction({ arguments: [{ ...argument, ...change }] });
}

function without(key: keyof Manifest): unknown {
  return Object.fromEntries(Object.entries(manifest).filter(([name]) => name !== key));
}

describe('a manifest', () => {
  it.each<[string, unknown]>([
    ['as the compiler wrote it', manifest],
    ['with another name', { ...manifest, name: 'Other_1' }],
    ['with names that mean something to JavaScript', withField({ name: 'constructor' })],
    ['with its keys in another order', Object.fromEntries(Object.entries(manifest).reverse())],
    ['with a parameter that cannot be tuned', withParameter({ default: 0.1, min: 0.1, max: 0.1 })],
    ['with white space', JSON.stringify(manifest, null, 2)],
    ['of later versions of the language', { ...manifest, languageVersion: 1_000, limitsVersion: 1_000 }],
  ])('is accepted %s', (_, json) => {
    expect(codeWith(json)).toBe('accepted');
  });

  it.each<[string, unknown, string]>([
    ['that is no JSON', '{', 'is not JSON'],
    ['that is no object', '[]', 'is not an object'],
    ['that is null', 'null', 'is not an object'],
    ['with a key that is not known', { ...manifest, more: 1 }, 'keys that this version does not know'],
    [
      'with a key that means something to JavaScript',
      JSON.stringify(manifest).replace('{', '{"__proto__":{},'),
      'keys',
    ],
    ...Object.keys(manifest).map((key): [string, unknown, string] => [
      `without ${key}`,
      without(key as keyof Manifest),
      `has no ${key}`,
    ]),
    ['of a later version of the format', { ...manifest, version: 2 }, 'version is 2'],
    ['of version 0', { ...manifest, version: 0 }, 'version is 0'],
    ['of half a version', { ...manifest, languageVersion: 1.5 }, 'languageVersion is 1.5'],
    ['with a reserved name', { ...manifest, name: '__proto__' }, 'name is not a name'],
    ['with an empty name', { ...manifest, name: '' }, 'name is not a name'],
    ['with a name of 65 characters', { ...manifest, name: 'n'.repeat(65) }, 'name is not a name'],
    ['with a name and a line break', { ...manifest, name: 'n\n' }, 'name is not a name'],
    ['with a name in other letters', { ...manifest, name: 'größe' }, 'name is not a name'],
    ['with an interval of nothing', { ...manifest, reportIntervalMs: 0 }, 'reportIntervalMs'],
    [
      'with an interval of more than a day',
      { ...manifest, reportIntervalMs: 86_400_001 },
      'reportIntervalMs',
    ],
    ['with another digest', { ...manifest, sourceDigest: 'sha256:ABC' }, 'sourceDigest'],
    ['with fields that are no list', { ...manifest, fields: {} }, 'fields is not a list'],
    ['with a field twice', { ...manifest, fields: [field, field, ...fields.slice(1)] }, 'a name twice'],
    ['with a field of no unit', withField({ unit: 'parsec' }), 'unit is not a unit'],
    ['with a field of a unit of JavaScript', withField({ unit: 'constructor' }), 'unit is not a unit'],
    ['with a field that knows more', withField({ about: 'it' }), 'keys'],
    [
      'with too many fields',
      { ...manifest, fields: many(bytecodeLimits.fieldsMax + 1, field) },
      'above the limit',
    ],
    [
      'with a parameter twice',
      { ...manifest, parameters: [parameter, parameter, ...parameters.slice(1)] },
      'twice',
    ],
    ['with a parameter below its range', withParameter({ default: 0.01 }), 'default outside its range'],
    ['with a parameter above its range', withParameter({ default: 0.9 }), 'default outside its range'],
    ['with a parameter whose range is empty', withParameter({ min: 0.5, max: 0.05 }), 'outside its range'],
    ['with a parameter of no number', withParameter({ default: null }), 'is not a finite number'],
    ['with a parameter of a text', withParameter({ max: '0.5' }), 'is not a finite number'],
    ['with a parameter of names', withParameter({ unit: 'name' }), 'is not a unit'],
    ['with too many parameters', { ...manifest, parameters: many(65, parameter) }, 'above the limit'],
    [
      'with an infinite number',
      JSON.stringify(manifest).replace('"max":0.5', '"max":1e400'),
      'not a finite number',
    ],
    ['with an action twice', { ...manifest, actions: [action, action, ...actions] }, 'a name twice'],
    ['with an action of a code twice', withAction({ code: actions[0]?.code }), 'a code twice'],
    ['with an action of a negative code', withAction({ code: -1 }), 'code is -1'],
    ['with an action of a code beyond 31 bits', withAction({ code: 2 ** 31 }), 'code is 2147483648'],
    [
      'with an action of two arguments',
      withAction({ arguments: [argument, argument] }),
      'above the limit of 1',
    ],
    ['with an argument whose range is empty', withArgument({ min: 1, max: 0 }), 'an empty range'],
    ['with an argument of names', withArgument({ unit: 'name' }), 'is not a unit'],
    [
      'with too many actions',
      { ...manifest, actions: many(bytecodeLimits.actionsMax + 1, { arguments: [] }) },
      'limit',
    ],
    ['that is too large', JSON.stringify(manifest).padEnd(bytecodeLimits.manifestBytesMax + 1), 'too large'],
    ['that is nested without end', '['.repeat(bytecodeLimits.manifestBytesMax), 'is not JSON'],
  ])('is refused %s', (_, json, reason) => {
    const code = codeWith(json);
    expect(code).toMatch(/^DN104 /);
    expect(code).toContain(reason);
  });

  it('is refused when it is not UTF-8', () => {
    const spoilt = Buffer.from(JSON.stringify(manifest), 'latin1');
    spoilt[spoilt.indexOf('every_form')] = 0xff;
    expect(verifyProgram(withCustomContent(bytes, 'manifest', spoilt))).toMatchObject({
      ok: false,
      code: 'DN104',
    });
  });

  it('does not let the code read or cause what it does not name', () => {
    // Fewer columns and parameters also mean that the effects begin elsewhere.
    expect(codeWith({ ...manifest, fields })).toMatch(/^DN10[67]/);
    expect(codeWith({ ...manifest, parameters: [] })).toMatch(/^DN10[67]/);
    expect(codeWith({ ...manifest, actions })).toMatch(/^DN108/);
  });
});

function many(count: number, entry: object | undefined): object[] {
  return Array.from({ length: count }, (_, index) => ({ ...entry, name: `n${index}`, code: index }));
}
