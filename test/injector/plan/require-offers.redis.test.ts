import { beforeEach, describe, expect, test } from 'vitest';
import type { Host } from '../../../src/core/agent/host.js';
import { savePlan } from '../../../src/core/injector/plan/plan-file.js';
import { referenceFleet } from '../../../src/core/language/capabilities.js';
import type { LoopContext } from '../../../src/core/loop-context.js';
import { publishedOffer } from '../../../src/core/offers/published-offer.js';
import { type InjectRequest, inject, previewInject, resumeRequest } from '../../../src/core/pipeline.js';
import type { PipelineEvent } from '../../../src/core/pipeline-events.js';
import { key, startTestHost } from '../../agent/support.js';
import { setUpRedis } from '../../support/set-up-redis.js';
import { videoFleet, videoProgram, videoWorkload } from '../../support/video-agents.js';
import { instructionOf, recordOf, sentOrders } from '../support.js';

const server = setUpRedis('fleet');

/** Ten agents of the reference fleet, and three that convert videos. */
let hosts: Host[];
beforeEach(async () => {
  hosts = [await startTestHost(server, { agents: 10 }), await startVideoHost()];
});

const startVideoHost = (ids = ['v1', 'v2', 'v3'], capabilities = videoFleet, hostId = 'host-video') =>
  startTestHost(server, {
    hostId,
    hosted: ids.map((id) => ({ id, workload: () => videoWorkload(capabilities) })),
  });

function contextOf(change: Partial<LoopContext> = {}): LoopContext {
  return {
    ...{ redis: server.redis, names: server.names, key, name: 'test', clock: Date.now, random: Math.random },
    ...{ report: () => undefined, signal: new AbortController().signal },
    ...change,
  };
}

const quick = { bakeMs: 0, windowMs: 1_000, maxFailures: '0' } as const;
const request = (change: Partial<InjectRequest> = {}) => ({
  instruction: instructionOf(),
  ...quick,
  ...change,
});
const preview = (change: Partial<InjectRequest> = {}) => previewInject(contextOf(), request(change));
const sent = () => sentOrders(server, 'host-1', 'host-video');
const setOffer = (id: string, offer: string) => server.redis.hset(server.names.agent(id), 'offer', offer);

describe('agents that would refuse the program', () => {
  const refusal = {
    code: 'DN670',
    kind: 'bad-input',
    message:
      'Nothing was sent: 3 of 13 agents do not offer what throttle needs. v1, v2, v3: "this agent does not offer REDUCE_CPU_THROTTLE".',
    hint: expect.stringContaining('--exclude class=video;'),
  };

  test('are named before anything is sent, in a dry run and in a rollout', async () => {
    await expect(preview()).rejects.toMatchObject(refusal);
    await expect(inject(contextOf(), request())).rejects.toMatchObject(refusal);
    expect(await sent()).toEqual([]);
    expect(await server.redis.exists(server.names.rollout('instr_one'))).toBe(0);
  });

  test('are left out as the hint says, and the others get it', async () => {
    const { draft } = await preview({ exclude: ['class=video'] });
    expect(draft.plan.agents).toHaveLength(10);
    const { rollout } = await inject(contextOf(), request({ exclude: ['class=video'] }));
    expect(rollout.counts).toMatchObject({ live: 10, failed: 0 });
    expect((await sent()).flatMap(({ targets }) => targets).some((id) => id.startsWith('v'))).toBe(false);
  });

  test('are named by their ids where no label is theirs alone, and all of them together where nobody else is meant', async () => {
    await setOffer('agent-0003', publishedOffer(videoFleet).digest);
    await expect(preview({ exclude: ['class=video'] })).rejects.toMatchObject({
      message: expect.stringContaining('1 of 10 agents do not offer what throttle needs. agent-0003: '),
      hint: expect.stringContaining('--exclude agent-0003;'),
    });
    await expect(preview({ selector: 'class=video' })).rejects.toMatchObject({
      message: expect.stringContaining('3 of 3 agents'),
      hint: expect.stringContaining('Write the program for what they offer'),
    });
  });

  test('are told with each thing that is otherwise: another code, another unit', async () => {
    const [first, ...others] = referenceFleet.actions;
    const recoded = { ...referenceFleet, actions: [{ ...first, code: 21 } as never, ...others] };
    await hosts[1]?.stop();
    await startVideoHost(['x1', 'x2'], recoded);
    await expect(preview()).rejects.toMatchObject({
      message: expect.stringContaining(
        'x1, x2: "REDUCE_CPU_THROTTLE has the code 21 here, and 1 in the program"',
      ),
    });
  });
});

