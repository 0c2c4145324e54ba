import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ClusterClient } from '../../src/core/nerve/cluster-client.js';
import { beginConnecting, connectRedis, duplicateConnection } from '../../src/core/nerve/connection.js';
import { isServing } from '../../src/core/nerve/serving.js';
import { start } from '../cli/run-command.js';
import { tcpRedis } from '../e2e/support.js';
import { setUpCluster, startTestCluster, type TestCluster } from '../support/redis-cluster.js';

const command = { patience: 'command', name: 'test' } as const;
const at = (url: string) => ({ socketPath: null, url });

describe('a cluster whose servers want a password', () => {
  const cluster = setUpCluster('p', {
    credentials: ':secret@',
    settings: ['--requirepass', 'secret', '--masterauth', 'secret'],
  });

  test('is worked with after one of them was named', async () => {
    const redis = await connectRedis(cluster.target, command);
    onTestFinished(() => redis.disconnect());
    expect(redis).toBeInstanceOf(ClusterClient);
    for (let key = 0; key < 30; key++) expect(await redis.set(`key:${key}`, key)).toBe('OK');
  });

  test('is found by any of the servers that are named, of which the others are away', async () => {
    const [, second] = cluster.masters;
    const redis = await connectRedis(at(`redis://:secret@127.0.0.1:1,127.0.0.1:${second?.port}`), command);
    onTestFinished(() => redis.disconnect());
    for (let key = 0; key < 30; key++) expect(await redis.set(`key:${key}`, key)).toBe('OK');
  });

  test('says which of them took no stranger, and never the password', async () => {
    const wrong = at(`redis://:wrong@127.0.0.1:${cluster.masters[0]?.port}`);
    const error = (await connectRedis(wrong, command).catch((thrown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'DN201', message: expect.stringContaining('WRONGPASS') });
    expect(error.message).not.toContain('wrong@');
  });

  test('has no databases but the first', async () => {
    const connecting = connectRedis(at(`${cluster.target.url}/2`), command);
    await expect(connecting).rejects.toMatchObject({ code: 'DN205', kind: 'bad-input' });
    const redis = await connectRedis(at(`${cluster.target.url}/0`), command);
    redis.disconnect();
  });

  test('is had at once by who cannot wait for it, and behaves then as any other client', async () => {
    const redis = beginConnecting(cluster.target, { patience: 'agent', name: 'test' });
    onTestFinished(() => redis.disconnect());
    expect([redis.status, isServing(redis)]).toEqual(['connecting', false]);
    const piped = redis.pipeline().set('a', 1).set('b', 2).set('c', 3).get('b').exec();
    expect(await redis.set('key', 'value')).toBe('OK');
    expect(await piped).toEqual([
      [null, 'OK'],
      [null, 'OK'],
      [null, 'OK'],
      [null, '2'],
    ]);
    await duplicateConnection(redis).then((copy) => copy.disconnect());
    expect(redis).toBeInstanceOf(ClusterClient);
    expect(isServing(redis)).toBe(true);
  });
});

test('a client that is closed before it was connected lets its process end', async () => {
  const module = new URL('../../src/core/nerve/connection.ts', import.meta.url).href;
  const script = `
    const { beginConnecting } = await import('${module}');
    const target = { socketPath: null, url: 'redis://127.0.0.1:1' };
    const redis = beginConnecting(target, { patience: 'agent', name: 'test' });
    redis.get('key').catch(({ message }) => console.log(message));
    setTimeout(() => redis.disconnect(), 300);`;
  const ended = await start(['--import', 'tsx', '--input-type=module', '-e', script], {}).ended;
  expect(ended).toMatchObject({ code: 0, stdout: 'Connection is closed.\n', stderr: '' });
});

test('several servers that are no cluster are refused', async () => {
  const [one, other] = [await tcpRedis(), await tcpRedis()];
  await expect(connectRedis(at(`${one.url},${other.url}`), command)).rejects.toMatchObject({
    code: 'DN203',
    kind: 'bad-input',
  });
});

describe('a cluster of which slots are given to nobody', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startTestCluster('', { slotsMissing: 10 });
  });
  afterAll(() => cluster.stop());

  test('is refused with what is missing', async () => {
    await expect(connectRedis(cluster.target, command)).rejects.toMatchObject({
      code: 'DN204',
      message: expect.stringContaining('masters for 16374 of 16384 slots only'),
      hint: expect.stringContaining('redis-cli --cluster'),
    });
  });

  test('is waited for by agents', async () => {
    const connecting = connectRedis(cluster.target, { patience: 'agent', name: 'test' });
    await cluster.masters[2]?.direct.cluster('ADDSLOTSRANGE', 16_374, 16_383);
    const redis = await connecting;
    expect(await redis.set('key', 'value')).toBe('OK');
    redis.disconnect();
  });
});
