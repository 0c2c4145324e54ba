import { describe, expect, it } from 'vitest';
import { formatOf, readTable, type TableFormat } from '../../../src/core/governor/tables/read-table.js';
import type { TableReading } from '../../../src/core/governor/tables/table-reading.js';
import { referenceFleet } from '../../../src/core/language/capabilities.js';
import { fixture } from '../../bytecode/support.js';

const region = { name: 'region', unit: 'name', names: ['eu-west', 'us-east', '7'] } as const;
const fields = [...referenceFleet.fields, region];

function read(text: string | Buffer, format: TableFormat, needed: readonly string[] = []): TableReading {
  return readTable(Buffer.from(text), format, { fields, needed });
}

/** The columns as lists, without fields that the table has not. */
function columnsOf(text: string, format: TableFormat): Record<string, number[]> {
  const reading = read(text, format);
  if (!reading.ok) throw new Error(problemsOf(reading).join('\n'));
  return Object.fromEntries(
    Object.entries(reading.table.columns).map(([name, values]) => [name, [...values]]),
  );
}

/** As a command shows them. */
function problemsOf(reading: TableReading): string[] {
  if (reading.ok) return [];
  return reading.problems.map(
    ({ line, column, message, hint }) =>
      `${line}:${column}: ${message}${hint === undefined ? '' : `; ${hint}`}`,
  );
}

