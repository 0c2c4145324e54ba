import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SimulateDocument } from '../../src/cli/simulate-file.js';
import { cleanEnvironment, ROOT } from '../cli/run-command.js';
import { waitUntil } from '../fleet/support.js';
import { type CommandLine, commandLine, freePort, goal, quick } from './support.js';

const playbook = path.join(ROOT, 'playbooks', 'cost_optimize.dream');
const reference = path.join(ROOT, 'test', 'fixtures', 'reference.dream');

const csv = [
  'id,cpu_time,memory (MB),network,latency,cost,region_price',
  'a,7.5,1500,100Mbps,250ms,$1.5,1',
  'b,2,900,200Mbps,100ms,$0.6,1.2',
  'c,12s,,50Mbps,1s,$3,90%',
  '',
].join('\r\n');

function written(cli: CommandLine, name: string, content: string | Uint8Array): string {
  const file = path.join(cli.root, name);
  writeFileSync(file, content);
  return file;
}

function piped(cli: CommandLine, input: string | Uint8Array, words: readonly string[]) {
  const env = cleanEnvironment({ DREAMNET_HOME: cli.root });
  const command = [path.join(ROOT, 'bin', 'run.js'), 'simulate', ...words];
  return spawnSync(process.execPath, command, { env, input, encoding: 'utf8' });
}

/** What must be the same when a simulation is repeated. */
function facts({ simulation }: SimulateDocument) {
  const { file, prediction, ...exact } = simulation;
  return exact;
}

