/** Every bound of the product in one place, each with its reason; units are last in the name. */
export const limits = {
  /** A rollout batch: one order must stay small enough to sign, send and acknowledge in one round trip. */
  batchAgentsMax: 10_000,
  /** Goals are sentences; anything longer is a paste accident and would only slow the grammar down. */
  goalCharactersMax: 500,
  /** A message larger than this on a stream is an accident or an attack; program source is the largest honest part. */
  messageBytesMax: 1_048_576,
  /** Objects and lists within each other: ours have seven levels at most, and some are left for fields of others. */
  messageDepthMax: 64,
  /** Different offers of a fleet's agents that are read: agents of one program share one, and few programs share a fleet. */
  offersReadMax: 256,
  /** Nothing more of them is read after so many bytes: an honest offer has some thousands. */
  offersBytesMax: 2_097_152,
  /** Instructions, results, decisions and alerts are kept as history, oldest dropped first (approximately). */
  streamEntriesMax: 10_000,
  /** Traces kept per agent: an hour of ticks every 5 s; 1,159 agents cost Redis some 50 MB. */
  traceEntriesPerAgentMax: 720,
  /** In larger fleets each agent keeps less, but so many: an hour of reports every 30 s is 120. */
  traceEntriesPerAgentMin: 150,
  /** Traces of a whole fleet, at about 55 bytes each: what a small Redis holds beside the rest. */
  traceEntriesPerFleetMax: 10_000_000,
  /** Older traces of an agent are dropped, also of one that reports seldom. */
  tracesKeptMs: 3_600_000,
  /** The last traces of an agent that is gone are kept so long, for whoever looks in the morning. */
  lastTracesKeptMs: 172_800_000,
  /** Aggregates kept: one a second for an hour, or a day and more at the usual 30 s. */
  historyEntriesMax: 3_600,
  /** Orders kept per host: more than any rollout sends one host before it reads them. */
  hostOrdersMax: 5_000,
  /** An agent is alive while its last heartbeat is younger than this: five missed beats. */
  agentAliveMs: 10_000,
  /** Clocks this far apart are not told apart: networks and pauses of a process make as much. */
  clockToleranceMs: 1_000,
  /** A machine's clock that is this far ahead of Redis's is set right; one further ahead is not, see `fleet-clock.ts`. */
  clockAheadMsMax: 86_400_000,
  /** Hosts announce their agents this often. */
  heartbeatEveryMs: 2_000,
  /** A message taken by a consumer that then died is taken over by another after this time. */
  reclaimAfterMs: 30_000,
  /** A command gives up on an unreachable Redis after this long; agents never do. */
  redisGiveUpAfterMs: 10_000,
  /** Commands sent to Redis in one pipeline: more only grows the buffers, not the speed. */
  pipelineCommandsMax: 2_000,
  /** Rollouts that `rollout list` can find: years of them; older ones stay readable by their whole id. */
  rolloutsListedMax: 10_000,
  /** A coordinator that has not been heard of for this long is dead: it says so ten times in this time. */
  rolloutHoldMs: 5_000,
  /** An injector service that has not been heard of for this long is followed by another: it says so five times in this time. */
  injectorLeaseMs: 5_000,
  /** Coordinators look for wishes this often, and at once when one is published. */
  rolloutLookEveryMs: 500,
  /** Time that an agent has to acknowledge an order before it counts as failed. */
  acknowledgeWithinMs: 10_000,
  /** Added to it for each thousand agents that are told at once: a host answers for its agents one after the other. */
  acknowledgeMoreMsPerThousand: 500,
  /**
   * How long after it was sent an order may be obeyed, besides its window: hosts may be away for a while and clocks apart,
   * but what is older nobody reckons with any more.
   */
  orderLifeMs: 3_600_000,
  /** Acknowledgements that are older than this are read by nobody any more: no coordinator is so far behind. */
  acknowledgementsReadWithinMs: 60_000,
  /**
   * Acknowledgements are only read while a rollout is under way; after it the newest (`streamEntriesMax`) are kept for
   * those who look into a failure.
   */
  acknowledgementsKeptMs: 86_400_000,
  /** Default execution window of a run; long enough for some reporting intervals, short enough to watch. */
  windowMs: 20_000,
  /** A window or deadline above 30 days is a unit mistake. */
  deadlineMsMax: 30 * 86_400_000,
  /** Agents tick this often while a rollout or its first 30 s is on. */
  fastTickMs: 1_000,
  /** How long after go-live agents tick at the fast rate. */
  fastTracingMs: 30_000,
  /** Agents obey REPORT_METRICS_EVERY within these bounds. */
  reportIntervalMsMin: 1_000,
  reportIntervalMsMax: 300_000,
  /** Effects of one agent that are awaited at the same time: enough to hide the time that each takes, too few to flood what they act on. */
  effectsUnderWayMax: 16,
  /** Effects of one agent that wait for their turn: what is beyond is proposed again by the next tick anyhow. */
  effectsWaitingMax: 10_000,
  /** An effect that has not ended by then hangs; an action that honestly takes longer says so, up to the second bound. */
  effectWithinMs: 10_000,
  effectWithinMsMax: 300_000,
  /** Before anything is taken back, what is under way has this long to end. */
  effectsEndWithinMs: 3_000,
  /** Taking back has this long: with the wait before it the answer is there before `acknowledgeWithinMs` has passed. */
  revertWithinMs: 5_000,
  /** A task source that is silent for longer has nothing to say of now; the agents of its host wait meanwhile. */
  refreshWithinMs: 5_000,
  /** A host that stops waits this long for what its workloads still do: whoever stopped it waits for three seconds. */
  closeWithinMs: 1_500,
  /** Effects that did not apply, as a trace lists them: a hundred traces of an agent are kept. */
  unappliedListedMax: 8,
  /** Longest reason of one effect: the first sentence of it. */
  effectReasonCharactersMax: 200,
  /** Longest reason or error text that travels. */
  reasonCharactersMax: 1_000,
  /** Share of the targets that stays on the old program until the window ends, so that the effect is a difference. */
  holdOutShare: 0.05,
  /** Share of harmless rollouts that the gates on errors, latency and cost may stop, together and however often they look. */
  gateAlpha: 0.05,
  /** Failed runs of all runs, in points of 1, that changed agents may have more: below it few runs tell nothing apart. */
  gateErrorsRise: 0.01,
  /** Rise of latency that is tolerated beyond the predicted one: what users hardly notice, and predictions are off by. */
  gateLatencyRise: 0.1,
  /** Rise of cost that is tolerated beyond the predicted one: money that is noticed on a bill. */
  gateCostRise: 0.05,
  /** Gates compare at most this many agents from either end of the plan's random order: more costs time, and tells no more. */
  gateSampleAgents: 250,
  /** Gates look this often: agents tick no faster while a rollout is on. */
  gateLookEveryMs: 1_000,
  /** An inconclusive canary is watched until this many times its bake time have passed. */
  gateWatchOnTimes: 3,
  /** A gate without data is passed with a note after a shorter bake than this, two calm ticks; after a longer one it pauses. */
  gateDataExpectedAfterMs: 10_000,
  /** Verdicts kept in a rollout's record, which is written with every batch. */
  gateVerdictsKeptMax: 50,
  /** From here on, memory is worth more to a command than a little processor time. */
  largeFleetAgentsMin: 10_000,
  /** From here on, it is worth half as much processor time again. */
  hugeFleetAgentsMin: 50_000,
  /** Agents that one local fleet may start: above this a typing error is likelier than a machine that carries them. */
  localAgentsMax: 100_000,
} as const;