describe('a CSV table', () => {
  it('gives columns in base units, whatever the order of the header', () => {
    const text =
      'memory,cpu_time,network,cost,region_price\n1.2GB,250ms,100Mbps,$0.5,90%\n5,1_000ms,1e6bps,2$,0.5\n';
    expect(columnsOf(text, 'csv')).toEqual({
      memory: [1.2e9, 5],
      cpu_time: [0.25, 1],
      network: [1e8, 1e6],
      cost: [0.5, 2],
      region_price: [0.9, 0.5],
    });
  });

  it('takes the unit of the header for numbers without one', () => {
    expect(columnsOf('memory (MB),latency ( ms ),cost ($)\n1.5,250,3\n1GiB,1s,$4\n', 'csv')).toEqual({
      memory: [1.5e6, 2 ** 30],
      latency: [0.25, 1],
      cost: [3, 4],
    });
  });

  it('reads empty cells, null and NaN as not measured, and infinities as they are', () => {
    expect(columnsOf('cpu_time,memory\n,null\nnan,NULL\n-Infinity,Infinity\n', 'csv')).toEqual({
      cpu_time: [Number.NaN, Number.NaN, -Infinity],
      memory: [Number.NaN, Number.NaN, Infinity],
    });
  });

  it('numbers names as the capability file lists them', () => {
    expect(columnsOf('region\nus-east\n eu-west \n7\n1\n""\n', 'csv')).toEqual({
      region: [1, 0, 2, 1, Number.NaN],
    });
    expect(problemsOf(read('region\nus-eats\n3\n-1\n', 'csv'))).toEqual([
      '2:1: region: found "us-eats"; expected one of its names: eu-west, us-east or 7; did you mean us-east?',
      '3:1: region: found "3"; expected one of its names: eu-west, us-east or 7; did you mean 7?',
      '4:1: region: found "-1"; expected one of its names: eu-west, us-east or 7',
    ]);
  });

  it.each([
    ['LF', 'id,cpu_time\n1,5\n\n2,6\n'],
    ['CRLF', 'id,cpu_time\r\n1,5\r\n\r\n2,6\r\n'],
    ['CR', 'id,cpu_time\r1,5\r2,6'],
    ['mixed ends of lines', 'id,cpu_time\r\n1,5\n2,6\r'],
    ['a byte order mark', '\uFEFFid,cpu_time\n1,5\n2,6'],
    ['a byte order mark before the field', '\uFEFFcpu_time,id\n5,1\n6,2'],
    ['a byte order mark before quotes', '\uFEFF"cpu_time",id\n5,1\n6,2'],
    ['quotes, spaces and line breaks in cells', ' id , "cpu_time" \n"a\n""b"",c", "5"\n2 , 6 \n'],
  ])('is read with %s', (_, text) => {
    expect(columnsOf(text, 'csv')).toEqual({ cpu_time: [5, 6] });
  });

  it('names columns that are no field, with the field that may be meant', () => {
    expect(read('note,memroy,cpu_time\n1,2,3\n', 'csv')).toMatchObject({
      ok: true,
      ignored: [
        { name: 'note', near: undefined },
        { name: 'memroy', near: 'memory' },
      ],
    });
  });

  it('shows every mistake with its place, what was found and what was expected', async () => {
    const reading = read(fixture('tasks-with-mistakes.csv'), 'csv');
    await expect(`${problemsOf(reading).join('\n')}\n`).toMatchFileSnapshot(
      '../../fixtures/tasks-with-mistakes.txt',
    );
  });

  it('shows ten mistakes and counts the others', () => {
    const reading = read(`cpu_time\n${'x\n'.repeat(5_000)}`, 'csv');
    expect(reading).toMatchObject({ ok: false, count: 5_000 });
    expect(problemsOf(reading)).toHaveLength(10);
    expect(problemsOf(reading).at(-1)).toContain('11:1: cpu_time: found x; expected a duration (s)');
  });

  it('tells a column that is missing before cells that are wrong, however many they are', () => {
    const text = `cpu_tme,memory,cost (s)\n${'1,x,1\n'.repeat(20)}`;
    const reading = read(text, 'csv', ['cpu_time', 'memory', 'network', 'cost']);
    expect(reading).toMatchObject({ ok: false, count: 23 });
    expect(problemsOf(reading).slice(0, 4)).toEqual([
      '1:1: the program reads cpu_time, and the table has no such column; is cpu_tme meant? Name that column cpu_time',
      '1:1: the program reads network, and the table has no such column',
      expect.stringMatching(/^1:16: the header gives cost in \(s\)/),
      expect.stringMatching(/^2:3: memory: found x/),
    ]);
    expect(problemsOf(reading)).toHaveLength(10);
    expect(problemsOf(read('[{"memory": "x"}]', 'json', ['cost']))).toEqual([
      '1:1: the program reads cost, and the table has no such column',
      expect.stringMatching(/^1:13: memory: found x/),
    ]);
  });

  it('does not say that a column is missing where reading stopped before it could come', () => {
    expect(problemsOf(read('[{"memory": 1}, {"mem', 'json', ['cost']))).toEqual([
      expect.stringMatching(/^1:18: found "mem", which is damaged/),
    ]);
    expect(problemsOf(read('"memory', 'csv', ['cost']))).toEqual([
      expect.stringContaining('this cell has no closing quote'),
    ]);
  });

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('knows the line of each task, behind empty lines and cells of several lines, with %s', (_, end) => {
    const lines = ['\uFEFFid,memory', 'a,1', '', '"b', '2",2', '"c ""q""", 3', '', '', 'd,4', ''];
    const reading = read(lines.join(end), 'csv');
    if (!reading.ok) throw new Error(problemsOf(reading).join('\n'));
    expect([0, 1, 2, 3].map((row) => reading.lineOf?.(row))).toEqual([2, 4, 6, 9]);
    expect([3, 0].map((row) => reading.lineOf?.(row))).toEqual([9, 2]);
    expect(reading.labels).toEqual(['a', `b${end}2`, 'c "q"', 'd']);
  });

  it('takes any number for a field whose names are not known, and asks for them where it finds a name', () => {
    const unknown = { fields: [{ name: 'zone', unit: 'name' } as const], needed: [] };
    const readZone = (text: string) => readTable(Buffer.from(text), 'csv', unknown);
    expect(readZone('zone\n0\n41\n""\n')).toMatchObject({
      ok: true,
      table: { columns: { zone: Float64Array.of(0, 41, Number.NaN) } },
    });
    expect(problemsOf(readZone('zone\neu\n-1\n1.5\n'))).toEqual([
      '2:1: zone: found "eu"; expected the number of a name, because no names are known; give the capability file that lists them with --capabilities',
      expect.stringContaining('3:1: zone: found "-1"'),
      expect.stringContaining('4:1: zone: found "1.5"'),
    ]);
  });

  it('finds the cell behind quotes, line breaks, a byte order mark and letters of several bytes', () => {
    expect(problemsOf(read('\uFEFFid,memory\r\n"é\n, ""x""",  5s\n', 'csv'))).toEqual([
      '3:12: memory: found 5s, a duration (s); expected bytes (B); write 5MB if that is what is meant',
    ]);
    expect(problemsOf(read('\uFEFFcpu_time,memory (s)\n1,1\n', 'csv'))[0]).toMatch(
      /^1:10: the header gives memory in \(s\)/,
    );
  });

  it.each([
    ['', 'csv', '1:1: the table is empty'],
    ['\n \n', 'csv', '1:1: the table is empty'],
    ['cpu_time,memory\n', 'csv', '1:1: the table has no tasks'],
    [
      'cpu_time\n5\n\u0000',
      'csv',
      '3:1: found a NUL byte; expected text; is this a binary or UTF-16 file? Save it as UTF-8',
    ],
    ['cpu_time,memory\n1,"2\n3,4\n', 'csv', '2:3: this cell has no closing quote; is the file complete?'],
    [
      'cpu_time\n1"2\n',
      'csv',
      '2:1: there is a quote within this cell; put the whole cell in quotes, and write a quote in it twice',
    ],
    [
      'cpu_time,memory\n3,"1"2\n',
      'csv',
      '2:3: something follows the closing quote of this cell; put the whole cell in quotes, and write a quote in it twice',
    ],
    ['cpu_time;memory\n1;2\n', 'csv', 'separate cells by commas'],
    ['1,2\n3,4\n', 'csv', 'the first row must name the fields'],
    ['Memory,x\n3,4\n', 'csv', 'is Memory meant to be memory?'],
  ] as const)('refuses %j', (text, format, expected) => {
    const problems = problemsOf(read(text, format));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it('refuses a quote that swallows the file', () => {
    expect(problemsOf(read(`cpu_time,id\n1,"${'x\n'.repeat(40_000)}`, 'csv'))).toEqual([
      '2:3: this row is longer than 65536 characters; is a quote left open?',
    ]);
  });

  it('wants the columns that the program reads, and says which one may be meant', () => {
    expect(problemsOf(read('cpu_time,memroy\n1,2\n', 'csv', ['cpu_time', 'memory', 'network']))).toEqual([
      '1:1: the program reads memory, and the table has no such column; is memroy meant? Name that column memory',
      '1:1: the program reads network, and the table has no such column',
    ]);
  });
});

describe('a JSON table', () => {
  const tasks =
    '[{"cpu_time": "5s", "memory (MB)": 2, "id": {"a": [1, {}]}}, {"memory (MB)": null}, {"cpu_time": 7}]';

  it.each([
    ['a list of tasks', tasks],
    ['a list under tasks', `{"from": "agent-1", "tasks": ${tasks}, "more": [[{}]]}`],
    ['columns', '{"columns": {"id": [1, 2], "cpu_time": [5, null, 7e0], "memory": ["2MB", null, "NaN"]}}'],
    ['a byte order mark, comments and a comma at the end', `\uFEFF// tasks\n${tasks.replace(/\]$/, ',]')}`],
  ])('is read from %s', (_, text) => {
    expect(columnsOf(text, 'json')).toEqual({
      cpu_time: [5, Number.NaN, 7],
      memory: [2e6, Number.NaN, Number.NaN],
    });
  });

  it('reads each number as JavaScript does', () => {
    const values = [5e-324, -0, 1.7976931348623157e308, 0.1 + 0.2, 123456789.12345679];
    const [column] = Object.values(
      columnsOf(
        `{"columns": {"age": [${values.map((value) => (Object.is(value, -0) ? '-0' : value))}]}}`,
        'json',
      ),
    );
    expect(column).toEqual(values);
  });

  it.each([
    [
      '[{"cpu_time": "1GB"},\n {"cpu_time": true}, 5,\n {"cpu_time": [1]}]',
      [
        '1:15: cpu_time: found 1GB, bytes (B); expected a duration (s); write 1s if that is what is meant',
        '2:15: cpu_time: found true; expected a number or a text',
        '2:22: found 5; expected a task: an object',
        '3:15: cpu_time: found a list; expected a number or a text',
      ],
    ],
    ['[{"cpu_time": 1, "cpu_time": 2}]', ['1:18: the task has cpu_time twice']],
    ['[{"memory": 1, "memory (MB)": 2}]', ['1:16: the column memory is there twice']],
    [
      '[{"memory (s)": 1}, {"memory (s)": 1}]',
      [
        '1:3: the header gives memory in (s), a duration (s); expected bytes (B); units that fit: B, KB, MB, GB, TB, KiB, MiB, GiB, …',
      ],
    ],
    ['{"columns": {"age": [1], "age": [1]}}', ['1:26: the column age is there twice']],
    ['{"columns": {"age": [1, 2], "errors": [1]}}', ['1:29: the column errors has 1 values, age has 2']],
    ['{"columns": {"age": []}}', ['1:1: the table has no tasks']],
    ['{"columns": {}, "tasks": []}', ['1:17: found tasks after columns; expected one of them']],
    [
      '{"cpu_time": 1}',
      ['1:1: found an object without tasks or columns; expected one of them; put tasks into a list: [{ … }]'],
    ],
    [
      '[{"id": 1}]',
      [
        '1:1: no column is a task field: found id; expected cpu_time, memory, network, latency, cost, errors, age, priority, …; name columns after task fields',
      ],
    ],
    ['[]', ['1:1: the table has no tasks']],
    ['7', ['1:1: found 7; expected a list of tasks, or an object with tasks or columns']],
    [
      '[{"cpu_time": 1, "mem',
      [
        '1:18: found "mem", which is damaged; expected a text that is closed on its line; is the file complete?',
      ],
    ],
    ['[{"cpu_time": 1},', ['1:18: found the end of the file; expected a task or ]; is the file complete?']],
    ['[{"cpu_time": 1}', ['1:17: found the end of the file; expected , or ]; is the file complete?']],
    ['[{"cpu_time": 1}] [', ['1:19: found a list; expected the end of the file']],
    ['[{cpu_time: 1}]', ['1:3: found cpu_time; expected a name in quotes, or }']],
    ['[{"cpu_time" 1}]', ['1:14: found 1; expected : after "cpu_time"']],
    ['[{"cpu_time": 01}]', ['1:16: found 1; expected , or }']],
    ['[{"cpu_time": 1e999}]', ['1:15: cpu_time: found 1e999; expected a number below 1.8e308']],
    ['[{"id": [}, "cpu_time": 1}]', ['1:10: found }; expected a value']],
  ])('refuses %j', (text, expected) => {
    expect(problemsOf(read(text, 'json'))).toEqual(expected);
  });

  it.each([
    ['tasks', '[{"id": "a", "age": 1}, {"age": 2}, {"age": 3, "id": 7}, {"id": {"b": [1]}, "age": 4}]'],
    ['columns', '{"columns": {"id": ["a", null, 7, ["x"]], "age": [1, 2, 3, 4]}}'],
  ])('keeps the ids of %s, and knows no lines', (_, text) => {
    expect(read(text, 'json')).toMatchObject({ ok: true, labels: ['a', '', '7', ''], ignored: [] });
    expect(read(text, 'json')).toMatchObject({ lineOf: undefined });
  });

  it('gives no ids where there is no such column', () => {
    expect(read('[{"age": 1}]', 'json')).toMatchObject({ labels: undefined });
    expect(read('age\n1\n', 'csv')).toMatchObject({ labels: undefined });
  });

  it('survives a million brackets', () => {
    for (const text of ['['.repeat(1e6), `{"a": ${'['.repeat(1e6)}`, `[{"cpu_time": ${'{"a":'.repeat(1e6)}`])
      expect(problemsOf(read(text, 'json')).at(-1)).toMatch(/found the end of the file/);
  });

  it('keeps names of the language apart from keys of objects', () => {
    expect(columnsOf('[{"__proto__": 5, "constructor": 1, "age": 2}]', 'json')).toEqual({ age: [2] });
  });
});

describe('bounds of a table', () => {
  it('refuses more than a million tasks, with the place of the first one too many', () => {
    const row = '5\n';
    expect(problemsOf(read(`age\n${row.repeat(1_000_001)}`, 'csv'))).toEqual([
      '1000002:1: there are more than 1,000,000 tasks',
    ]);
    expect(problemsOf(read(`{"columns": {"age": [${'5,'.repeat(1_000_001)}5]}}`, 'json'))).toEqual([
      '1:2000022: there are more than 1,000,000 tasks',
    ]);
    expect(problemsOf(read(`[${'{"age":5},'.repeat(1_000_001)}`, 'json'))).toEqual([
      '1:10000002: there are more than 1,000,000 tasks',
    ]);
  });

  it('takes exactly a million', () => {
    expect(read(`age\n${'5\n'.repeat(1_000_000)}`, 'csv')).toMatchObject({
      ok: true,
      table: { rows: 1_000_000 },
    });
  });
});

describe('the format of a table', () => {
  it('is told from its first character', () => {
    for (const text of ['[', ' \n{"a"', '\uFEFF[']) expect(formatOf(Buffer.from(text)), text).toBe('json');
    for (const text of ['', 'id,cpu_time', '"id"', '1,2'])
      expect(formatOf(Buffer.from(text)), text).toBe('csv');
  });
});