describe('dreamnet simulate on given tables', () => {
  it('shows what a program would do, what that should bring and what that rests on', async () => {
    const cli = commandLine();
    const tasks = written(cli, 'tasks.csv', csv);
    const ended = await cli.run(['simulate', reference, '--tasks', tasks]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toBe('');
    expect(ended.stdout).toMatch(/touches\s+3 of 3 tasks \(100\.0 %\), 4 effects/);
    expect(ended.stdout).toMatch(/REDUCE_CPU_THROTTLE\s+2\s+66\.7 %\s+2\s+20%/);
    expect(ended.stdout).toMatch(/ROUTE_TO_CHEAPER_REGION\s+1\s+33\.3 %\s+1\s+–/);
    expect(ended.stdout).toMatch(/cost\s+\$5\.10\/h\s+\$4\.29\/h\s+-15\.8 %/);
    expect(ended.stdout).toContain('Not measured: memory for 1 of 3 tasks.');
    expect(ended.stdout).toContain('Not predicted: throughput is not in the table.');
    expect(ended.stdout).toContain('Predicted only where it was measured: memory for 2 of 3 tasks.');
    expect(ended.stdout).toContain('Nothing was applied.');
    expect(ended.stdout).toContain('nothing learned went into it');
    const lines = ended.stdout.split('\n').filter((line) => !line.includes(cli.root) && !line.includes(ROOT));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('says the same of a source, of the program made from it, and of a table in any form', async () => {
    const cli = commandLine();
    const bytes = path.join(cli.root, 'program.bc');
    await cli.run(['compile', playbook, '-o', bytes]);
    const tasks = written(cli, 'tasks.csv', csv);
    const json = path.join(cli.root, 'saved.json');
    const again = path.join(cli.root, 'saved.csv');
    const first = await cli.json<SimulateDocument>(['simulate', playbook, '-t', tasks, '--save', json]);
    expect(first).toMatchObject({ applied: false, saved: json, table: { source: 'files', files: [tasks] } });
    const second = await cli.json<SimulateDocument>(['simulate', bytes, '-t', json, '--save', again]);
    expect({ ...facts(second), program: { ...second.simulation.program, digest: '' } }).toEqual({
      ...facts(first),
      program: { ...first.simulation.program, digest: '' },
    });
    expect(second.simulation.prediction).toEqual(first.simulation.prediction);
    await cli.json(['simulate', playbook, '-t', again, '--save', `${json}.json`]);
    expect(readFileSync(`${json}.json`, 'utf8')).toBe(readFileSync(json, 'utf8'));
    for (const [input, words] of [
      [csv, [playbook, '--tasks', '-']],
      [readFileSync(json), [playbook, '--tasks', '-']],
      [readFileSync(playbook), ['-', '--tasks', tasks]],
      [readFileSync(bytes), ['-', '--tasks', tasks]],
    ] as const) {
      const ended = piped(cli, input, [...words, '--json']);
      expect(ended.status, ended.stderr).toBe(0);
      expect(facts(JSON.parse(ended.stdout)).perAction).toEqual(first.simulation.perAction);
    }
  });

  it('joins tables, and sets parameters as they are written in programs', async () => {
    const cli = commandLine();
    const one = written(cli, 'one.csv', csv);
    const other = written(
      cli,
      'other.JSON',
      '{"tasks": [{"cpu_time": "1m", "memory": 1, "network": 0, "region_price": 1}]}',
    );
    const words = [
      'simulate',
      playbook,
      '-t',
      one,
      '-t',
      other,
      '--set',
      'cpu_cut=35%',
      '--set',
      'memory_cut=0.5',
    ];
    const { simulation } = await cli.json<SimulateDocument>(words);
    expect(simulation).toMatchObject({ tasks: 4, tasksTouched: 4 });
    expect(simulation.program.parameters.map(({ value }) => value)).toEqual([0.35, 0.5]);
    expect(simulation.perAction[0]).toMatchObject({
      tasks: 3,
      argument: { unit: 'ratio', min: 0.35, max: 0.35 },
    });
    expect(simulation.prediction.changes.cost).toMatchObject({ measured: 3 });
  });

  it('says where a differing task is found again, by its id and its place in its own file', async () => {
    const cli = commandLine();
    const tasks = written(cli, 'tasks.csv', csv);
    const json = written(cli, 'more.json', '[{"cpu_time": 1}, {"cpu_time": 6, "memory": 1, "network": 1}]');
    const changed = written(cli, 'new.dream', readFileSync(reference, 'utf8').replace('> 5s', '> 10s'));
    const saved = path.join(cli.root, 'saved.csv');
    const words = ['simulate', reference, '--diff', changed, '-t', tasks, '-t', json, '--save', saved];
    const ended = await cli.run(words);
    expect(ended.stdout, ended.stderr).toContain(`\ntask a (${tasks}:2)\n`);
    expect(ended.stdout).toContain(`\ntask 2 of ${json}\n`);
    const { comparison } = await cli.json<SimulateDocument>(words);
    expect(comparison?.tasks.examples.map(({ task, origin }) => ({ task, origin }))).toEqual([
      { task: 1, origin: { file: tasks, task: 1, line: 2, id: 'a' } },
      { task: 5, origin: { file: json, task: 2, line: null, id: null } },
    ]);
    const again = await cli.run(['simulate', reference, '--diff', changed, '-t', saved]);
    expect(again.stdout).toContain(`\ntask a (${saved}:2)\n`);
    expect(again.stdout).toContain(`\ntask ${saved}:6\n`);
  });

  it('compares two programs task by task', async () => {
    const cli = commandLine();
    const tasks = written(cli, 'tasks.csv', csv);
    const changed = written(cli, 'new.dream', readFileSync(reference, 'utf8').replace('> 5s', '> 10s'));
    const words = ['simulate', reference, '--diff', changed, '-t', tasks];
    const text = await cli.run(words);
    expect(text.code, text.stderr).toBe(0);
    expect(text.stdout).toMatch(/differ\s+in 1 of 3 tasks: 1 touched by both, but differently/);
    expect(text.stdout).toMatch(/REDUCE_CPU_THROTTLE\s+2\s+1\s+-1\s+20%/);
    expect(text.stdout).toMatch(/task \S+ \(.*tasks\.csv:2\)\n {2}reads .*cpu_time 7\.5s, memory 1\.5GB/);
    expect(text.stdout).toMatch(
      /first\s+REDUCE_CPU_THROTTLE 20%, REDUCE_MEMORY_CACHE 30%\n\s+second\s+REDUCE_MEMORY_CACHE 30%/,
    );
    const { comparison, other } = await cli.json<SimulateDocument>([...words, '--examples', '1']);
    expect(other).toMatchObject({ file: changed, effects: 3 });
    expect(comparison).toMatchObject({ identical: false, tasks: { differing: 1, examples: [{ task: 1 }] } });
    const same = await cli.run(['simulate', reference, '--diff', reference, '-t', tasks]);
    expect(same.stdout).toContain('in nothing: they are the same program with the same parameters');
  });

  it('reads fields and names from a capability file', async () => {
    const cli = commandLine();
    const capabilities = written(
      cli,
      'fleet.json',
      JSON.stringify({
        version: 1,
        name: 'mine',
        fields: [
          { name: 'queue', unit: 'count', about: 'runs waiting' },
          { name: 'zone', unit: 'name', about: 'where it runs', names: ['north', 'south'] },
        ],
        actions: [
          {
            name: 'SPREAD',
            code: 1,
            about: 'spread over more workers',
            arguments: [{ name: 'workers', unit: 'count', min: 1, max: 10 }],
            risk: 0.2,
            effects: [{ metric: 'queue', perUnit: -0.1, uncertainty: 0.05 }],
          },
        ],
      }),
    );
    const source = 'FUNC spread() { FOR EACH t IN task_queue { IF t.zone == "south" THEN SPREAD(t, 2) } }';
    const program = written(cli, 'spread.dream', source);
    const tasks = written(cli, 'tasks.csv', 'zone,queue\nsouth,10\nnorth,5\n,1\n');
    const words = ['simulate', program, '-t', tasks, '--capabilities', capabilities];
    const document = await cli.json<SimulateDocument>(words);
    expect(document).toMatchObject({ capabilities: 'mine', simulation: { tasksTouched: 1 } });
    // exp(-0.1 x 2) of 10 of 16.
    expect(document.simulation.prediction.changes.queue?.after).toBeCloseTo(6 + 10 * Math.exp(-0.2), 10);
    const wrong = await cli.run([
      'simulate',
      program,
      '-t',
      written(cli, 'b.csv', 'zone\nsouht\n'),
      '--capabilities',
      capabilities,
    ]);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain(
      'b.csv:2:1: zone: found "souht"; expected one of its names: north or south; did you mean south?',
    );
  });

  it('refuses with exit 2 what cannot be simulated, and prints nothing on stdout', async () => {
    const cli = commandLine();
    const tasks = written(cli, 'tasks.csv', csv);
    const bad = written(cli, 'bad.csv', 'cpu_time,memory,network\n5MB,1GB,x\n1,2\n');
    const program = path.join(cli.root, 'p.bc');
    await cli.run(['compile', reference, '--unsigned', '-o', program]);
    const cut = written(cli, 'cut.bc', readFileSync(program).subarray(0, 100));
    const wrong = written(
      cli,
      'wrong.dream',
      'FUNC a() { FOR EACH t IN task_queue { IF t.memory > 5s THEN FOO(t) } }',
    );
    mkdirSync(path.join(cli.root, 'dir.csv'));
    const unreadable = written(cli, 'closed.csv', csv);
    chmodSync(unreadable, 0);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        [reference, '-t', bad],
        /DN951 .*bad\.csv is no task table: 3 mistakes\.\n.*bad\.csv:2:1: cpu_time: found 5MB, bytes \(B\)/,
      ],
      [
        [reference, '-t', written(cli, 'few.csv', 'cpu_time,memroy\n1,2\n')],
        /DN951[\s\S]*reads memory, and the table has no such column; is memroy meant\?[\s\S]*reads network/,
      ],
      [
        [reference, '-t', written(cli, 'half.json', '[{"cpu_time": 1, "me')],
        /DN951[\s\S]*half\.json:1:18: found "me", which is damaged/,
      ],
      [[reference, '-t', path.join(cli.root, 'none.csv')], /DN930 .*none\.csv cannot be read/],
      [
        [reference, '-t', path.join(cli.root, 'dir.csv')],
        /DN930 .*dir\.csv cannot be read: it is a directory\./,
      ],
      [[reference, '-t', '/dev/zero'], /DN931 \/dev\/zero has more than the \d+ bytes that a task table has/],
      [[cut, '-t', tasks], /DN950 .*cut\.bc cannot be simulated: agents would refuse it: DN10\d/],
      [[wrong, '-t', tasks], /DN950[\s\S]*wrong\.dream:1:\d+: error DN020[\s\S]*error DN013/],
      [[reference, '-t', tasks, '--set', 'cpu_cut=5%'], /DN953 .*no parameters/],
      [[reference, '-t', tasks, '--save', 'x.xml'], /DN952 .*neither in \.csv nor in \.json/],
      [[reference, '-t', tasks, '--save', tasks], /DN952 .*it is one of the inputs/],
      [[reference, '-t', tasks, '--save', '-'], /DN952 .*standard output: the result goes there/],
      [[reference, '-t', tasks, '--examples', '2'], /DN904 --examples goes with --diff only/],
      [
        [reference, '-t', tasks, '-l', 'class=web'],
        /DN904 --selector and --tasks cannot be given together\./,
      ],
      [[reference, '-t', tasks, '--examples', '0'], /DN921/],
      ...(process.getuid?.() === 0
        ? []
        : ([[[reference, '-t', unreadable], /DN930 .*cannot be read: this user may not\./]] as const)),
    ];
    for (const [words, expected] of cases) {
      const ended = await cli.run(['simulate', ...words]);
      expect(ended, words.join(' ')).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr, words.join(' ')).toMatch(expected);
    }
    const twice = piped(cli, readFileSync(reference), ['-', '-t', '-']);
    expect(twice).toMatchObject({ status: 2, stdout: '' });
    expect(twice.stderr).toContain('DN939');
    const unsaved = await cli.run(['simulate', reference, '-t', tasks, '--save', '/nowhere/tasks.csv']);
    expect(unsaved).toMatchObject({ code: 1, stdout: '' });
    expect(unsaved.stderr).toContain('DN952');
    expect(await cli.json(['simulate', reference, '-t', bad], 2)).toMatchObject({
      error: { code: 'DN951', exitCode: 2 },
    });
  });
});