test('agents that number the names of a field otherwise are named, though they would not notice themselves', async () => {
  const renamed = (...names: string[]) => ({
    ...videoFleet,
    fields: videoFleet.fields.map((field) => (field.name === 'format' ? { ...field, names } : field)),
  });
  const program = { source: videoProgram, capabilities: publishedOffer(videoFleet).text };
  const look = (selector: string) => preview({ instruction: instructionOf({ program }), selector });
  await startVideoHost(['more'], renamed('h264', 'h265', 'av1', 'vvc'), 'host-more');
  await startVideoHost(['turned'], renamed('av1', 'h264', 'h265'), 'host-turned');
  expect((await look('class=video,id!=turned')).draft.plan.agents).toHaveLength(4);
  await expect(look('class=video')).rejects.toMatchObject({
    code: 'DN670',
    message: expect.stringContaining('turned: "format 0 is "av1" here, and "h264" in the program"'),
  });
});

describe('agents whose offer is not known', () => {
  test('publish none, and are asked: they check for themselves', async () => {
    for (const id of ['v1', 'v2', 'v3']) await setOffer(id, '');
    const { draft } = await preview();
    expect([draft.plan.agents.length, draft.warnings]).toEqual([13, []]);
  });

  test('publish one that cannot be used, and are asked, with a warning that names them', async () => {
    await server.redis.set(server.names.offer(publishedOffer(videoFleet).digest), 'damaged');
    const { draft } = await preview();
    expect(draft.plan.agents).toHaveLength(13);
    expect(draft.warnings).toEqual([
      'The offer of v1, v2, v3 cannot be used: what is in Redis has another digest. Whether the program fits is seen when it is sent.',
    ]);
    // What the plan let through the agents themselves refuse.
    await inject(contextOf(), request({ maxFailures: '13' }));
    const { agents } = await recordOf(server);
    expect(agents.get('v1')).toMatchObject({ outcome: 'failed', code: 'DN603' });
  });
});

test('a saved plan is refused when its agents offer something else by now', async () => {
  const plan = savePlan(await preview({ exclude: ['class=video'] }), Date.now());
  await setOffer('agent-0002', publishedOffer(videoFleet).digest);
  const { instruction } = plan;
  await expect(inject(contextOf(), { instruction, windowMs: 1_000, plan })).rejects.toMatchObject({
    code: 'DN670',
    message: expect.stringContaining('agent-0002'),
  });
  expect(await sent()).toEqual([]);
});

describe('a rollout that is resumed', () => {
  /** Stopped after the first batch. */
  async function interrupted(): Promise<void> {
    const controller = new AbortController();
    const report = (event: PipelineEvent) => {
      if (event.type === 'batch') controller.abort();
    };
    const running = inject(
      contextOf({ report, signal: controller.signal }),
      request({ exclude: ['class=video'], batch: '4', canary: '0' }),
    );
    await expect(running).rejects.toMatchObject({ code: 'DN531' });
  }

  test('ends its window, whatever agents offer that it does not ask any more', async () => {
    for (const id of ['v1', 'v2', 'v3']) await setOffer(id, '');
    const controller = new AbortController();
    const report = (event: PipelineEvent) => {
      if (event.type === 'live') controller.abort();
    };
    const context = contextOf({ report, signal: controller.signal });
    await expect(inject(context, request({ maxFailures: '13' }))).rejects.toMatchObject({
      kind: 'interrupted',
    });
    for (const id of ['v1', 'v2', 'v3']) await setOffer(id, publishedOffer(videoFleet).digest);
    const again = await resumeRequest(contextOf(), 'instr_one');
    const { rollout } = await inject(contextOf(), { ...again, windowMs: 1_000 });
    expect(rollout).toMatchObject({ state: 'complete', counts: { live: 10, failed: 3 } });
  });

  test('asks only the offers of those who are asked again', async () => {
    await interrupted();
    const { agents } = await recordOf(server);
    const [staged] = [...agents].find(([, { outcome }]) => outcome === 'staged') ?? [];
    const [pending] = [...agents].find(([, { outcome }]) => outcome === 'pending') ?? [];
    const resumed = async () => ({ ...(await resumeRequest(contextOf(), 'instr_one')), ...quick });
    await setOffer(pending as string, publishedOffer(videoFleet).digest);
    await expect(inject(contextOf(), await resumed())).rejects.toMatchObject({
      code: 'DN670',
      message: expect.stringContaining(`${pending}: `),
    });
    await setOffer(pending as string, publishedOffer(referenceFleet).digest);
    await setOffer(staged as string, publishedOffer(videoFleet).digest);
    const { rollout } = await inject(contextOf(), await resumed());
    expect(rollout.counts).toMatchObject({ live: 10, failed: 0 });
  });
});
