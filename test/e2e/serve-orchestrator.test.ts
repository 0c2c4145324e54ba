import parsePrometheus from 'parse-prometheus-text-format';
import { expect, it } from 'vitest';
import { type CommandLine, commandLine, freePort } from './support.js';

async function serve(cli: CommandLine, ...flags: string[]) {
  const port = await freePort();
  const started = cli.start(['serve', 'orchestrator', '--port', String(port), ...flags]);
  await started.said('the orchestrator listens on');
  return { started, url: `http://127.0.0.1:${port}` };
}

const json = async (url: string) => {
  const answer = await fetch(url);
  return { status: answer.status, body: (await answer.json()) as Record<string, never> };
};

it('measures the fleet, answers about it, and goes on when one of two is killed', async () => {
  const cli = commandLine();
  await cli.json(['up', '--agents', '30']);
  const [first, second] = [await serve(cli, '--every', '1s'), await serve(cli, '--every', '1s')];

  await expect.poll(async () => (await json(`${first.url}/aggregate`)).status, { timeout: 10_000 }).toBe(200);
  const { body } = await json(`${first.url}/aggregate`);
  expect(body).toMatchObject({ aggregate: { agentsAlive: 30, agentsKnown: 30, tasks: expect.any(Number) } });
  expect((await json(`${second.url}/health`)).body).toMatchObject({
    ...{ service: 'orchestrator', redis: { state: 'connected' }, fleet: { state: 'healthy' } },
  });
  const { body: history } = await json(`${second.url}/history?count=2`);
  expect(history).toMatchObject({
    history: expect.arrayContaining([expect.objectContaining({ agentsAlive: 30 })]),
  });
  expect(await json(`${first.url}/history?count=0`)).toMatchObject({ status: 400, body: { code: 'DN714' } });
  expect((await fetch(`${first.url}/aggregate`, { method: 'POST' })).status).toBe(401);

  first.started.child.kill('SIGKILL');
  const at = async () =>
    (await json(`${second.url}/aggregate`)).body as unknown as { aggregate: { at: number } };
  const before = (await at()).aggregate.at;
  await expect.poll(async () => (await at()).aggregate.at, { timeout: 15_000 }).toBeGreaterThan(before);

  second.started.child.kill('SIGTERM');
  expect(await second.started.ended).toMatchObject({ code: 0 });
});

it('tells Prometheus the same, in names and units that its parser takes', async () => {
  const cli = commandLine();
  await cli.json(['up', '--agents', '10']);
  const { url } = await serve(cli, '--every', '1s');
  await expect.poll(async () => (await json(`${url}/aggregate`)).status, { timeout: 10_000 }).toBe(200);
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const families = parsePrometheus(await answer.text());
  const family = (name: string) => families.find((one) => one.name === name);
  expect(family('dreamnet_agents_alive')).toMatchObject({ type: 'GAUGE', metrics: [{ value: '10' }] });
  expect(family('dreamnet_health')?.metrics).toContainEqual({ value: '1', labels: { state: 'healthy' } });
  expect(Number(family('dreamnet_task_latency_seconds')?.metrics[0]?.value)).toBeGreaterThan(0);
  for (const { name, help } of families) {
    expect(name).toMatch(/^dreamnet_[a-z_]+$/);
    expect(help.length).toBeGreaterThan(10);
  }
});
