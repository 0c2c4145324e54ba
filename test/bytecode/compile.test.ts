import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { disassemble, renderListing } from '../../src/core/bytecode/disassemble.js';
import { compiled, effectsOf, fixture, inLoop, referenceSource, tableOf, verified } from './support.js';

const everyForm = fixture('every-form.dream');

describe('the reference program', () => {
  it('compiles byte for byte as recorded', async () => {
    const { bytes } = compiled(referenceSource);
    const hex = Buffer.from(bytes).toString('hex').replaceAll(/.{64}/g, '$&\n');
    await expect(`${hex}\n`).toMatchFileSnapshot('../fixtures/reference.hex');
  });

  it('does what it says', () => {
    const table = tableOf({
      cpu_time: [5, 5.1, 9, 0],
      memory: [1e9, 0, 2e9, Number.NaN],
      network: [1e8, 0, 0, 1e8 + 1],
    });
    expect(effectsOf(referenceSource, table)).toEqual([
      { action: 1, row: 1, argument: 0.2 },
      { action: 1, row: 2, argument: 0.2 },
      { action: 2, row: 2, argument: 0.3 },
      { action: 3, row: 3, argument: 1 },
    ]);
  });

  it('carries what agents need to know in its manifest', () => {
    const { manifest, name, optimizationScore, costPerTask } = compiled(referenceSource);
    expect(name).toBe('cost_optimize');
    expect(manifest).toMatchObject({
      name: 'cost_optimize',
      version: 1,
      parameters: [],
      reportIntervalMs: 5_000,
    });
    expect(manifest.fields.map((field) => field.name)).toEqual(['cpu_time', 'memory', 'network']);
    expect(manifest.actions.map(({ code, name: action }) => [code, action])).toEqual([
      [1, 'REDUCE_CPU_THROTTLE'],
      [2, 'REDUCE_MEMORY_CACHE'],
      [3, 'ROUTE_TO_CHEAPER_REGION'],
    ]);
    expect(optimizationScore).toBe(1);
    expect(costPerTask).toEqual({ min: 67, max: 67 });
  });
});

describe('every program', () => {
  it.each([
    ['the reference', referenceSource],
    ['every form', everyForm],
    ['nothing', 'FUNC nothing() { }'],
  ])('is WebAssembly that wabt accepts: %s', async (_, source) => {
    const { readWasm } = await wabt();
    const { bytes } = compiled(source);
    const module = readWasm(bytes, { readDebugNames: true });
    module.validate();
    expect(module.toText({ foldExprs: false, inlineExport: false })).toContain('(export "run"');
  });

  it('is the same bytes for the same source, whatever the file is called', () => {
    const one = compileSource(everyForm, { fileName: 'one.dream' });
    const other = compileSource(everyForm, { fileName: '/elsewhere/other.dream' });
    expect(one).toEqual(other);
  });

  it('disassembles beside its source lines as recorded', async () => {
    const listing = disassemble(compiled(everyForm).bytes);
    if (!listing.ok) throw new Error(listing.reason);
    await expect(`${renderListing(listing.lines, everyForm)}\n`).toMatchFileSnapshot(
      '../fixtures/every-form.listing',
    );
  });

  it('of a thousand lines compiles', () => {
    const line = 'IF task.cpu_time > 5s AND task.errors < 3 THEN REDUCE_CPU_THROTTLE(task, 20%)\n';
    const { bytes } = compiled(inLoop(line.repeat(1_000)));
    expect(verified(bytes).effectsPerTaskMax).toBe(1_000);
  });
});

