import { onACluster } from '../support/on-a-cluster.js';

onACluster([
  'injector/course/rollout.redis',
  'injector/control/steer.redis',
  'injector-service/take-in-turn.redis',
  'injector-service/injector-service.redis',
  'pipeline.e2e',
]);
