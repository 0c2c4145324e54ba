import { expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { instantiateProgram } from '../../src/core/bytecode/instance.js';
import { simulate } from '../../src/core/governor/simulate.js';
import { tasksWithEffects } from '../../src/core/governor/tasks-with-effects.js';
import { verified } from '../bytecode/support.js';
import { generatedModel, generatedTable, generatedValues } from '../support/generated-program.js';
import { programText } from '../support/program-text.js';
import { type Effect, interpret } from '../support/reference-interpreter.js';
import { seededRandom } from '../support/seeded-random.js';
import { testFleet } from '../support/test-fleet.js';

const seeds = 150;

it('counts what the reference interpreter does to each task, for generated programs and tables', () => {
  let compared = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const random = seededRandom(seed);
    const model = generatedModel(random);
    const source = programText(model, random);
    const table = generatedTable(random, seed % 25 === 0 ? 2_049 : 40);
    const result = compileSource(source, { fileName: 'test.dream', capabilities: testFleet });
    if (!result.ok) continue;
    compared += 1;
    const program = verified(result.program.bytes);
    const parameters = generatedValues(random, program.manifest.parameters);
    const effects = interpret(model, testFleet, table, new Map(Object.entries(parameters)));
    const report = simulate({ program, parameters, table, sizes: [], capabilities: testFleet });
    const how = `seed ${seed}\n${source}`;
    expect(report, how).toMatchObject(totalsOf(effects));
    for (const tally of report.perAction)
      expect(tally, how).toEqual(tallyOf(tally.action, effects, table.rows));
    const runs = [{ instance: instantiateProgram(program), parameters }];
    const listed = [...tasksWithEffects(table, runs)].flatMap(({ row, effects: [own = []] }) =>
      own.map(({ code, argument }) => ({ action: code, row, argument })),
    );
    expect(listed, how).toEqual(effects);
  }
  expect(compared).toBeGreaterThan(seeds * 0.9);
});

function totalsOf(effects: readonly Effect[]) {
  return { effects: effects.length, tasksTouched: new Set(effects.map(({ row }) => row)).size };
}

/** As a report has it, counted in the plainest way. */
function tallyOf(name: string, all: readonly Effect[], rows: number) {
  const action = testFleet.actions.find((one) => one.name === name);
  const effects = all.filter((effect) => effect.action === action?.code);
  const given = effects.map(({ argument }) => argument);
  const tasks = new Set(effects.map(({ row }) => row)).size;
  const unit = action?.arguments[0]?.unit;
  const [min, max] = [Math.min(...given), Math.max(...given)];
  const sum = given.reduce((total, argument) => total + argument, 0);
  const mean = Math.min(Math.max(sum / given.length, min), max);
  return {
    action: name,
    effects: effects.length,
    tasks,
    share: rows === 0 ? 0 : tasks / rows,
    argument:
      unit === undefined || given.length === 0
        ? null
        : {
            unit,
            min,
            mean: expect.closeTo(mean, Math.max(0, 10 - Math.ceil(Math.log10(Math.abs(mean) + 1)))),
            max,
          },
  };
}
