import { onACluster } from '../support/on-a-cluster.js';

onACluster([
  'agent/orders.redis',
  'agent/sdk.redis',
  'agent/revocation.redis',
  'fleet/registry.redis',
  'nerve/streams.redis',
  'nerve/fleet-clock.redis',
  'rewards/points.redis',
]);