describe('the compiler', () => {
  const row = tableOf({ cpu_time: [7], memory: [3e9], age: [60], errors: [2], network: [8e8], cost: [1] });

  it('calculates constants before the program runs', () => {
    const folded = compiled(
      inLoop('IF task.cpu_time > 2 * 3s - 1s THEN REDUCE_CPU_THROTTLE(task, 10% + 10%)'),
    );
    const written = compiled(inLoop('IF task.cpu_time > 5s THEN REDUCE_CPU_THROTTLE(task, 20%)'));
    expect(folded.costPerTask).toEqual(written.costPerTask);
  });

  it('leaves out what can never run', () => {
    const dead = compiled(
      inLoop('IF 1s > 2s THEN ROUTE_TO_CHEAPER_REGION(task) ELSE REDUCE_CPU_THROTTLE(task, 20%)'),
    );
    expect(dead.manifest.actions.map(({ code }) => code)).toEqual([1]);
    const unread = compiled(inLoop('LET a = task.memory * 2 LET b = a * 2 ROUTE_TO_CHEAPER_REGION(task)'));
    expect(unread.manifest.fields).toEqual([]);
  });

  it('reads a field once where all its uses follow', () => {
    const body = 'IF task.memory > 1GB AND task.memory < 9GB THEN ROUTE_TO_CHEAPER_REGION(task)';
    const listing = disassemble(compiled(inLoop(body)).bytes);
    const loads = listing.ok ? listing.lines.filter(({ mnemonic }) => mnemonic === 'f64.load') : [];
    expect(loads).toHaveLength(1);
  });

  it('does not reuse what only one branch has read', () => {
    const source = inLoop(`
      IF task.cpu_time > 1h THEN { IF task.memory > 1GB THEN RELEASE_IDLE_MEMORY(task, 10%) RAISE_CONCURRENCY(task, 10%) }
      IF task.memory > 2GB THEN ROUTE_TO_CHEAPER_REGION(task)`);
    expect(effectsOf(source, row)).toEqual([{ action: 3, row: 0, argument: 1 }]);
  });

  it('converts between bits and bytes', () => {
    expect(
      effectsOf(inLoop('IF task.memory / 60s == 400Mbps THEN ROUTE_TO_CHEAPER_REGION(task)'), row),
    ).toHaveLength(1);
    expect(
      effectsOf(inLoop('IF task.network * 30s == 3GB THEN ROUTE_TO_CHEAPER_REGION(task)'), row),
    ).toHaveLength(1);
  });

  it('limits a calculated argument to what the action takes, and leaves out what is no number', () => {
    const source = inLoop('REDUCE_MEMORY_CACHE(task, task.errors / task.priority)');
    const table = tableOf({ errors: [1, 1, -1, 0, 1], priority: [2, 0, 2, 0, Number.NaN] });
    expect(effectsOf(source, table)).toEqual([
      { action: 2, row: 0, argument: 0.5 },
      { action: 2, row: 1, argument: 0.9 },
      { action: 2, row: 2, argument: 0 },
    ]);
  });

  it('compares with NaN as false, and with != as true', () => {
    const nothing = tableOf({ memory: [Number.NaN] });
    for (const comparison of ['>', '>=', '<', '<=', '==']) {
      expect(
        effectsOf(inLoop(`IF task.memory ${comparison} 1GB THEN ROUTE_TO_CHEAPER_REGION(task)`), nothing),
      ).toEqual([]);
    }
    expect(
      effectsOf(inLoop('IF task.memory != 1GB THEN ROUTE_TO_CHEAPER_REGION(task)'), nothing),
    ).toHaveLength(1);
  });

  it('scores repeated work lower than work done once', () => {
    const once = 'IF task.memory / 3 > 1GB THEN ROUTE_TO_CHEAPER_REGION(task)';
    const twice = inLoop(`${once} IF task.memory / 3 > 1GB THEN ROUTE_TO_NEARER_REGION(task)`);
    expect(compiled(inLoop(once)).optimizationScore).toBe(1);
    expect(compiled(twice).optimizationScore).toBeLessThan(1);
  });

  it('numbers names as the capability file does', () => {
    const capabilities = {
      version: 1,
      name: 'mine',
      fields: [{ name: 'region', unit: 'name', about: 'where it runs', names: ['eu', 'us', 'asia'] }],
      actions: [{ name: 'MOVE', code: 77, about: 'moves it', arguments: [], risk: 0.1, effects: [] }],
    } as const;
    const source = inLoop('IF task.region == "us" THEN MOVE(task)');
    const result = compileSource(source, { fileName: 'mine.dream', capabilities });
    expect(result).toMatchObject({
      ok: true,
      program: { manifest: { fields: [{ name: 'region', unit: 'name' }] } },
    });
    const wrong = compileSource(source.replace('"us"', '"mars"'), { fileName: 'mine.dream', capabilities });
    expect(wrong).toMatchObject({ ok: false, diagnostics: [{ code: 'DN029', found: 'mars' }] });
  });
});