describe('dreamnet simulate on a running fleet', () => {
  it('uses what the agents recorded and the governor learned, and changes nothing', async () => {
    const cli = commandLine();
    await cli.run(['up', '--agents', '20']);
    const saved = path.join(cli.root, 'live.json');
    let live: SimulateDocument | undefined;
    await waitUntil(async () => {
      const ended = await cli.run(['simulate', playbook, '--save', saved, '--json']);
      if (ended.code === 0) live = JSON.parse(ended.stdout) as SimulateDocument;
      return live !== undefined && live.table.source === 'fleet' && live.table.covered === 20;
    });
    if (live === undefined) throw new Error('nothing was recorded');
    expect(live).toMatchObject({
      table: { source: 'fleet', agents: 20, covered: 20, selector: '' },
      simulation: { prediction: { basis: 'expected effects of the capability file' } },
    });
    const other = await cli.run(['simulate', playbook, '--prefix', 'other']);
    expect(other).toMatchObject({ code: 6, stdout: '' });
    expect(other.stderr).toContain('DN954 No agents are alive under the prefix other');
    const mistyped = await cli.run(['simulate', playbook, '-l', 'class=none']);
    expect(mistyped).toMatchObject({ code: 2, stdout: '' });
    expect(mistyped.stderr).toContain('DN504');
    expect(live.simulation.tasks).toBeGreaterThan(100);
    expect(facts(await cli.json<SimulateDocument>(['simulate', playbook, '-t', saved]))).toEqual(facts(live));

    const some = await cli.json<SimulateDocument>(['simulate', playbook, '-l', 'class=web']);
    expect(some.simulation.tasks).toBeLessThan(live.simulation.tasks);
    const none = await cli.run(['simulate', playbook, '-l', 'class=nobody']);
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toContain('DN504');
    expect(await cli.redis().xlen('swarm:instructions')).toBe(0);

    await cli.run(['run', goal, ...quick.slice(2)]);
    const learned = await cli.json<SimulateDocument>(['simulate', playbook, '-t', saved]);
    expect(learned.simulation.prediction).toMatchObject({ basis: 'learned' });
    expect(facts(learned)).toEqual(facts(live));
    const expected = await cli.json<SimulateDocument>(['simulate', playbook, '-t', saved, '--expected']);
    expect(expected.simulation.prediction).toEqual(live.simulation.prediction);

    await cli.run(['down']);
    const ended = await cli.run(['simulate', playbook]);
    expect(ended).toMatchObject({ code: 6, stdout: '' });
    expect(ended.stderr).toMatch(/DN954 No fleet runs here.*\n.*--tasks FILE.*dreamnet up/);
    const status = await cli.json<{ state: string }>(['status']);
    expect(status.state).toBe('down');
  });

  it('starts nothing where nothing ran, and needs no Redis for a given table', async () => {
    const cli = commandLine();
    const ended = await cli.run(['simulate', playbook]);
    expect(ended).toMatchObject({ code: 6, stdout: '' });
    expect(ended.stderr).toContain('DN954');
    expect(existsSync(path.join(cli.root, 'state'))).toBe(false);

    const url = `redis://127.0.0.1:${await freePort()}`;
    const gone = await cli.run(['simulate', reference, '-t', written(cli, 'tasks.csv', csv), '--redis', url]);
    expect(gone.code, gone.stderr).toBe(0);
    expect(gone.stderr).toContain('What the fleet has learned is not used: Redis at');
    const wanted = await cli.run(['simulate', reference, '--redis', url]);
    expect(wanted).toMatchObject({ code: 6, stdout: '' });
    expect(wanted.stderr).toContain('DN201');
  });
});
